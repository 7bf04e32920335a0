package runtime

import (
	"reflect"
	"testing"

	"github.com/opencontainers/runtime-spec/specs-go"

	"github.com/runseal/runseal/runtime/spec"
	"github.com/runseal/runseal/runtime/state"
)

func container() *specs.Spec {
	s := spec.DefaultOptions{}.Spec()
	s.Process.Env = []string{"PATH=/bin", "A=1"}
	s.Process.User = specs.User{UID: 1000, GID: 100, AdditionalGids: []uint32{5}}
	return s
}

// TestExecProcess: the command line changes a copy of the container's process.
func TestExecProcess(t *testing.T) {
	cfg := container()
	before := *cfg.Process
	caps := *cfg.Process.Capabilities
	pr, err := execProcess(cfg, ExecOptions{
		Args: []string{"id", "-u"}, Cwd: "/srv", Env: []string{"A=2"}, User: "7:8",
		AdditionalGids: []uint32{9}, Caps: []string{"CAP_NET_RAW"}, NoNewPrivs: true, ProcessLabel: "a:b", AppArmor: "p",
	})
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(pr.Args, []string{"id", "-u"}) || pr.Cwd != "/srv" || !reflect.DeepEqual(pr.Env, []string{"PATH=/bin", "A=1", "A=2"}) {
		t.Errorf("args %q, cwd %q, env %q", pr.Args, pr.Cwd, pr.Env)
	}
	if want := (specs.User{UID: 7, GID: 8, AdditionalGids: []uint32{5, 9}}); !reflect.DeepEqual(pr.User, want) {
		t.Errorf("user %+v, want %+v", pr.User, want)
	}
	if !pr.NoNewPrivileges || pr.SelinuxLabel != "a:b" || pr.ApparmorProfile != "p" {
		t.Errorf("noNewPrivileges %v, selinuxLabel %q, apparmorProfile %q", pr.NoNewPrivileges, pr.SelinuxLabel, pr.ApparmorProfile)
	}
	has := func(set []string) bool { return len(set) > 0 && set[len(set)-1] == "CAP_NET_RAW" }
	if c := pr.Capabilities; !has(c.Bounding) || !has(c.Permitted) || !has(c.Effective) || has(c.Inheritable) || has(c.Ambient) {
		t.Errorf("capabilities %+v: want CAP_NET_RAW in the bounding, permitted and effective sets alone", c)
	}
	if !reflect.DeepEqual(*cfg.Process, before) || !reflect.DeepEqual(*cfg.Process.Capabilities, caps) {
		t.Error("the container's own process was changed")
	}
}

func TestExecProcessRefused(t *testing.T) {
	for want, o := range map[string]ExecOptions{
		`--user: "root": expected UID or UID:GID, each from 0 to 4294967294`:       {Args: []string{"x"}, User: "root"},
		`--user: "-1": expected UID or UID:GID, each from 0 to 4294967294`:         {Args: []string{"x"}, User: "-1"},
		`--user: "1:": expected UID or UID:GID, each from 0 to 4294967294`:         {Args: []string{"x"}, User: "1:"},
		`--user: "4294967295": expected UID or UID:GID, each from 0 to 4294967294`: {Args: []string{"x"}, User: "4294967295"},
	} {
		if _, err := execProcess(container(), o); err == nil || err.Error() != want {
			t.Errorf("%+v: %v, want %s", o, err, want)
		}
	}
	for _, o := range []ExecOptions{
		{Args: nil},
		{Args: []string{"x"}, Cwd: "relative"},
		{Args: []string{"x"}, Caps: []string{"CAP_NONE"}},
		{Args: []string{"x"}, Env: []string{"A=\x00"}},
		{Process: &specs.Process{Cwd: "/", Args: []string{"x"}, ApparmorProfile: "p\nq"}},
	} {
		if _, err := execProcess(container(), o); err == nil {
			t.Errorf("%+v is accepted", o)
		}
	}
}

func TestSubCgroup(t *testing.T) {
	dir := t.TempDir()
	s := &state.State{CgroupPaths: map[string]string{"pids": dir, "memory": dir}}
	if c, err := subCgroup(s, ""); err != nil || !reflect.DeepEqual(c.Paths(), s.CgroupPaths) {
		t.Errorf("no --cgroup: %v, %v", c, err)
	}
	for _, sub := range []string{"../x", "a/../../x", "./a", "pids:../x", "cpu:/", ":/", "missing", "pids:missing"} {
		if c, err := subCgroup(s, sub); err == nil {
			t.Errorf("%q is accepted: %v", sub, c.Paths())
		}
	}
	for _, sub := range []string{"/", "pids:/", "pids,memory:"} {
		if _, err := subCgroup(s, sub); err != nil {
			t.Errorf("%q: %v", sub, err)
		}
	}
}

func TestCheckTerminal(t *testing.T) {
	for _, tc := range []struct {
		terminal, detached, ok bool
		socket                 string
	}{
		{true, true, true, "/s"}, {true, false, true, ""}, {false, true, true, ""},
		{true, true, false, ""}, {false, false, false, "/s"},
	} {
		if err := checkTerminal(tc.terminal, tc.socket, tc.detached); (err == nil) != tc.ok {
			t.Errorf("%+v: %v", tc, err)
		}
	}
}
