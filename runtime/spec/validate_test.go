package spec

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/opencontainers/runtime-spec/specs-go"
)

func TestDefault(t *testing.T) {
	for _, o := range []DefaultOptions{{}, {CgroupV2: true}} {
		s := o.Spec()
		if err := Validate(s); err != nil {
			t.Errorf("%+v: %v", o, err)
		}
		if s.Process.Terminal {
			t.Errorf("%+v: a terminal", o)
		}
		last := s.Linux.Namespaces[len(s.Linux.Namespaces)-1].Type
		if (last == specs.CgroupNamespace) != o.CgroupV2 {
			t.Errorf("%+v: last namespace is %s", o, last)
		}
		want := []string{"CAP_AUDIT_WRITE", "CAP_KILL", "CAP_NET_BIND_SERVICE"}
		c := s.Process.Capabilities
		for _, got := range [][]string{c.Bounding, c.Effective, c.Permitted} {
			if !reflect.DeepEqual(got, want) {
				t.Errorf("%+v: capabilities %v", o, got)
			}
		}
		if c.Inheritable != nil || c.Ambient != nil {
			t.Errorf("%+v: inheritable %v, ambient %v", o, c.Inheritable, c.Ambient)
		}
		back, err := Parse(mustJSON(t, s))
		if err != nil {
			t.Errorf("%+v: %v", o, err)
		} else if err := Validate(back); err != nil {
			t.Errorf("%+v: written and read: %v", o, err)
		}
	}
	if !reflect.DeepEqual(Default(), DefaultOptions{}.Spec()) &&
		!reflect.DeepEqual(Default(), DefaultOptions{CgroupV2: true}.Spec()) {
		t.Error("Default differs from both forms of DefaultOptions.Spec")
	}
	// One may be changed without the other noticing.
	a, b := DefaultOptions{}.Spec(), DefaultOptions{}.Spec()
	a.Process.Capabilities.Bounding[0], a.Mounts[1].Options[0] = "x", "x"
	if b.Process.Capabilities.Bounding[0] == "x" || b.Mounts[1].Options[0] == "x" || a.Process.Capabilities.Effective[0] == "x" {
		t.Error("defaults share memory")
	}
}

// A spec with nothing in it must be refused, not crash a check.
func TestEmptySpecs(t *testing.T) {
	for _, s := range []*specs.Spec{
		{},
		{Version: "1.0.2", Process: &specs.Process{Args: []string{"a"}, Cwd: "/"}},
		{Version: "1.0.2", Process: &specs.Process{Args: []string{"a"}, Cwd: "/"}, Root: &specs.Root{Path: "x"}},
	} {
		if err := Validate(s); err == nil {
			t.Errorf("%+v is accepted", s)
		}
	}
	if err := ValidateProcess(nil); err == nil {
		t.Error("no process is accepted")
	}
}

