package room

import (
	"cmp"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/integration/internal/box"
)

// A Terminal is a command that runs as the leader of a session on a terminal of 24 lines
// of 80 columns, and a person in front of it.
type Terminal struct {
	t      testing.TB
	argv   []string
	master *os.File
	cmd    *exec.Cmd
	limit  time.Duration
	log    func() string
	read   chan struct{}

	mu  sync.Mutex
	out strings.Builder
}

// Terminal starts a command on a terminal.
func (c Command) Terminal(t testing.TB, log func() string) *Terminal {
	t.Helper()
	master, slave, err := pair()
	if err != nil {
		t.Fatal(err)
	}
	x := &Terminal{t: t, argv: c.Argv, master: master, limit: cmp.Or(c.Limit, Limit), log: log, read: make(chan struct{})}
	x.cmd = exec.Command(c.Argv[0], c.Argv[1:]...)
	x.cmd.Env = append(os.Environ(), c.Env...)
	x.cmd.Stdin, x.cmd.Stdout, x.cmd.Stderr = slave, slave, slave
	x.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	box.Pass()
	err = x.cmd.Start()
	slave.Close()
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(x.read)
		io.Copy(x, master) // until EIO: the last descriptor of the slave is closed
	}()
	return x
}

// pair opens a terminal.
func pair() (master, slave *os.File, err error) {
	// A file of os.NewFile is read without the poller, so Close would wait for Read.
	master, err = os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY|unix.O_NONBLOCK, 0)
	if err != nil {
		return nil, nil, err
	}
	var number int
	err = control(master, func(fd int) (err error) {
		if err = unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0); err != nil {
			return err
		}
		number, err = unix.IoctlGetInt(fd, unix.TIOCGPTN)
		return err
	})
	if err == nil {
		err = size(master, 24, 80)
	}
	if err == nil {
		slave, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|unix.O_NOCTTY, 0)
	}
	if err != nil {
		master.Close()
	}
	return master, slave, err
}

func size(master *os.File, rows, columns int) error {
	return control(master, func(fd int) error {
		return unix.IoctlSetWinsize(fd, unix.TIOCSWINSZ, &unix.Winsize{Row: uint16(rows), Col: uint16(columns)})
	})
}

func control(f *os.File, do func(fd int) error) error {
	conn, err := f.SyscallConn()
	if err != nil {
		return err
	}
	var inner error
	if err := conn.Control(func(fd uintptr) { inner = do(int(fd)) }); err != nil {
		return err
	}
	return inner
}

// Write takes what the terminal shows.
func (x *Terminal) Write(p []byte) (int, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.out.Write(p)
}

// Shown is what the terminal has shown so far, without carriage returns.
func (x *Terminal) Shown() string {
	x.mu.Lock()
	defer x.mu.Unlock()
	return strings.ReplaceAll(x.out.String(), "\r", "")
}

// Type types a text.
func (x *Terminal) Type(text string) {
	x.t.Helper()
	if _, err := io.WriteString(x.master, text); err != nil {
		x.t.Errorf("%q: type %q: %v", x.argv, text, err)
	}
}

// Resize sets the terminal's size, and so sends SIGWINCH to the command.
func (x *Terminal) Resize(rows, columns int) {
	x.t.Helper()
	if err := size(x.master, rows, columns); err != nil {
		x.t.Fatal(err)
	}
}

// Sees waits until the terminal has shown a text.
func (x *Terminal) Sees(text string) {
	x.t.Helper()
	if !box.Eventually(func() bool { return strings.Contains(x.Shown(), text) }) {
		x.t.Errorf("%q: the terminal shows %q, expected %q", x.argv, x.Shown(), text)
	}
}

// Wait waits for the command's end and returns its status; Stdout is all that the
// terminal has shown.
func (x *Terminal) Wait() Result {
	x.t.Helper()
	defer x.master.Close()
	timer := time.AfterFunc(x.limit, func() { x.cmd.Process.Kill() })
	x.cmd.Wait()
	<-x.read
	if !timer.Stop() {
		x.t.Fatalf("%q on a terminal: no end within %v; it shows %q\n%s", x.argv, x.limit, x.Shown(), x.log())
	}
	return Result{Status: x.cmd.ProcessState.ExitCode(), Stdout: x.Shown()}
}
