package runtime

import (
	"fmt"
	"io"
	"os"
	"os/signal"
	"time"

	"golang.org/x/sys/unix"
)

// checkTerminal relates process.terminal to who will hold its other side.
func checkTerminal(terminal bool, consoleSocket string, detached bool) error {
	switch {
	case terminal && detached && consoleSocket == "":
		return fmt.Errorf("process.terminal: true: a detached container needs --console-socket")
	case !terminal && consoleSocket != "":
		return fmt.Errorf("--console-socket: given, but process.terminal is false")
	}
	return nil
}

// takeMaster gives the master side to the console socket, or keeps it for the
// foreground.
func takeMaster(fds []int, socket string) (*os.File, error) {
	if len(fds) != 1 {
		return nil, fmt.Errorf("process.terminal: the child handed over %d descriptors, expected 1", len(fds))
	}
	if socket == "" {
		copySize(fds[0]) // while the child still waits, so that it never sees another
		// What reads from it can be told to stop.
		if err := unix.SetNonblock(fds[0], true); err != nil {
			unix.Close(fds[0])
			return nil, fmt.Errorf("process.terminal: %w", err)
		}
		return os.NewFile(uintptr(fds[0]), "terminal"), nil
	}
	defer unix.Close(fds[0])
	return nil, sendDescriptor(consoleSocket, socket, messageConsole, fds[0])
}

func (c *created) takeTerminal(fds []int, socket string) (err error) {
	c.tty, err = takeMaster(fds, socket)
	return err
}

// terminal connects this process's own standard streams with a container's
// terminal.
type terminal struct {
	master  *os.File
	restore *unix.Termios // what standard input was set to, if it is a terminal
	copied  chan struct{}
}

// serveTerminal starts copying in both directions. If standard input is a
// terminal it goes to raw mode, since the container's terminal does the line
// editing.
func serveTerminal(master *os.File) (*terminal, error) {
	t := &terminal{master: master, copied: make(chan struct{})}
	if old, err := unix.IoctlGetTermios(0, unix.TCGETS); err == nil {
		raw := *old
		raw.Iflag &^= unix.IGNBRK | unix.BRKINT | unix.PARMRK | unix.ISTRIP | unix.INLCR | unix.IGNCR | unix.ICRNL | unix.IXON
		raw.Oflag &^= unix.OPOST
		raw.Lflag &^= unix.ECHO | unix.ECHONL | unix.ICANON | unix.ISIG | unix.IEXTEN
		raw.Cflag = raw.Cflag&^(unix.CSIZE|unix.PARENB) | unix.CS8
		raw.Cc[unix.VMIN], raw.Cc[unix.VTIME] = 1, 0
		if err := unix.IoctlSetTermios(0, unix.TCSETS, &raw); err != nil {
			return nil, fmt.Errorf("set standard input to raw mode: %w", err)
		}
		t.restore = old
		winch := make(chan os.Signal, 1)
		signal.Notify(winch, unix.SIGWINCH)
		copySizeTo(master)
		go func() {
			for range winch {
				copySizeTo(master)
			}
		}()
	}
	go func() {
		t.copy()
		close(t.copied)
	}()
	go func() { _, _ = io.Copy(master, os.Stdin) }()
	return t, nil
}

// copySize gives a container's terminal the size of our own, if we have one.
func copySize(master int) {
	if ws, err := unix.IoctlGetWinsize(0, unix.TIOCGWINSZ); err == nil {
		_ = unix.IoctlSetWinsize(master, unix.TIOCSWINSZ, ws)
	}
}

func copySizeTo(master *os.File) {
	if c, err := master.SyscallConn(); err == nil {
		_ = c.Control(func(fd uintptr) { copySize(int(fd)) })
	}
}

// copy takes the output to standard output. It ends with EIO when the last process has
// closed its side, or when it is told to stop.
func (t *terminal) copy() {
	var buf [32 << 10]byte
	for {
		n, err := t.master.Read(buf[:])
		if n > 0 {
			if _, err := os.Stdout.Write(buf[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

// terminalBuffer is more than a terminal holds of output that nobody has read yet: 64 KiB
// on the way and a page that can be read (drivers/tty/tty_buffer.c, n_tty.c).
const terminalBuffer = 128 << 10

// finish takes to standard output what the process that has ended had still written. Those
// that it has left behind may keep the terminal open for as long as they like; nobody waits
// for them, and for what they write.
func (t *terminal) finish() {
	if t.master.SetReadDeadline(time.Unix(1, 0)) == nil {
		<-t.copied
	}
	c, err := t.master.SyscallConn()
	if err != nil {
		return
	}
	// Not by way of Read, to which the time is over.
	_ = c.Control(func(fd uintptr) {
		var buf [4 << 10]byte
		for left := terminalBuffer; left > 0; {
			n, err := unix.Read(int(fd), buf[:])
			if err == unix.EINTR {
				continue
			}
			if n <= 0 { // EAGAIN: it is empty
				return
			}
			if _, err := os.Stdout.Write(buf[:n]); err != nil {
				return
			}
			left -= n
		}
	})
}

// close ends the copying, with the rest of the output, and restores standard input.
func (t *terminal) close() {
	t.finish()
	if t.restore != nil {
		_ = unix.IoctlSetTermios(0, unix.TCSETS, t.restore)
	}
	t.master.Close()
}
