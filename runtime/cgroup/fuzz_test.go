package cgroup

import (
	"path/filepath"
	"strings"
	"testing"
)

// FuzzParseLayout: whatever /proc/self/cgroup and /proc/self/mountinfo say, there is no
// panic, each hierarchy is one that both have, and none is there twice. What a container's
// path becomes is below the hierarchy's mount point.
func FuzzParseLayout(f *testing.F) {
	f.Add(uint8(Hybrid), selfV1, miV1)
	f.Add(uint8(V1), "1:cpu:/..\n", `1 2 0:3 /.. /sys/fs/cgroup/\057\134 rw - cgroup cgroup rw,cpu`)
	f.Add(uint8(V1), "1::/\n0::\n", "1 2 0:3 / / rw - cgroup - cgroup cgroup rw")
	f.Add(uint8(V2), selfV2, "")
	f.Fuzz(func(t *testing.T, mode uint8, self, mounts string) {
		l, err := parseLayout(Mode(mode), []byte(self), []byte(mounts))
		if err != nil {
			return
		}
		if l.Mode == V2 && (len(l.Hierarchies) > 0 || !strings.HasPrefix(l.UnifiedOwn, "/")) {
			t.Errorf("version 2: %+v", l)
		}
		seen := map[string]bool{}
		for i := range l.Hierarchies {
			h := &l.Hierarchies[i]
			names := strings.Join(h.Controllers, ",")
			if seen[names] || !strings.Contains(self, ":"+names+":"+h.Own) || !strings.HasPrefix(h.Own, "/") {
				t.Errorf("%+v of %q", h, self)
			}
			seen[names] = true
			_, _, _ = h.Name(), h.MountOptions(), h.Aliases()
			if dir, err := h.OwnDir(); err == nil && !below(dir, h.Mountpoint) {
				t.Errorf("%+v: this process's own cgroup is %q", h, dir)
			}
		}
		for _, path := range []string{"", "/a", "a/b"} {
			c, err := Find(l, path, "id")
			if err != nil {
				continue
			}
			for controller, dir := range c.Paths() {
				if at := mountpoint(&l, controller); !below(dir, at) {
					t.Errorf("path %q, controller %q: %q is not below %q", path, controller, dir, at)
				}
			}
		}
	})
}

// mountpoint is where the hierarchy of a controller is mounted.
func mountpoint(l *Layout, controller string) string {
	at := l.Unified
	for i := range l.Hierarchies {
		for _, c := range l.Hierarchies[i].Controllers {
			if c == controller {
				at = l.Hierarchies[i].Mountpoint // the last one counts, as in resolve
			}
		}
	}
	return at
}

// below says whether a clean path is below another one, or the same.
func below(path, top string) bool {
	rel, err := filepath.Rel(top, path)
	return err == nil && rel != ".." && !strings.HasPrefix(rel, "../")
}
