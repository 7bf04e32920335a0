package onnode

import (
	"path/filepath"
	"strings"
	"testing"

	specs "github.com/opencontainers/runtime-spec/specs-go"
)

// oom is a program that the kernel ends for its memory; the others go on.
func oom(t *testing.T, c *container) {
	pid := c.upWith(&specs.LinuxResources{Memory: &specs.LinuxMemory{Limit: ptr(int64(24 * mib)), Swap: ptr(int64(24 * mib))}}, "/bin/sleep", "600")
	dir := filepath.Join("/sys/fs/cgroup", cgroupOf(t, pid))
	c.expect("exec of a program that takes 256 MiB", c.exec("big", "exec dd if=/dev/zero of=/dev/null bs=256M count=1"), 137, "")
	if events := knob(t, dir, "memory.events"); !strings.Contains(events, "oom_kill 1") {
		t.Errorf("memory.events:\n%s", events)
	}
	node.events.wait(t, c.id, "oom", "")
	c.expect("exec afterwards", c.exec("small", "echo well"), 0, "well\n")
	c.down()
	c.saw["events"] = c.topics()
}

// refused are containers that do not come to be.
func refused(t *testing.T, c *container) {
	r := c.start([]string{"--rm", "--seccomp"}, "no-such-program")
	if r.Status == 0 || !strings.Contains(r.Stderr, "executable file not found") || !strings.Contains(r.Stderr, "no-such-program") {
		t.Errorf("a missing program: exit status %d, stderr %q", r.Status, r.Stderr)
	}
	c.Do("containers", "rm", c.id) // ctr keeps the container when its task has failed
	c.saw["events"] = c.topics()
}
