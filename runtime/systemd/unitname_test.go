package systemd

import (
	"strings"
	"testing"
)

func TestParsePath(t *testing.T) {
	for _, c := range []struct{ path, id, unit, cgroup string }{
		{"", "c1", "runseal-c1.scope", "/system.slice/runseal-c1.scope"},
		{":docker:0123", "c1", "docker-0123.scope", "/system.slice/docker-0123.scope"},
		{"machine.slice:libpod:0123", "c1", "libpod-0123.scope", "/machine.slice/libpod-0123.scope"},
		{"a-b-c.slice:p:n", "c1", "p-n.scope", "/a.slice/a-b.slice/a-b-c.slice/p-n.scope"},
		{"kubepods-besteffort-pod1_2.slice:crio:x", "x", "crio-x.scope",
			"/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod1_2.slice/crio-x.scope"},
		{"-.slice:p:n", "c1", "p-n.scope", "/p-n.scope"},
		{`a\x2db.slice:p:n\x2dm`, "c1", `p-n\x2dm.scope`, `/a\x2db.slice/p-n\x2dm.scope`},
		{"cpux-cpu.slice:memory:cpu.x", "c1", "memory-cpu.x.scope", "/cpux.slice/cpux-cpu.slice/memory-cpu.x.scope"},
		{"a.b.slice:p:n.scope", "c1", "p-n.scope.scope", "/a.b.slice/p-n.scope.scope"},
		{":p:" + strings.Repeat("n", 247), "c1", "p-" + strings.Repeat("n", 247) + ".scope", "/system.slice/p-" + strings.Repeat("n", 247) + ".scope"},
	} {
		s, err := ParsePath(c.path, c.id)
		if err != nil {
			t.Errorf("%q: %v", c.path, err)
			continue
		}
		if s.Unit != c.unit || s.Path() != c.cgroup {
			t.Errorf("%q: %s in %s, want %s in %s", c.path, s.Unit, s.Path(), c.unit, c.cgroup)
		}
	}
}

