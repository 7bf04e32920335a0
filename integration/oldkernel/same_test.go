package oldkernel

import (
	"cmp"
	"slices"
	"strings"
	"testing"

	"github.com/runseal/runseal/integration/internal/box"
)

// same runs a box on this kernel and on Linux 5.10 and compares what it writes, as view
// shows it. The container has to succeed on both.
func same(t *testing.T, b *box.Box, view func(string) []string, flags ...string) {
	t.Helper()
	now := view(output(t, b, flags...))
	under(t, b, linux5_10())
	old := view(output(t, b, flags...))
	if len(now) == 0 {
		t.Fatal("nothing to compare")
	}
	compare(t, now, old)
}

func compare(t *testing.T, now, old []string) {
	t.Helper()
	for _, l := range now {
		if !slices.Contains(old, l) {
			t.Errorf("only on this kernel: %s", l)
		}
	}
	for _, l := range old {
		if !slices.Contains(now, l) {
			t.Errorf("only on Linux 5.10:  %s", l)
		}
	}
}

func lines(text string) []string { return strings.Split(strings.TrimSpace(text), "\n") }

// mounts are the lines of a mountinfo file (proc_pid_mountinfo(5)), by mount point,
// without what differs between two runs of the same container: the numbers of mounts,
// devices and peer groups.
func mounts(table string) []string {
	var all []string
	for _, l := range lines(table) {
		left, right, ok := strings.Cut(l, " - ")
		f, r := strings.Fields(left), strings.Fields(right)
		if !ok || len(f) < 6 || len(r) < 3 {
			all = append(all, l) // something else
			continue
		}
		m := []string{f[4], "root=" + f[3], "options=" + effective(f[5], r[2])}
		for _, tag := range f[6:] {
			name, _, _ := strings.Cut(tag, ":")
			m = append(m, name)
		}
		all = append(all, strings.Join(append(m, r...), " "))
	}
	slices.SortFunc(all, cmp.Compare)
	return all
}

// effective are a mount's options. A mount of a read-only file system is read-only
// whatever its own flag, which may differ.
func effective(mount, super string) string {
	if strings.HasPrefix(super, "ro") {
		return "ro" + strings.TrimPrefix(strings.TrimPrefix(mount, "rw"), "ro")
	}
	return mount
}
