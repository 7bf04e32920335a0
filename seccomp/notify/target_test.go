package notify_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"
	"time"
	"unsafe"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/seccomp"
	"github.com/runseal/runseal/seccomp/notify"
)

// targetEnv turns the test binary into a target: it installs a filter that hands
// mkdirat and memfd_create to an agent, gives the listener to the socket on descriptor
// 3 as a runtime does, and makes the calls that it reads from standard input. It
// sets no_new_privs and so needs no root.
const targetEnv = "RUNSEAL_NOTIFY_TARGET"

func TestMain(m *testing.M) {
	if os.Getenv(targetEnv) != "" {
		if err := target(); err != nil {
			fmt.Println("failed:", err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func profile() *specs.LinuxSeccomp {
	return &specs.LinuxSeccomp{
		DefaultAction: specs.ActAllow, ListenerPath: "/run/agent.sock", // named for the compiler; nobody connects to it
		Syscalls: []specs.LinuxSyscall{{Names: []string{"mkdirat", "memfd_create"}, Action: specs.ActNotify}},
	}
}

func target() error {
	runtime.LockOSThread() // the filter is this thread's
	f, err := seccomp.Compile(profile(), seccomp.Options{})
	if err != nil {
		return err
	}
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return err
	}
	fd, err := f.InstallListener()
	if err != nil {
		return err
	}
	state, err := json.Marshal(specs.ContainerProcessState{
		Version: specs.Version, Fds: []string{specs.SeccompFdName}, Pid: os.Getpid(), Metadata: "an example",
		State: specs.State{Version: specs.Version, ID: "target", Status: specs.StateCreated, Pid: os.Getpid(), Bundle: "/bundle"},
	})
	if err != nil {
		return err
	}
	if err := unix.Sendmsg(3, state, unix.UnixRights(fd), nil, 0); err != nil {
		return err
	}
	unix.Close(3)
	unix.Close(fd)
	// Two pages of which the second goes away again: a string at the end of the
	// first has no more room than there is.
	mem, err := unix.Mmap(-1, 0, 2*os.Getpagesize(), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANONYMOUS)
	if err != nil {
		return err
	}
	page := mem[:os.Getpagesize()]
	if _, _, errno := unix.Syscall(unix.SYS_MUNMAP, uintptr(unsafe.Pointer(&mem[len(page)])), uintptr(len(page)), 0); errno != 0 {
		return errno
	}
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		verb, arg, _ := strings.Cut(lines.Text(), " ")
		var r uintptr
		var errno unix.Errno
		switch verb {
		case "mkdir":
			p, _ := unix.BytePtrFromString(arg)
			r, _, errno = unix.Syscall(unix.SYS_MKDIRAT, 0, uintptr(unsafe.Pointer(p)), 0o700)
		case "edge": // arg ends where the page does
			copy(page[len(page)-len(arg):], arg)
			r, _, errno = unix.Syscall(unix.SYS_MKDIRAT, 0, uintptr(unsafe.Pointer(&page[len(page)-len(arg)])), 0o700)
		case "null":
			r, _, errno = unix.Syscall(unix.SYS_MKDIRAT, 0, 0, 0o700)
		case "memfd":
			p, _ := unix.BytePtrFromString(arg)
			r, _, errno = unix.Syscall(unix.SYS_MEMFD_CREATE, uintptr(unsafe.Pointer(p)), 0, 0)
			if errno == 0 {
				var buf [64]byte
				n, err := unix.Read(int(r), buf[:])
				flags, _ := unix.FcntlInt(r, unix.F_GETFD, 0)
				fmt.Printf("descriptor %d holds %q (%v), flags %d\n", r, buf[:max(n, 0)], err, flags)
				unix.Close(int(r))
				continue
			}
		}
		if errno != 0 {
			fmt.Println(unix.ErrnoName(errno))
			continue
		}
		fmt.Println("result", int(r))
	}
	return lines.Err()
}

// process is a target and the agent's listener for it.
type process struct {
	*exec.Cmd
	*notify.Listener
	in    io.WriteCloser
	out   *bufio.Reader
	state *specs.ContainerProcessState
}

// newTarget starts a target. stop ends it.
func newTarget() (*process, error) {
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	theirs, ours := os.NewFile(uintptr(pair[0]), "target"), os.NewFile(uintptr(pair[1]), "agent")
	defer theirs.Close()
	conn, err := net.FileConn(ours)
	ours.Close()
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
		return nil, err
	}
	p := &process{Cmd: exec.Command("/proc/self/exe")}
	p.Env = append(os.Environ(), targetEnv+"=1")
	p.Stderr, p.ExtraFiles = os.Stderr, []*os.File{theirs}
	if p.in, err = p.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := p.StdoutPipe()
	if err != nil {
		return nil, err
	}
	p.out = bufio.NewReader(out)
	if err := p.Start(); err != nil {
		return nil, err
	}
	theirs.Close()
	var fd int
	if p.state, fd, err = notify.ReadHandover(conn.(*net.UnixConn)); err == nil {
		p.Listener, err = notify.NewListener(fd)
	}
	if err != nil {
		p.Process.Kill()
		p.Wait()
		return nil, err
	}
	return p, nil
}

func (p *process) stop() {
	p.Listener.Close()
	p.Process.Kill()
	p.Wait()
}

// command lets the target make a call.
func (p *process) command(text string) { fmt.Fprintln(p.in, text) }

// result is what the target has seen.
func (p *process) result() string {
	line, err := p.out.ReadString('\n')
	if err != nil {
		return err.Error()
	}
	return strings.TrimSuffix(line, "\n")
}
