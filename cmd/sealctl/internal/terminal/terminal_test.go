package terminal

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/runseal/runseal/cmd/internal/ptytest"
)

type wrapper struct{ io.Writer }

func (w wrapper) Unwrap() io.Writer { return w.Writer }

func TestOf(t *testing.T) {
	screen := ptytest.New(t, 24, 80)
	for _, w := range []io.Writer{screen.Terminal, wrapper{screen.Terminal}, wrapper{wrapper{screen.Terminal}}} {
		if Of(w) != screen.Terminal {
			t.Errorf("%T: no terminal", w)
		}
	}
	file, err := os.Create(filepath.Join(t.TempDir(), "file"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer null.Close()
	r, pipe, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer pipe.Close()
	closed, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	closed.Close()
	for _, w := range []io.Writer{file, null, pipe, closed, wrapper{pipe}, new(bytes.Buffer), wrapper{nil}, nil, (*os.File)(nil)} {
		if f := Of(w); f != nil {
			t.Errorf("%T: a terminal, %v", w, f)
		}
	}
}

func TestColumns(t *testing.T) {
	for given, want := range map[uint16]int{132: 132, 0: usualColumns} {
		if got := Columns(ptytest.New(t, 24, given).Terminal); got != want {
			t.Errorf("%d columns, want %d", got, want)
		}
	}
}
