package features

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/integration/internal/box"
)

// A screen is the master side of a pseudo-terminal and all that it has shown.
type screen struct {
	t      *testing.T
	master *os.File
	mu     sync.Mutex
	shown  bytes.Buffer
	end    chan struct{} // closed when every slave is closed
}

// watch takes a master and collects what comes from it.
func watch(t *testing.T, master *os.File) *screen {
	s := &screen{t: t, master: master, end: make(chan struct{})}
	go func() {
		defer close(s.end)
		buf := make([]byte, 32<<10)
		for {
			n, err := master.Read(buf)
			s.mu.Lock()
			s.shown.Write(buf[:n])
			s.mu.Unlock()
			if err != nil {
				return // EIO: no slave is open any more
			}
		}
	}()
	t.Cleanup(func() { master.Close() })
	return s
}

func (s *screen) text() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.ReplaceAll(s.shown.String(), "\r", "")
}

// wait polls until the screen has shown text.
func (s *screen) wait(text string) {
	s.t.Helper()
	if !box.Eventually(func() bool { return strings.Contains(s.text(), text) }) {
		s.t.Fatalf("the terminal shows %q, %q has not come", s.text(), text)
	}
}

// rest waits for the end of the output and returns it.
func (s *screen) rest() string {
	s.t.Helper()
	select {
	case <-s.end:
	case <-time.After(10 * time.Second):
		s.t.Fatalf("the terminal is still open somewhere; it shows %q", s.text())
	}
	return s.text()
}

func (s *screen) enter(text string) {
	s.t.Helper()
	if _, err := s.master.WriteString(text); err != nil {
		s.t.Fatal(err)
	}
}

// resize sets the size of the terminal; the kernel then sends SIGWINCH to the
// foreground process group at the other side.
func (s *screen) resize(rows, columns uint16) {
	s.t.Helper()
	must(s.t, unix.IoctlSetWinsize(int(s.master.Fd()), unix.TIOCSWINSZ, &unix.Winsize{Row: rows, Col: columns}))
}

// A console is a pseudo-terminal of the host for a command's standard streams.
type console struct {
	*screen
	slave *os.File
}

// newConsole makes one of 24 lines and 80 columns. The test keeps the slave to
// look at its settings.
func newConsole(t *testing.T) *console {
	t.Helper()
	fd, err := unix.Open("/dev/ptmx", unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC, 0)
	must(t, err)
	must(t, unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0))
	n, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	must(t, err)
	slave, err := unix.Open(fmt.Sprintf("/dev/pts/%d", n), unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC, 0)
	must(t, err)
	c := &console{watch(t, os.NewFile(uintptr(fd), "master")), os.NewFile(uintptr(slave), "slave")}
	t.Cleanup(func() { c.slave.Close() })
	c.resize(24, 80)
	return c
}

// attach makes the console a command's standard streams and controlling
// terminal, as a login shell has it.
func (c *console) attach(cmd *exec.Cmd) {
	cmd.Stdin, cmd.Stdout, cmd.Stderr = c.slave, c.slave, c.slave
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true, Ctty: 0}
}

func (c *console) settings() unix.Termios {
	c.t.Helper()
	s, err := unix.IoctlGetTermios(int(c.slave.Fd()), unix.TCGETS)
	must(c.t, err)
	return *s
}

// waitRaw waits until the command has put the console into raw mode.
func (c *console) waitRaw() {
	c.t.Helper()
	if !box.Eventually(func() bool { return c.settings().Lflag&(unix.ICANON|unix.ECHO|unix.ISIG) == 0 }) {
		c.t.Fatalf("the caller's terminal has not become raw; it shows %q", c.text())
	}
}

// A receiver is a console socket.
type receiver struct {
	t    *testing.T
	fd   int
	path string
}

// listen makes a console socket. A backlog of 0 lets one connection wait.
func listen(t *testing.T, backlog int) *receiver {
	t.Helper()
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	must(t, err)
	t.Cleanup(func() { unix.Close(fd) })
	path := filepath.Join(t.TempDir(), "s")
	must(t, unix.Bind(fd, &unix.SockaddrUnix{Name: path}))
	must(t, unix.Listen(fd, backlog))
	return &receiver{t, fd, path}
}

// accept takes the next connection, within ten seconds.
func (r *receiver) accept() int {
	r.t.Helper()
	conn := -1
	if !box.Eventually(func() bool {
		fd, _, err := unix.Accept4(r.fd, unix.SOCK_CLOEXEC)
		if err == nil {
			conn = fd
		} else if !errors.Is(err, unix.EAGAIN) && !errors.Is(err, unix.EINTR) {
			r.t.Fatal(err)
		}
		return err == nil
	}) {
		r.t.Fatal("nobody has connected to the console socket")
	}
	must(r.t, unix.SetsockoptTimeval(conn, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &unix.Timeval{Sec: 10}))
	return conn
}

// master takes the terminal from the next connection. It fails the test unless
// what comes is one descriptor, of the master side of a pseudo-terminal.
func (r *receiver) master() *os.File {
	r.t.Helper()
	conn := r.accept()
	defer unix.Close(conn)
	data, oob := make([]byte, 4096), make([]byte, 4096)
	n, oobn, _, _, err := unix.Recvmsg(conn, data, oob, unix.MSG_CMSG_CLOEXEC)
	must(r.t, err)
	if n == 0 {
		r.t.Error("the message has no data: receivers expect a name with the descriptor")
	}
	messages, err := unix.ParseSocketControlMessage(oob[:oobn])
	must(r.t, err)
	if len(messages) != 1 {
		r.t.Fatalf("%d control messages, expected 1", len(messages))
	}
	fds, err := unix.ParseUnixRights(&messages[0])
	must(r.t, err)
	if len(fds) != 1 {
		r.t.Fatalf("%d descriptors, expected 1", len(fds))
	}
	if _, err := unix.IoctlGetInt(fds[0], unix.TIOCGPTN); err != nil {
		r.t.Fatalf("the descriptor is no master of a pseudo-terminal: TIOCGPTN: %v", err)
	}
	if n, err := unix.Read(conn, data); n != 0 || err != nil {
		r.t.Errorf("after the message came %d bytes (%v), expected the end", n, err)
	}
	return os.NewFile(uintptr(fds[0]), "master")
}

// untouched fails the test if anybody has connected.
func (r *receiver) untouched() {
	r.t.Helper()
	if fd, _, err := unix.Accept4(r.fd, unix.SOCK_CLOEXEC); err == nil {
		unix.Close(fd)
		r.t.Error("somebody has connected to the console socket")
	}
}
