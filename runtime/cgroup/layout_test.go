package cgroup

import (
	"reflect"
	"strings"
	"testing"
)

const (
	selfV1 = "5:name=systemd:/user.slice\n4:memory:/a\n3:cpu,cpuacct:/a/b:c\n2:devices:/\n1:name=openrc:/\n0::/init.scope\n"
	miV1   = `24 30 0:22 / /proc rw - proc proc rw
40 30 0:30 / /mnt/mem rw - cgroup cgroup rw,memory
33 31 0:30 / /sys/fs/cgroup/memory rw,relatime shared:9 - cgroup cgroup rw,memory
34 31 0:31 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct,release_agent=/x
35 31 0:32 / /sys/fs/cgroup/devices\040x rw - cgroup cgroup rw,devices
36 31 0:33 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,xattr,name=systemd
37 31 0:34 / /sys/fs/cgroup/openrc rw - cgroup cgroup rw,name=openrc
38 31 0:35 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw
39 31 0:36 / /sys/fs/cgroup/net_cls rw - cgroup cgroup rw,net_cls
`
	selfV2 = "0::/user.slice/session.scope\n"
)

func hybrid(t *testing.T) Layout {
	t.Helper()
	l, err := parseLayout(Hybrid, []byte(selfV1), []byte(miV1))
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func v2(t *testing.T) Layout {
	t.Helper()
	l, err := parseLayout(V2, []byte(selfV2), nil)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestParseLayout(t *testing.T) {
	l := hybrid(t)
	want := Layout{Mode: Hybrid, Unified: "/sys/fs/cgroup/unified", UnifiedOwn: "/init.scope", Hierarchies: []Hierarchy{
		{[]string{"memory"}, "/sys/fs/cgroup/memory", "/", "/a"}, // not the one at /mnt/mem
		{[]string{"cpu", "cpuacct"}, "/sys/fs/cgroup/cpu,cpuacct", "/", "/a/b:c"},
		{[]string{"devices"}, "/sys/fs/cgroup/devices x", "/", "/"},
		{[]string{"name=systemd"}, "/sys/fs/cgroup/systemd", "/", "/user.slice"},
		{[]string{"name=openrc"}, "/sys/fs/cgroup/openrc", "/", "/"},
	}}
	if !reflect.DeepEqual(l, want) {
		t.Errorf("got  %+v\nwant %+v", l, want)
	}
	for i, c := range []struct {
		name, options string
		aliases       []string
	}{
		{"memory", "memory", nil},
		{"cpu,cpuacct", "cpu,cpuacct", []string{"cpu", "cpuacct"}},
		{"devices x", "devices", nil},
		{"systemd", "none,name=systemd", nil},
	} {
		h := &l.Hierarchies[i]
		if h.Name() != c.name || h.MountOptions() != c.options || !reflect.DeepEqual(h.Aliases(), c.aliases) {
			t.Errorf("%d: %q %q %q", i, h.Name(), h.MountOptions(), h.Aliases())
		}
	}
	for _, c := range []struct {
		mode         Mode
		self, mounts string
		want         string
	}{
		{V1, selfV1, "", "no cgroup hierarchy"},
		{V1, selfV1, strings.ReplaceAll(miV1, " - cgroup ", " - tmpfs "), "no cgroup hierarchy"},
		{V2, "1:cpu:/\n", "", "no line for cgroup v2"},
		{V1, "nonsense\n", miV1, `"nonsense"`},
		{V1, "1:cpu:relative\n", miV1, "expected ID"},
	} {
		if _, err := parseLayout(c.mode, []byte(c.self), []byte(c.mounts)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v %q: %v", c.mode, c.self, err)
		}
	}
}

func TestResolve(t *testing.T) {
	h := hybrid(t)
	for _, c := range []struct {
		l          Layout
		path       string
		cpu, two   string
		relativeOK bool
	}{
		{h, "", "/sys/fs/cgroup/cpu,cpuacct/runseal/c1", "/sys/fs/cgroup/unified/runseal/c1", true},
		{h, "/x//./y/", "/sys/fs/cgroup/cpu,cpuacct/x/y", "/sys/fs/cgroup/unified/x/y", true},
		{h, "x/y", "/sys/fs/cgroup/cpu,cpuacct/a/b:c/x/y", "/sys/fs/cgroup/unified/init.scope/x/y", true},
		{h, "system.slice:docker:1", "/sys/fs/cgroup/cpu,cpuacct/a/b:c/system.slice:docker:1", "/sys/fs/cgroup/unified/init.scope/system.slice:docker:1", true},
		{v2(t), "", "", "/sys/fs/cgroup/runseal/c1", true},
		{v2(t), "/x", "", "/sys/fs/cgroup/x", true},
		{v2(t), "x", "", "/sys/fs/cgroup/user.slice/x", true},
	} {
		cg, err := Find(c.l, c.path, "c1")
		if err != nil {
			t.Errorf("%q: %v", c.path, err)
			continue
		}
		if p := cg.Paths(); p["cpu"] != c.cpu || p["cpuacct"] != c.cpu || p[""] != c.two || p["name=openrc"] != "" {
			t.Errorf("%v %q: %v", c.l.Mode, c.path, p)
		}
	}
	for _, c := range []struct{ path, want string }{
		{"../../x", `".."`}, {"/../x", `".."`}, {"/a/..", `".."`}, {"..", `".."`},
		{"/", "below the root"}, {".", "below the root"}, {"//./", "below the root"},
		{"/a\nb", "newline"}, {"a\x00", "NUL"},
		{"/" + strings.Repeat("x", 256), "at most 255"}, {strings.Repeat("/xxxxxxx", 500), "at most 3072"},
	} {
		for _, l := range []Layout{h, v2(t)} {
			_, err := Find(l, c.path, "c1")
			if err == nil || !strings.HasPrefix(err.Error(), "linux.cgroupsPath: ") || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") || len(err.Error()) > 200 {
				t.Errorf("%v %.20q: %v", l.Mode, c.path, err)
			}
		}
	}
	for _, id := range []string{"", ".", "..", "a/b", "a\nb"} {
		if c, err := Find(h, "", id); err == nil {
			t.Errorf("id %q: %v", id, c.Paths())
		}
	}
	// A runtime that was moved out of the part of the tree that is mounted.
	h.Hierarchies[0].Root = "/docker/1"
	if _, err := Find(h, "x", "c1"); err == nil || !strings.Contains(err.Error(), "is outside of") {
		t.Errorf("relative path outside: %v", err)
	}
	for _, own := range []string{"/..", "/../session"} {
		two := v2(t)
		two.UnifiedOwn = own
		if c, err := Find(two, "x", "c1"); err == nil || !strings.Contains(err.Error(), "is outside of") {
			t.Errorf("relative path, own cgroup %s: %v, %v", own, c, err)
		}
		if _, err := Find(two, "/x", "c1"); err != nil {
			t.Errorf("absolute path, own cgroup %s: %v", own, err)
		}
	}
}

func TestTaskFilesAndOpen(t *testing.T) {
	c, err := Find(hybrid(t), "/k", "c1")
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"/sys/fs/cgroup/cpu,cpuacct/k/tasks", "/sys/fs/cgroup/devices x/k/tasks",
		"/sys/fs/cgroup/memory/k/tasks", "/sys/fs/cgroup/systemd/k/tasks",
	}
	if got := c.TaskFiles(); !reflect.DeepEqual(got, want) || c.UnifiedDir() != "/sys/fs/cgroup/unified/k" {
		t.Errorf("got %q %q", got, c.UnifiedDir())
	}
	o := Open(c.Paths())
	if !reflect.DeepEqual(o.Paths(), c.Paths()) || o.mode != Hybrid || !reflect.DeepEqual(o.TaskFiles(), want) {
		t.Errorf("Open: %+v", o)
	}
	if o := Open(map[string]string{"": "/sys/fs/cgroup/k"}); o.mode != V2 || len(o.TaskFiles()) != 0 || o.UnifiedDir() != "/sys/fs/cgroup/k" {
		t.Errorf("Open v2: %+v", o)
	}
	none := Open(nil)
	if pids, err := none.Pids(); err != nil || len(pids) != 0 {
		t.Errorf("no cgroup: %v %v", pids, err)
	}
	if err := none.Kill(); err != nil {
		t.Error(err)
	}
	if err := none.Destroy(); err != nil {
		t.Error(err)
	}
	if f, err := none.Frozen(); f || err != nil {
		t.Errorf("Frozen: %v %v", f, err)
	}
	if err := none.Freeze(); err != ErrNoFreezer {
		t.Errorf("Freeze: %v", err)
	}
}

// TestUnsafePaths: what a damaged state file may hold is refused before anything
// is read, killed or removed.
func TestUnsafePaths(t *testing.T) {
	dir := t.TempDir()
	for _, p := range []string{"", "relative", "/", "/proc", dir, "/sys/fs/cgroup/../cgroup/x", dir + "/", "/sys/\x00", "/etc/passwd"} {
		c := Open(map[string]string{"": p})
		if _, err := c.Pids(); err == nil {
			t.Errorf("%q: Pids: no error", p)
		}
		for name, f := range map[string]func() error{"Kill": c.Kill, "Destroy": c.Destroy, "Freeze": c.Freeze} {
			if err := f(); err == nil {
				t.Errorf("%q: %s: no error", p, name)
			}
		}
		if !exists(dir) {
			t.Fatalf("%q: the directory was removed", p)
		}
	}
}
