package palette

import (
	"math"
	"strconv"
	"testing"

	"github.com/runseal/runseal/seccomp"
)

// Text can be read: its contrast is at least 7, level AAA of the Web Content
// Accessibility Guidelines 2.2 (1.4.6), and that of borders with the page 3 (1.4.11).
func TestContrast(t *testing.T) {
	for _, c := range All() {
		for _, p := range []struct {
			a, b string
			want float64
		}{{c.Text, c.Fill, 7}, {c.DarkText, c.DarkFill, 7}, {c.Line, "#ffffff", 3}, {c.DarkLine, "#16181c", 3}} {
			if got := contrast(t, p.a, p.b); got < p.want {
				t.Errorf("%s: %s on %s: %.1f, want %.1f", c.Class, p.a, p.b, got, p.want)
			}
		}
	}
}

func contrast(t *testing.T, a, b string) float64 {
	x, y := luminance(t, a), luminance(t, b)
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

// luminance is the relative luminance of sRGB as the guidelines define it.
func luminance(t *testing.T, colour string) float64 {
	sum := 0.0
	for i, weight := range []float64{0.2126, 0.7152, 0.0722} {
		n, err := strconv.ParseUint(colour[1+2*i:3+2*i], 16, 8)
		if err != nil {
			t.Fatal(err)
		}
		v := float64(n) / 255
		if v <= 0.04045 {
			v /= 12.92
		} else {
			v = math.Pow((v+0.055)/1.055, 2.4)
		}
		sum += weight * v
	}
	return sum
}

func TestOf(t *testing.T) {
	for a, want := range map[seccomp.Action]string{
		seccomp.Allow: "allow", seccomp.Log: "log", seccomp.Notify: "agent", seccomp.Trace(7): "agent", seccomp.Errno(38): "errno",
		seccomp.Trap: "trap", seccomp.KillThread: "kill", seccomp.KillProcess: "kill", 0x00010000: "other",
	} {
		if got := Of(a).Class; got != want {
			t.Errorf("%s: %s, want %s", a, got, want)
		}
	}
}
