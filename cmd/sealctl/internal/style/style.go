// Package style puts colours into text for people, where the text appears on a
// terminal that knows them, and leaves it as it is everywhere else.
//
// main wraps standard output and standard error once, as [Writer] values; they are
// c.App.Writer and c.App.ErrWriter of every verb. A verb asks [From] for the palette
// that goes with a writer and passes its text through:
//
//	paint := style.From(c.App.Writer)
//	fmt.Fprintf(c.App.Writer, "%s %s\n", paint.Good("proved:"), paint.Action("denied", action))
//
// The zero [Palette] has no colours and returns every text unchanged, so what a verb
// writes to a pipe or a file is byte for byte what it would write without this package.
// JSON and other output for programs is not passed through a palette at all.
//
// Escape sequences have no width on a terminal but count as characters in
// text/tabwriter and fmt's %-10s. Lay the text out first and colour it then:
// [Palette.Actions] finds the names of actions in finished text.
//
// # When there are colours
//
// With [Always] and never with [Never]. With [Auto] if the writer is a terminal, TERM
// says that it is not a dumb one, and the environment variable NO_COLOR is absent or
// empty (no-color.org). Variables that force colours are not looked at: --color always
// does that, and is seen in the command line.
package style

import (
	"fmt"
	"io"
	"os"

	"github.com/runseal/runseal/cmd/sealctl/internal/terminal"
)

// Mode says when there are colours.
type Mode uint8

// Modes, as --color has them.
const (
	Auto Mode = iota
	Always
	Never
)

// modes are the words for them.
var modes = [...]string{Auto: "auto", Always: "always", Never: "never"}

// Modes returns the words for the modes: auto, always, never.
func Modes() []string { return modes[:] }

// ParseMode reads one of the words of [Modes].
func ParseMode(s string) (Mode, error) {
	for m, word := range modes {
		if s == word {
			return Mode(m), nil
		}
	}
	return Auto, fmt.Errorf("%q: expected auto, always or never", s)
}

// Writer writes to another writer and knows whether that shows colours.
type Writer struct {
	io.Writer
	colours bool
	err     error // the first one of Write
}

// Write writes, and remembers an error for [Writer.Err].
func (w *Writer) Write(p []byte) (int, error) {
	n, err := w.Writer.Write(p)
	if w.err == nil {
		w.err = err
	}
	return n, err
}

// Err returns the first error of all that was written: not everything that writes
// returns its errors.
func (w *Writer) Err() error { return w.err }

// NewWriter returns a Writer for w in mode [Auto].
func NewWriter(w io.Writer) *Writer {
	s := &Writer{Writer: w}
	s.SetMode(Auto)
	return s
}

// Unwrap returns the writer below.
func (w *Writer) Unwrap() io.Writer { return w.Writer }

// SetMode decides anew whether there are colours.
func (w *Writer) SetMode(m Mode) {
	switch m {
	case Always:
		w.colours = true
	case Never:
		w.colours = false
	default:
		w.colours = os.Getenv("NO_COLOR") == "" && !terminal.Dumb(os.Getenv("TERM")) && terminal.Of(w.Writer) != nil
	}
}

// From returns the palette for what is written to w: one with colours if w is a
// [Writer] that shows them, the zero one otherwise.
func From(w io.Writer) Palette {
	s, ok := w.(*Writer)
	return Palette{on: ok && s.colours}
}
