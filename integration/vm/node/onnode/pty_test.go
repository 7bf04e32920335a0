package onnode

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/integration/internal/containerd"
)

// onTerminal runs ctr as the leader of a session on a terminal of 24 lines of 80
// columns; the terminal's output is what it returns as Stdout.
func (c *container) onTerminal(args ...string) containerd.Result {
	c.t.Helper()
	// A file of os.NewFile is read without the poller, so Close would wait for Read.
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY|unix.O_NONBLOCK, 0)
	if err != nil {
		c.t.Fatal(err)
	}
	defer master.Close()
	conn, err := master.SyscallConn()
	if err != nil {
		c.t.Fatal(err)
	}
	var number int
	var ioctl error
	if err := conn.Control(func(fd uintptr) {
		if ioctl = unix.IoctlSetPointerInt(int(fd), unix.TIOCSPTLCK, 0); ioctl != nil {
			return
		}
		if ioctl = unix.IoctlSetWinsize(int(fd), unix.TIOCSWINSZ, &unix.Winsize{Row: 24, Col: 80}); ioctl != nil {
			return
		}
		number, ioctl = unix.IoctlGetInt(int(fd), unix.TIOCGPTN)
	}); err != nil || ioctl != nil {
		c.t.Fatal(err, ioctl)
	}
	slave, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		c.t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	cmd := c.Command(ctx, args...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = slave, slave, slave
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	err = cmd.Start()
	slave.Close()
	if err != nil {
		c.t.Fatal(err)
	}
	var out strings.Builder
	read := make(chan struct{})
	go func() {
		defer close(read)
		io.Copy(&out, master) // until EIO: the last descriptor of the slave is closed
	}()
	cmd.Wait()
	<-read
	if ctx.Err() != nil {
		c.t.Fatalf("ctr %q on a terminal: no end within %v; output %q", args, limit, out.String())
	}
	return containerd.Result{Status: cmd.ProcessState.ExitCode(), Stdout: out.String()}
}