func TestParsePathErrors(t *testing.T) {
	for _, c := range []struct{ path, id, want string }{
		{"/runseal/c1", "c1", `linux.cgroupsPath: "/runseal/c1": expected SLICE:PREFIX:NAME with --systemd-cgroup`},
		{"c1", "c1", `linux.cgroupsPath: "c1": expected SLICE:PREFIX:NAME with --systemd-cgroup`},
		{"a:b", "c1", `linux.cgroupsPath: "a:b": expected SLICE:PREFIX:NAME with --systemd-cgroup`},
		{"a.slice:b:c:d", "c1", `linux.cgroupsPath: "a.slice:b:c:d": expected SLICE:PREFIX:NAME with --systemd-cgroup`},
		{"a:p:n", "c1", `linux.cgroupsPath: "a:p:n": slice "a": expected a name that ends in .slice`},
		{"a.scope:p:n", "c1", `linux.cgroupsPath: "a.scope:p:n": slice "a.scope": expected a name that ends in .slice`},
		{".slice:p:n", "c1", `linux.cgroupsPath: ".slice:p:n": slice ".slice": expected a name before .slice`},
		{"-:p:n", "c1", `linux.cgroupsPath: "-:p:n": slice "-": expected a name that ends in .slice`},
		{"a--b.slice:p:n", "c1", `linux.cgroupsPath: "a--b.slice:p:n": slice "a--b.slice": a dash divides the levels of the tree, expected a name on each side of it`},
		{"-a.slice:p:n", "c1", `linux.cgroupsPath: "-a.slice:p:n": slice "-a.slice": a dash divides the levels of the tree, expected a name on each side of it`},
		{"a-.slice:p:n", "c1", `linux.cgroupsPath: "a-.slice:p:n": slice "a-.slice": a dash divides the levels of the tree, expected a name on each side of it`},
		{"a/b.slice:p:n", "c1", `linux.cgroupsPath: "a/b.slice:p:n": slice "a/b.slice": '/' cannot be part of it, expected A-Z a-z 0-9 : _ . \ -`},
		{"a@b.slice:p:n", "c1", `linux.cgroupsPath: "a@b.slice:p:n": slice "a@b.slice": '@' cannot be part of it, expected A-Z a-z 0-9 : _ . \ -`},
		{"..:p:n", "c1", `linux.cgroupsPath: "..:p:n": slice "..": expected a name that ends in .slice`},
		{":p:a+b", "c1", `linux.cgroupsPath: ":p:a+b": unit "p-a+b.scope": '+' cannot be part of it, expected A-Z a-z 0-9 : _ . \ -`},
		{":p:../x", "c1", `linux.cgroupsPath: ":p:../x": unit "p-../x.scope": '/' cannot be part of it, expected A-Z a-z 0-9 : _ . \ -`},
		{":p:ä", "c1", `linux.cgroupsPath: ":p:ä": unit "p-ä.scope": 'ä' cannot be part of it, expected A-Z a-z 0-9 : _ . \ -`},
		{":p:a\nb", "c1", `linux.cgroupsPath: ":p:a\nb": unit "p-a\nb.scope": '\n' cannot be part of it, expected A-Z a-z 0-9 : _ . \ -`},
		{":p:", "c1", `linux.cgroupsPath: ":p:": the name is empty, expected SLICE:PREFIX:NAME`},
		{"::n", "c1", `linux.cgroupsPath: "::n": the prefix is empty, expected SLICE:PREFIX:NAME`},
		{":p:x.slice", "c1", `linux.cgroupsPath: ":p:x.slice": name "x.slice": a slice holds units, not processes; expected a name without .slice, of a scope`},
		{"_a.slice:p:n", "c1", `linux.cgroupsPath: "_a.slice:p:n": slice "_a.slice": systemd's cgroup for "_a.slice" is "__a.slice", expected a name that does not begin with _, . or a controller and a dot`},
		{"memory-a.slice:p:n", "c1", `linux.cgroupsPath: "memory-a.slice:p:n": slice "memory-a.slice": systemd's cgroup for "memory.slice" is "_memory.slice", expected a name that does not begin with _, . or a controller and a dot`},
		{":.p:n", "c1", `linux.cgroupsPath: ":.p:n": unit ".p-n.scope": systemd's cgroup for ".p-n.scope" is "_.p-n.scope", expected a name that does not begin with _, . or a controller and a dot`},
		{":cgroup.p:n", "c1", `linux.cgroupsPath: ":cgroup.p:n": unit "cgroup.p-n.scope": systemd's cgroup for "cgroup.p-n.scope" is "_cgroup.p-n.scope", expected a name that does not begin with _, . or a controller and a dot`},
		{":p:" + strings.Repeat("n", 248), "c1", `linux.cgroupsPath: ":p:` + strings.Repeat("n", 74) + `...": unit "p-` + strings.Repeat("n", 75) + `...": 256 bytes, expected at most 255`},
		{"", "a+b", `linux.cgroupsPath: not given, so that systemd's unit would be named after the container id, "a+b": '+' cannot be part of it, expected A-Z a-z 0-9 : _ . \ -; expected SLICE:PREFIX:NAME, or another id`},
	} {
		if s, err := ParsePath(c.path, c.id); err == nil || err.Error() != c.want {
			t.Errorf("%q: %v %v\nwant %s", c.path, s, err, c.want)
		}
	}
}

// FuzzParsePath: a name that is accepted leads to one place below the root of the
// hierarchy, whatever it is.
func FuzzParsePath(f *testing.F) {
	for _, s := range []string{"", "a-b.slice:p:n", "-.slice:p:n", "system.slice:..:..", ":.:.", "a:b:c", `\x2d.slice:p:\`, "..slice:.:."} {
		f.Add(s, "c1")
	}
	f.Fuzz(func(t *testing.T, path, id string) {
		s, err := ParsePath(path, id)
		if err != nil {
			if !strings.HasPrefix(err.Error(), "linux.cgroupsPath: ") || strings.ContainsAny(err.Error(), "\n\x00") {
				t.Errorf("%q", err)
			}
			return
		}
		names := strings.Split(s.Path(), "/")
		if names[0] != "" || names[len(names)-1] != s.Unit || !strings.HasSuffix(s.Unit, ".scope") {
			t.Errorf("%q %q: %q", path, id, s.Path())
		}
		for i, n := range names[1:] {
			if n == "" || n == "." || n == ".." || len(n) > 255 || i < len(names)-2 && !strings.HasSuffix(n, ".slice") || n[0] == '_' || n[0] == '.' {
				t.Errorf("%q %q: %q", path, id, s.Path())
			}
		}
	})
}
