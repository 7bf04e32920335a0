package hooks

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/integration/internal/box"
)

// limited gives the last hook of a kind a timeout in seconds.
func limited(h *specs.Hook, seconds int) { h.Timeout = &seconds }

// A hook that takes too long is killed with what it has started, and fails.
func TestTimeout(t *testing.T) {
	each(t, 1, func(t *testing.T, kind string) {
		h := newHooked(t, "sleep 600")
		h.add(kind, "exit 0")
		limited(h.add(kind, "echo waiting >&2; sleep 600 & sleep 600 | cat; exit 0"), 1)
		if kind == "poststop" {
			h.Spec.Process.Args = []string{"/bin/true"}
		}
		r := h.Run()
		want := "hooks." + kind + `[1].timeout: "/bin/sh" has not ended within 1 s and was killed, stderr "waiting"`
		if !strings.Contains(r.Stderr, want) || (r.Status == 0) != (kind == "poststop") {
			t.Errorf("%s: exit status %d, stderr %q, expected %s", kind, r.Status, r.Stderr, want)
		}
		if r.Took < time.Second || r.Took > box.Slow(10*time.Second) {
			t.Errorf("%s: it took %v", kind, r.Took)
		}
		h.NothingLeft() // its grandchildren neither
	})
}

// A hook that ends in time is not held up by its timeout, however long, nor by a process
// that it leaves behind with its pipes; and that process lives on.
func TestGrandchild(t *testing.T) {
	each(t, 2, func(t *testing.T, kind string) {
		for _, seconds := range []int{0, 1<<31 - 1} {
			h := newHooked(t, "sleep 0.1")
			k := h.add(kind, "sleep 20 & echo $! >$LOG; exit 0")
			if seconds > 0 {
				limited(k, seconds)
			}
			r := h.Run()
			if r.Status != 0 || r.Took > box.Slow(15*time.Second) {
				t.Errorf("%s: exit status %d after %v, stderr %q", kind, r.Status, r.Took, r.Stderr)
			}
			if kind == "createContainer" || kind == "startContainer" {
				continue // its number is the container's, with which it has ended
			}
			pid, err := strconv.Atoi(h.written())
			must(t, err)
			if err := unix.Kill(pid, unix.SIGKILL); err != nil {
				t.Errorf("%s: the process that was left behind does not live: %v", kind, err)
			}
			box.Eventually(func() bool { // it is this test's to collect
				got, err := unix.Wait4(pid, nil, unix.WNOHANG, nil)
				return got == pid || err == unix.ECHILD
			})
		}
	})
}

// Any amount of output is taken, and of a failure's the end is shown.
func TestOutput(t *testing.T) {
	each(t, 0, func(t *testing.T, kind string) {
		h := newHooked(t, "sleep 0.2")
		h.add(kind, fmt.Sprintf("head -c %[1]d /dev/zero; head -c %[1]d /dev/zero >&2", box.Rounds(10_000_000)))
		h.run()
		h.add(kind, `i=0; while test $i -lt 3000; do echo "line $i"; i=$((i+1)); done >&2; printf 'last\033[2J\377\n\n' >&2; exit 1`)
		r := h.Run()
		if !strings.Contains(r.Stderr, `\nline 2999\nlast\x1b[2J\xff"`) || strings.Contains(r.Stderr, `line 2700\n`) || len(r.Stderr) < 2048 || len(r.Stderr) > 4096 {
			t.Errorf("%s: stderr of %d bytes, %.200q ... %q", kind, len(r.Stderr), r.Stderr, r.Stderr[max(0, len(r.Stderr)-200):])
		}
	})
}

// A state larger than a pipe: a hook may read it, ignore it, or close its input.
func TestLargeState(t *testing.T) {
	h := newHooked(t, "sleep 0.2")
	h.Spec.Annotations = map[string]string{"large": strings.Repeat("x", 300_000)}
	want := ""
	for _, kind := range kinds {
		h.add(kind, "exit 0")
		h.add(kind, "exec <&-; sleep 0.1")
		h.add(kind, `n=$(cat | wc -c); test "$n" -gt 300000 -a "$n" -lt 301000 && echo $KIND >>$LOG`)
		want += " " + kind
	}
	h.run()
	h.expect("run", want[1:])
}
