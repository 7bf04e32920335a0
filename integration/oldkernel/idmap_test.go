package oldkernel

import (
	"strings"
	"testing"

	specs "github.com/opencontainers/runtime-spec/specs-go"
)

// TestIDMap: without mount_setattr(2) there are no id-mapped mounts, and nothing in its
// place. That is said before anything is made.
func TestIDMap(t *testing.T) {
	for _, options := range []string{"bind", "bind,idmap", "rbind,ridmap"} {
		b := sh(t, "echo the program runs")
		b.Mount("bind", source(t, 0), "/mnt", options)
		m := &b.Spec.Mounts[len(b.Spec.Mounts)-1]
		m.UIDMappings = []specs.LinuxIDMapping{{ContainerID: 0, HostID: 1000, Size: 1}}
		m.GIDMappings = m.UIDMappings
		under(t, b, without("mount_setattr"))
		const want = ": an id-mapped mount needs mount_setattr(2), Linux 5.12 or newer\n"
		if r := b.Run(); r.Status != 1 || r.Stdout != "" || !strings.HasPrefix(r.Stderr, "runseal: mounts[6].") || !strings.HasSuffix(r.Stderr, want) {
			t.Errorf("%s: exit status %d, stdout %q, stderr %q; want %q", options, r.Status, r.Stdout, r.Stderr, want)
		}
		b.NothingLeft()
	}
}
