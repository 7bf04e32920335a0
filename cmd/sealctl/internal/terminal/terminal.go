// Package terminal says whether what is written somewhere appears on a terminal, and
// how much room there is.
//
//	if t := terminal.Of(c.App.ErrWriter); t != nil {
//		fmt.Fprintf(t, "%d columns\n", terminal.Columns(t))
//	}
//
// A writer that wraps another one takes part by a method Unwrap() io.Writer.
package terminal

import (
	"io"
	"os"

	"golang.org/x/sys/unix"
)

// Of returns the terminal that w writes to, through any number of wrappers, or nil if
// it writes elsewhere: to a file, a pipe, memory.
func Of(w io.Writer) *os.File {
	for {
		switch v := w.(type) {
		case *os.File:
			if v == nil || !is(v) {
				return nil
			}
			return v
		case interface{ Unwrap() io.Writer }:
			w = v.Unwrap()
		default:
			return nil
		}
	}
}

// is asks the driver for its settings, which only terminals have (termios(3)).
func is(f *os.File) bool {
	var yes bool
	conn, err := f.SyscallConn() // and not Fd, which would make the file blocking
	if err != nil {
		return false
	}
	err = conn.Control(func(fd uintptr) {
		_, err := unix.IoctlGetTermios(int(fd), unix.TCGETS)
		yes = err == nil
	})
	return err == nil && yes
}

// Dumb says whether a terminal of this type, the value of the environment variable
// TERM, is one that knows no escape sequences, or may be one.
func Dumb(term string) bool { return term == "" || term == "dumb" }

// usualColumns is the width where the terminal does not know its own, as serial lines.
const usualColumns = 80

// Columns is the width of the terminal in characters.
func Columns(t *os.File) int {
	columns := usualColumns
	if conn, err := t.SyscallConn(); err == nil {
		_ = conn.Control(func(fd uintptr) {
			if size, err := unix.IoctlGetWinsize(int(fd), unix.TIOCGWINSZ); err == nil && size.Col > 0 {
				columns = int(size.Col)
			}
		})
	}
	return columns
}
