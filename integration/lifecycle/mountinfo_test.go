package lifecycle

import (
	"slices"
	"strings"
	"testing"

	"github.com/runseal/runseal/integration/internal/box"
)

// A mount as /proc/PID/mountinfo describes it.
type mount struct {
	point, fstype, source, propagation string
	options                            []string // of the mount and of the file system
}

// mountinfo parses the text; later entries of a mount point hide earlier ones.
func mountinfo(text string) map[string]mount {
	all := map[string]mount{}
	for _, line := range strings.Split(text, "\n") {
		left, right, ok := strings.Cut(line, " - ")
		l, r := strings.Fields(left), strings.Fields(right)
		if !ok || len(l) < 6 || len(r) < 3 {
			continue
		}
		all[l[4]] = mount{
			point: l[4], fstype: r[0], source: r[1], propagation: strings.Join(l[6:], " "),
			options: append(strings.Split(l[5], ","), strings.Split(r[2], ",")...),
		}
	}
	return all
}

func (m mount) has(t *testing.T, options ...string) {
	t.Helper()
	for _, o := range options {
		if !slices.Contains(m.options, o) {
			t.Errorf("mount %s has no option %q: %q", m.point, o, m.options)
		}
	}
}

func (m mount) lacks(t *testing.T, options ...string) {
	t.Helper()
	for _, o := range options {
		if slices.Contains(m.options, o) {
			t.Errorf("mount %s has option %q: %q", m.point, o, m.options)
		}
	}
}

// mounts runs the box's container with cat and returns its mount table.
func mounts(t *testing.T, b *box.Box) map[string]mount {
	t.Helper()
	b.Spec.Process.Args = []string{"/bin/cat", "/proc/self/mountinfo"}
	return mountinfo(output(t, b))
}