// Validation of what is too long for a table of texts.
func TestValidateSizes(t *testing.T) {
	with := func(change func(*specs.Spec)) error {
		s := DefaultOptions{}.Spec()
		change(s)
		return Validate(s)
	}
	maps := func(n int) []specs.LinuxIDMapping {
		list := make([]specs.LinuxIDMapping, n)
		for i := range list { // in falling order, which is allowed
			id := uint32(n - i)
			list[i] = specs.LinuxIDMapping{ContainerID: id, HostID: 1000 + id, Size: 1}
		}
		return list
	}
	user := func(n int) error {
		return with(func(s *specs.Spec) {
			s.Linux.Namespaces = append(s.Linux.Namespaces, specs.LinuxNamespace{Type: specs.UserNamespace})
			s.Linux.UIDMappings, s.Linux.GIDMappings = maps(1), maps(n)
		})
	}
	device := func(n int) error {
		return with(func(s *specs.Spec) {
			for i := range n {
				s.Linux.Devices = append(s.Linux.Devices, specs.LinuxDevice{Path: fmt.Sprintf("/dev/x%d", i), Type: "p"})
			}
		})
	}
	for _, c := range []struct {
		what string
		err  error
		want string
	}{
		{"340 mappings", user(340), ""},
		{"341 mappings", user(341), "linux.gidMappings: 341 entries: expected at most 340"},
		{"341 mappings of a mount", with(func(s *specs.Spec) { s.Mounts[1].UIDMappings, s.Mounts[1].GIDMappings = maps(341), maps(1) }),
			"mounts[1].uidMappings: 341 entries: expected at most 340"},
		{"65536 groups", with(func(s *specs.Spec) { s.Process.User.AdditionalGids = make([]uint32, 65536) }), ""},
		{"65537 groups", with(func(s *specs.Spec) { s.Process.User.AdditionalGids = make([]uint32, 65537) }),
			"process.user.additionalGids: 65537 entries: expected at most 65536"},
		{"100000 devices", device(100000), ""},
		{"hostname of 64 bytes", with(func(s *specs.Spec) { s.Hostname = strings.Repeat("h", 64) }), ""},
		{"sysctl of 4095 bytes", with(func(s *specs.Spec) { s.Linux.Sysctl = map[string]string{"net.x": strings.Repeat("1", 4095)} }), ""},
		{"sysctl of 4096 bytes", with(func(s *specs.Spec) { s.Linux.Sysctl = map[string]string{"net.x": strings.Repeat("1", 4096)} }),
			`linux.sysctl["net.x"]: value of 4096 bytes: expected 1 to 4095`},
		{"a profile with spaces", with(func(s *specs.Spec) { s.Process.ApparmorProfile = "/usr/bin/a b" }), ""},
		{"a profile with a newline", with(func(s *specs.Spec) { s.Process.ApparmorProfile = "a\nb" }),
			`process.apparmorProfile: "a\nb": expected a label without '\n'`},
		{"a label with levels", with(func(s *specs.Spec) { s.Process.SelinuxLabel = "u:r:t:s0:c1,c2" }), ""},
		{"a label with a quote", with(func(s *specs.Spec) { s.Process.SelinuxLabel = `u:"r` }),
			`process.selinuxLabel: "u:\"r": expected a label without '"'`},
		{"a mount label with NUL", with(func(s *specs.Spec) { s.Linux.MountLabel = "u\x00" }),
			`linux.mountLabel: "u\x00": expected a label without '\x00'`},
		{"a label of 4001 bytes", with(func(s *specs.Spec) { s.Process.SelinuxLabel = strings.Repeat("s", 4001) }),
			"process.selinuxLabel: 4001 bytes: expected at most 4000"},
	} {
		if got := fmt.Sprint(c.err); got != c.want && (c.want != "" || c.err != nil) {
			t.Errorf("%s: %s, want %s", c.what, got, c.want)
		}
	}
}

// Paths that no system call takes are refused wherever they are.
func TestValidateLongPaths(t *testing.T) {
	for _, c := range []struct {
		field string
		set   func(s *specs.Spec, path string)
	}{
		{"process.cwd", func(s *specs.Spec, p string) { s.Process.Cwd = p }},
		{"mounts[0].destination", func(s *specs.Spec, p string) { s.Mounts[0].Destination = p }},
		{"linux.devices[0].path", func(s *specs.Spec, p string) { s.Linux.Devices = []specs.LinuxDevice{{Path: p, Type: "p"}} }},
		{"linux.maskedPaths[0]", func(s *specs.Spec, p string) { s.Linux.MaskedPaths[0] = p }},
		{"linux.readonlyPaths[0]", func(s *specs.Spec, p string) { s.Linux.ReadonlyPaths[0] = p }},
		{"linux.namespaces[0].path", func(s *specs.Spec, p string) { s.Linux.Namespaces[0].Path = p }},
	} {
		s := DefaultOptions{}.Spec()
		c.set(s, "/"+strings.Repeat("x", 4094))
		if err := Validate(s); err != nil {
			t.Errorf("%s of 4095 bytes: %v", c.field, err)
		}
		c.set(s, "/"+strings.Repeat("x", 4095))
		if err := Validate(s); err == nil || err.Error() != c.field+": 4096 bytes: expected at most 4095" {
			t.Errorf("%s of 4096 bytes: %v", c.field, err)
		}
	}
}
