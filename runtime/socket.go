package runtime

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/nsenter"
)

// The flags that name an AF_UNIX socket on which somebody waits for a descriptor. Each
// descriptor comes with a text as the message, by which the receiver knows what it has:
// the ones that runc sends.
const (
	consoleSocket = "--console-socket" // the terminal's master side
	pidfdSocket   = "--pidfd-socket"   // a pidfd of the process

	messageConsole = "/dev/ptmx"
	messageInit    = "standard" // the pidfd of a container's first process
	messageExec    = "setns"    // the pidfd of a further one
)

// checkSocket makes sure that what a flag names is a socket, before anything is
// made. An empty path is a flag that was not given.
func checkSocket(flag, path string) error {
	if path == "" {
		return nil
	}
	var st unix.Stat_t
	if err := unix.Stat(path, &st); err != nil {
		return fmt.Errorf("%s: %w", flag, &os.PathError{Op: "stat", Path: path, Err: err})
	}
	if st.Mode&unix.S_IFMT != unix.S_IFSOCK {
		return fmt.Errorf("%s: %q: expected a socket", flag, path)
	}
	return nil
}

// sendDescriptor connects to the socket that a flag names and sends fd there, with
// one message (SCM_RIGHTS, unix(7)).
func sendDescriptor(flag, path, message string, fd int) error {
	sock, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("%s: %w", flag, err)
	}
	defer unix.Close(sock)
	if err := unix.Connect(sock, &unix.SockaddrUnix{Name: path}); err != nil {
		return fmt.Errorf("%s: connect to %q: %w", flag, path, err)
	}
	if err := unix.Sendmsg(sock, []byte(message), unix.UnixRights(fd), nil, unix.MSG_NOSIGNAL); err != nil {
		return fmt.Errorf("%s: send %q to %q: %w", flag, message, path, err)
	}
	return nil
}

// sendPidFD gives the child's pidfd to the socket of --pidfd-socket, if there is one.
// The child must be the process that will execute the program (nsenter.Child.Follow),
// and must not have done so: whoever gets the descriptor has it before the program runs.
func sendPidFD(path, message string, child *nsenter.Child) error {
	if path == "" {
		return nil
	}
	return sendDescriptor(pidfdSocket, path, message, child.PidFD)
}
