package progress

import (
	"bytes"
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/runseal/runseal/cmd/internal/ptytest"
)

func eighty() int { return 80 }

// memory is written by the goroutine of a Bar and read by the test.
type memory struct {
	mu   sync.Mutex
	text strings.Builder
}

func (m *memory) Write(p []byte) (int, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.text.Write(p)
}

// take returns what has been written since it was last called.
func (m *memory) take() string {
	synctest.Wait() // whoever wants to write now has done so
	m.mu.Lock()
	defer m.mu.Unlock()
	defer m.text.Reset()
	return m.text.String()
}

// The times are those of a bubble of synctest, which also fails if a goroutine is left.
func TestCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out memory
		p := start(&out, "comparing", 20, eighty)
		p.Add(4)
		time.Sleep(delay - time.Millisecond)
		if got := out.take(); got != "" {
			t.Errorf("before %v: %q", delay, got)
		}
		time.Sleep(2 * time.Millisecond)
		if got := out.take(); got != "\r\x1b[Kcomparing [####................] 4/20, 0s" {
			t.Errorf("after %v: %q", delay, got)
		}
		p.Add(5)
		p.Add(1)
		time.Sleep(time.Second)
		p.Done()
		got := out.take()
		if !strings.HasSuffix(got, "\r\x1b[Kcomparing [##########..........] 10/20, 1s\r\x1b[K") {
			t.Errorf("at the end: %q", got)
		}
		if n := strings.Count(got, "comparing"); n != 10 {
			t.Errorf("drawn %d times in a second, want 10", n)
		}
		p.Add(1)
		p.Done()
		time.Sleep(time.Second)
		if got := out.take(); got != "" {
			t.Errorf("after the end: %q", got)
		}
	})
}

func TestSpinner(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out memory
		p := start(&out, "proving", 0, eighty)
		time.Sleep(3*time.Second + time.Millisecond)
		p.Done()
		got := out.take()
		for _, want := range []string{"proving | 0s", "proving / 0s", "proving - 0s", `proving \ 0s`, "proving / 3s\r\x1b[K"} {
			if !strings.Contains(got, erase+want) {
				t.Errorf("no %q in %q", want, got)
			}
		}
	})
}

// What is over at once never shows.
func TestShort(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out memory
		p := start(&out, "comparing", 2, eighty)
		time.Sleep(delay / 2)
		p.Done()
		time.Sleep(time.Minute)
		if got := out.take(); got != "" {
			t.Errorf("%q", got)
		}
	})
}

func TestLine(t *testing.T) {
	for _, c := range []struct {
		what           string
		total, columns int
		done           int64
		want           string
	}{
		{"listing", 3, 80, 0, "listing [....................] 0/3, 0s"},
		{"listing", 3, 80, 2, "listing [#############.......] 2/3, 0s"},
		{"listing", 3, 80, 3, "listing [####################] 3/3, 0s"},
		{"listing", 3, 80, 9, "listing [####################] 3/3, 0s"},
		{"listing", 3, 10, 1, "listing ["},
		{"listing", 3, 0, 1, ""},
		{"listing", 0, 80, 5, "listing | 0s"},
	} {
		b := &Bar{what: c.what, total: int64(c.total), began: time.Now(), columns: func() int { return c.columns }}
		b.done.Store(c.done)
		if got := b.line(0); got != c.want {
			t.Errorf("%+v: %q", c, got)
		}
	}
}

func TestNothingElsewhere(t *testing.T) {
	t.Setenv("TERM", "xterm")
	r, pipe, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer pipe.Close()
	if Start(pipe, "comparing", 1) != nil || Start(new(bytes.Buffer), "comparing", 1) != nil {
		t.Error("progress where there is no terminal")
	}
	screen := ptytest.New(t, 24, 80)
	t.Setenv("TERM", "dumb")
	if Start(screen.Terminal, "comparing", 1) != nil {
		t.Error("progress on a dumb terminal")
	}
	var none *Bar // which is what callers then have
	none.Add(1)
	none.Done()
}

func TestOnTerminal(t *testing.T) {
	t.Setenv("TERM", "xterm")
	screen := ptytest.New(t, 24, 33)
	p := Start(screen.Terminal, "comparing", 4)
	p.Add(1)
	time.Sleep(delay + 2*interval)
	p.Done()
	shown := screen.Close()
	if want := regexp.MustCompile(`^(\r\x1b\[Kcomparing \[#####\.{15}\]){1,4}\r\x1b\[K$`); !want.MatchString(shown) {
		t.Errorf("the terminal, 33 columns wide, shows %q", shown)
	}
}
