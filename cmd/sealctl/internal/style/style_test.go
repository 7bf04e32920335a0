package style

import (
	"bytes"
	"io"
	"os"
	"testing"

	"github.com/runseal/runseal/cmd/internal/ptytest"
	"github.com/runseal/runseal/seccomp"
)

func TestWhenThereAreColours(t *testing.T) {
	screen := ptytest.New(t, 24, 80)
	r, pipe, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer pipe.Close()
	for _, c := range []struct {
		name          string
		w             io.Writer
		mode          Mode
		noColor, term string
		want          bool
	}{
		{"terminal", screen.Terminal, Auto, "", "xterm", true},
		{"wrapped terminal", NewWriter(screen.Terminal), Auto, "", "xterm", true},
		{"NO_COLOR", screen.Terminal, Auto, "1", "xterm", false},
		{"dumb", screen.Terminal, Auto, "", "dumb", false},
		{"no TERM", screen.Terminal, Auto, "", "", false},
		{"never", screen.Terminal, Never, "", "xterm", false},
		{"pipe", pipe, Auto, "", "xterm", false},
		{"memory", new(bytes.Buffer), Auto, "", "xterm", false},
		{"always into a pipe", pipe, Always, "", "xterm", true},
		{"always beats NO_COLOR", pipe, Always, "1", "dumb", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Setenv("NO_COLOR", c.noColor)
			t.Setenv("TERM", c.term)
			w := NewWriter(c.w)
			w.SetMode(c.mode)
			got := From(w).Action("allowed", seccomp.Allow)
			if want := map[bool]string{true: "\x1b[32mallowed\x1b[0m", false: "allowed"}[c.want]; got != want {
				t.Errorf("%q, want %q", got, want)
			}
		})
	}
	if got := From(screen.Terminal).Good("x"); got != "x" {
		t.Errorf("a terminal that main has not wrapped: %q", got)
	}
}

// A Writer changes nothing that is written.
func TestWriter(t *testing.T) {
	var b bytes.Buffer
	w := NewWriter(&b)
	w.SetMode(Always)
	const text = "SCMP_ACT_ALLOW \x00\xff\r\n"
	if n, err := io.WriteString(w, text); n != len(text) || err != nil || b.String() != text {
		t.Errorf("%d, %v, %q", n, err, b.String())
	}
}

func TestParseMode(t *testing.T) {
	for i, word := range Modes() {
		if m, err := ParseMode(word); err != nil || m != Mode(i) {
			t.Errorf("%s: %v, %v", word, m, err)
		}
	}
	for _, word := range []string{"", "yes", "Always", "always "} {
		if _, err := ParseMode(word); err == nil || err.Error() != `"`+word+`": expected auto, always or never` {
			t.Errorf("%q: %v", word, err)
		}
	}
}

func TestPalette(t *testing.T) {
	const r, g, y, b, bold, end = "\x1b[31m", "\x1b[32m", "\x1b[33m", "\x1b[34m", "\x1b[1m", "\x1b[0m"
	for _, c := range []struct {
		name string
		text string
		do   func(Palette, string) string
		want string
	}{
		{"warning", "warning:", Palette.Warning, bold + y + "warning:" + end},
		{"error", "sealctl:", Palette.Error, bold + r + "sealctl:" + end},
		{"good", "proved", Palette.Good, g + "proved" + end},
		{"empty", "", Palette.Good, ""},
		{"no action", "nothing (1)", Palette.Actions, "nothing (1)"},
		{"one", "a SCMP_ACT_ALLOW\n", Palette.Actions, "a " + g + "SCMP_ACT_ALLOW" + end + "\n"},
		{"errno", "SCMP_ACT_ERRNO(1 EPERM), x", Palette.Actions, y + "SCMP_ACT_ERRNO(1 EPERM)" + end + ", x"},
		{"two", "x: SCMP_ACT_TRACE(7), SCMP_ACT_LOG", Palette.Actions, "x: " + b + "SCMP_ACT_TRACE(7)" + end + ", " + b + "SCMP_ACT_LOG" + end},
		{"kill", "SCMP_ACT_KILL SCMP_ACT_KILL_THREAD SCMP_ACT_KILL_PROCESS", Palette.Actions,
			r + "SCMP_ACT_KILL" + end + " " + r + "SCMP_ACT_KILL_THREAD" + end + " " + r + "SCMP_ACT_KILL_PROCESS" + end},
		{"unknown", "SCMP_ACT_KILLER(x) SCMP_ACT_ SCMP_ACT_NOTIFY", Palette.Actions, "SCMP_ACT_KILLER(x) SCMP_ACT_ " + b + "SCMP_ACT_NOTIFY" + end},
		{"open parenthesis", "SCMP_ACT_TRAP(a\n)", Palette.Actions, r + "SCMP_ACT_TRAP" + end + "(a\n)"},
		{"at the end", "SCMP_ACT_TRAP(", Palette.Actions, r + "SCMP_ACT_TRAP" + end + "("},
		{"space before it", "SCMP_ACT_LOG (x)", Palette.Actions, b + "SCMP_ACT_LOG" + end + " (x)"},
	} {
		if got := c.do(Palette{on: true}, c.text); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
		if got := c.do(Palette{}, c.text); got != c.text {
			t.Errorf("%s without colours: %q", c.name, got)
		}
	}
}

// Each action has one colour, found by value and by name.
func TestActionColours(t *testing.T) {
	paint := Palette{on: true}
	for a, want := range map[seccomp.Action]string{
		seccomp.Allow: green, seccomp.Log: blue, seccomp.Notify: blue, seccomp.Trace(7): blue, seccomp.Errno(38): yellow,
		seccomp.Trap: red, seccomp.KillThread: red, seccomp.KillProcess: red,
	} {
		text := want + a.String() + reset
		if got := paint.Action(a.String(), a); got != text {
			t.Errorf("%s: %q", a, got)
		}
		if got := paint.Actions(a.String()); got != text {
			t.Errorf("%s by name: %q", a, got)
		}
	}
	if got := paint.Action("x", seccomp.Action(0x12340000)); got != red+"x"+reset {
		t.Errorf("an unknown action: %q", got)
	}
}
