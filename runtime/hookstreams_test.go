package runtime

import (
	"os"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// TestSaid: of what a hook writes the end is kept, in order, and quoted.
func TestSaid(t *testing.T) {
	long := strings.Repeat("0123456789", 3000)
	for _, c := range []struct{ out, err, want string }{
		{"", "", ""},
		{"\n\n", "", ""},
		{"", "no\n", `, stderr "no"`},
		{"out", "a\x1b[2J\"\xff\u202e\nb\n\n", `, stdout "out", stderr "a\x1b[2J\"\xff\u202e\nb"`},
		{long + "out", long + "err", `, stdout "` + (long + "out")[len(long)+3-maxOut:] + `", stderr "` + (long + "err")[len(long)+3-maxTail:] + `"`},
	} {
		s, err := openStreams()
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range []struct {
			*output
			text string
		}{{&s.out, c.out}, {&s.err, c.err}} {
			// A pipe holds 64 KiB: all of it is there before it is read.
			if _, err := unix.Write(o.pipe[1], []byte(o.text)); err != nil {
				t.Fatal(err)
			}
			o.read(maxLeft)
		}
		if got := s.said(); got != c.want {
			t.Errorf("%.50q and %.50q: got %s, want %s", c.out, c.err, got, c.want)
		}
		if len(s.err.tail) > 2*maxTail+(16<<10) {
			t.Errorf("%d bytes are kept", len(s.err.tail))
		}
		s.close()
		s.close() // closes nothing twice
	}
}

func TestPidInside(t *testing.T) {
	if pid, err := pidInside(os.Getpid()); err != nil || pid != os.Getpid() {
		t.Errorf("own pid %d: got %d, %v", os.Getpid(), pid, err)
	}
	if _, err := pidInside(1 << 22); err == nil {
		t.Error("no error for a process that is not there")
	}
}
