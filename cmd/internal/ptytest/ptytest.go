// Package ptytest makes pseudo-terminals for tests.
//
//	screen := ptytest.New(t, 24, 80)
//	fmt.Fprint(screen.Terminal, "hello\n")
//	got := screen.Close() // "hello\r\n"
package ptytest

import (
	"bytes"
	"fmt"
	"os"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// Screen is the side of the one who sits at the terminal.
type Screen struct {
	// Terminal is the side of the programs.
	Terminal *os.File

	t      testing.TB
	master *os.File
	mu     sync.Mutex
	shown  bytes.Buffer
	end    chan struct{} // closed when no program has the terminal any more
}

// New makes a terminal of this size. Where the machine has none to give (no
// /dev/ptmx) the test is skipped.
func New(t testing.TB, rows, columns uint16) *Screen {
	t.Helper()
	fd, err := unix.Open("/dev/ptmx", unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Skipf("no pseudo-terminals here: open /dev/ptmx: %v", err)
	}
	master := os.NewFile(uintptr(fd), "/dev/ptmx")
	s := &Screen{t: t, master: master, end: make(chan struct{})}
	t.Cleanup(func() { master.Close() })
	if err := unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0); err != nil {
		t.Fatalf("unlock the terminal: %v", err)
	}
	if err := unix.IoctlSetWinsize(fd, unix.TIOCSWINSZ, &unix.Winsize{Row: rows, Col: columns}); err != nil {
		t.Fatalf("set the terminal's size: %v", err)
	}
	n, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err != nil {
		t.Fatalf("number of the terminal: %v", err)
	}
	slave, err := unix.Open(fmt.Sprintf("/dev/pts/%d", n), unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Fatalf("open the terminal: %v", err)
	}
	s.Terminal = os.NewFile(uintptr(slave), "/dev/pts")
	t.Cleanup(func() { s.Terminal.Close() })
	go s.read() // from here on it ends when the terminal is closed
	return s
}

// Type is what the one at the terminal types.
func (s *Screen) Type(text string) {
	s.t.Helper()
	if _, err := s.master.WriteString(text); err != nil {
		s.t.Fatalf("type %q: %v", text, err)
	}
}

func (s *Screen) read() {
	defer close(s.end)
	buf := make([]byte, 32<<10)
	for {
		n, err := s.master.Read(buf)
		s.mu.Lock()
		s.shown.Write(buf[:n])
		s.mu.Unlock()
		if err != nil {
			return // EIO: no program has it open
		}
	}
}

// Shown is all that the programs have written so far, with the "\r\n" that the
// terminal makes of each newline.
func (s *Screen) Shown() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.shown.String()
}

// Close ends the programs' side of this process, waits for the end of all that was
// written, and returns it.
func (s *Screen) Close() string {
	s.t.Helper()
	s.Terminal.Close()
	select {
	case <-s.end:
	case <-time.After(10 * time.Second):
		s.t.Fatalf("the terminal is still open somewhere; it shows %q", s.Shown())
	}
	return s.Shown()
}
