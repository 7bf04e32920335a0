package verbs

import (
	"io"
	"maps"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// TestUpdateLikeRunc: the same flags, the same files.
func TestUpdateLikeRunc(t *testing.T) {
	runc, err := exec.LookPath("runc")
	if err != nil {
		t.Skip("runc is not installed")
	}
	ours, theirs := sleeper(t), sleeper(t)
	ours.Up()
	// The other box's cgroup and bundle, under runc's hands.
	theirs.WriteConfig(theirs.Config())
	root := t.TempDir()
	do := func(args ...string) {
		t.Helper()
		cmd := exec.Command(runc, append([]string{"--root", root}, args...)...)
		cmd.Dir = theirs.Dir
		var out strings.Builder
		cmd.Stderr = &out
		cmd.Stdout = io.Discard
		if err := cmd.Run(); err != nil {
			t.Fatalf("runc %q: %v: %s", args, err, out.String())
		}
	}
	defer func() {
		cmd := exec.Command(runc, "--root", root, "delete", "--force", theirs.ID)
		cmd.Run()
	}()
	cmd := exec.Command(runc, "--root", root, "run", "--detach", "--bundle", theirs.Dir, theirs.ID)
	if null, err := os.OpenFile("/dev/null", os.O_RDWR, 0); err == nil {
		cmd.Stdin, cmd.Stdout, cmd.Stderr = null, null, null
		defer null.Close()
	}
	if err := cmd.Run(); err != nil {
		t.Skipf("runc does not run the bundle here: %v", err)
	}
	for _, flags := range [][]string{
		{"--memory", "64M"}, {"--memory", "100m", "--memory-swap", "200M"}, {"--memory-reservation", "1.5M"}, {"--memory", "32M", "--memory-swap", "48M"},
		{"--memory-swap", "-1"}, {"--memory", "-1"}, {"--pids-limit", "30"}, {"--cpu-share", "300"}, {"--cpu-quota", "30000"}, {"--cpu-period", "40000"},
		{"--cpu-quota", "-1"}, {"--cpuset-cpus", "0"}, {"--cpuset-mems", "0"}, {"--cpu-rt-period", "700000"}, {"--pids-limit", "-1"},
	} {
		if v2 && flags[0] == "--cpu-rt-period" {
			continue
		}
		ours.Must(append(append([]string{"update"}, flags...), ours.ID)...)
		do(append(append([]string{"update"}, flags...), theirs.ID)...)
		a, b := settings(t, ours), settings(t, theirs)
		if v2 {
			// Other versions have other formulas.
			delete(a, shares.name())
			delete(b, shares.name())
		}
		for _, m := range []map[string]string{a, b} {
			delete(m, devices.name()) // not update's
		}
		if !maps.Equal(a, b) {
			t.Errorf("%q:\nours %v\nrunc %v", flags, a, b)
		}
	}
}
