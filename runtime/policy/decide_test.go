package policy

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/opencontainers/runtime-spec/specs-go"

	"github.com/runseal/runseal/seccomp"
	"github.com/runseal/runseal/seccomp/arch"
)

// profileFiles are the files below the profile root of the tests.
var profileFiles = map[string]string{
	// Denies four calls, one of them by argument.
	"floor.json": `{"defaultAction": "SCMP_ACT_ALLOW", "flags": [], "syscalls": [
		{"names": ["bpf", "kexec_load", "mount"], "action": "SCMP_ACT_ERRNO", "errnoRet": 13},
		{"names": ["personality"], "action": "SCMP_ACT_ERRNO", "args": [{"index": 0, "value": 4294967295, "op": "SCMP_CMP_NE"}]}]}`,
	"strict.json":  `{"defaultAction": "SCMP_ACT_ERRNO", "syscalls": [{"names": ["execve", "read", "write", "exit_group", "cachestat"], "action": "SCMP_ACT_ALLOW"}]}`,
	"wider.json":   `{"defaultAction": "SCMP_ACT_ERRNO", "syscalls": [{"names": ["execve", "read", "write", "exit_group", "cachestat", "bpf", "mount"], "action": "SCMP_ACT_ALLOW"}]}`,
	"noexec.json":  `{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["execve"], "action": "SCMP_ACT_ERRNO"}]}`,
	"bad.json":     `{"defaultAction": "SCMP_ACT_ALOW"}`,
	"caps.json":    `{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["mount"], "action": "SCMP_ACT_ERRNO", "excludes": {"caps": ["CAP_SYS_ADMIN"]}}]}`,
	"notify.json":  `{"defaultAction": "SCMP_ACT_ALLOW", "listenerPath": "/run/floor.sock", "syscalls": [{"names": ["mount"], "action": "SCMP_ACT_NOTIFY"}]}`,
	"member.json":  `{"defaultAction": "SCMP_ACT_ALLOW", "comment": "no rules", "syscals": [{"names": ["mount"], "action": "SCMP_ACT_ERRNO"}]}`,
	"arg.json":     `{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["mount"], "action": "SCMP_ACT_ERRNO", "arg": [{"index": 0, "value": 1, "op": "SCMP_CMP_EQ"}]}]}`,
	"unknown.json": `{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["buy_milk"], "action": "SCMP_ACT_ERRNO"}]}`,
}

func parsed(t testing.TB, text string) *specs.LinuxSeccomp {
	t.Helper()
	p, err := seccomp.ParseProfile([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// node is a Load-ed policy over profileFiles.
func node(t testing.TB, text string) (*Policy, error) {
	t.Helper()
	root := t.TempDir()
	for name, text := range profileFiles {
		if err := os.WriteFile(filepath.Join(root, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	path := filepath.Join(root, "policy.json")
	text = strings.Replace(text, "{", fmt.Sprintf(`{"profileRoot": %q, `, root), 1)
	if err := os.WriteFile(path, []byte(strings.Replace(text, ", }", "}", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	return Load(path)
}

// config is a container with this profile, "" for none.
func config(t testing.TB, profile string) *specs.Spec {
	c := &specs.Spec{Process: &specs.Process{}, Linux: &specs.Linux{}, Annotations: map[string]string{}}
	if profile != "" {
		c.Linux.Seccomp = parsed(t, profile)
	}
	return c
}

// action is what a seal does with a call of this machine's architecture.
func action(t testing.TB, s *Seal, call string, arg0 uint64) string {
	t.Helper()
	if s.Policy() == nil {
		return "no filter"
	}
	a := arch.Lookup(arch.Native)
	nr, ok := a.Number(call)
	if !ok {
		t.Fatalf("no call %s", call)
	}
	return s.Policy().Decide(a.Audit, nr, [6]uint64{arg0}).String()
}

const allowAll = `{"defaultAction": "SCMP_ACT_ALLOW"}`

func TestDecide(t *testing.T) {
	strict, wider := profileFiles["strict.json"], profileFiles["wider.json"]
	system := map[string]string{"io.kubernetes.cri.sandbox-namespace": "kube-system"}
	for _, c := range []struct {
		policy, profile string
		annotations     map[string]string
		decision        string
		actions         map[string]string // call to action, with argument 0
	}{
		{`{}`, "", nil, "no profile", map[string]string{"bpf": "no filter"}},
		{`{}`, strict, nil, "own profile", map[string]string{"bpf": "SCMP_ACT_ERRNO(1 EPERM)", "read": "SCMP_ACT_ALLOW"}},

		{`{"default": "localhost/strict.json"}`, "", nil, "default localhost/strict.json", map[string]string{"bpf": "SCMP_ACT_ERRNO(1 EPERM)", "read": "SCMP_ACT_ALLOW"}},
		{`{"default": "localhost/strict.json"}`, wider, nil, "own profile", map[string]string{"bpf": "SCMP_ACT_ALLOW"}},
		{`{"default": "unconfined"}`, "", nil, "default unconfined", map[string]string{"bpf": "no filter"}},
		{`{"default": "runtime/default"}`, "", nil, "default runtime/default", map[string]string{"mount": "SCMP_ACT_ERRNO(1 EPERM)", "read": "SCMP_ACT_ALLOW"}},

		{`{"floor": "localhost/floor.json"}`, "", nil, "no profile, floor localhost/floor.json",
			map[string]string{"bpf": "SCMP_ACT_ERRNO(13 EACCES)", "read": "SCMP_ACT_ALLOW", "personality": "SCMP_ACT_ERRNO(1 EPERM)"}},
		{`{"floor": "localhost/floor.json"}`, allowAll, nil, "own profile, floor localhost/floor.json",
			map[string]string{"bpf": "SCMP_ACT_ERRNO(13 EACCES)", "read": "SCMP_ACT_ALLOW", "personality": "SCMP_ACT_ERRNO(1 EPERM)"}},
		{`{"floor": "localhost/floor.json"}`, wider, nil, "own profile, floor localhost/floor.json",
			map[string]string{"bpf": "SCMP_ACT_ERRNO(13 EACCES)", "mount": "SCMP_ACT_ERRNO(13 EACCES)", "read": "SCMP_ACT_ALLOW", "chmod": "SCMP_ACT_ERRNO(1 EPERM)"}},
		// A stricter one is not changed: of two that deny the container's own errno counts.
		{`{"floor": "localhost/floor.json"}`, strict, nil, "own profile, floor localhost/floor.json",
			map[string]string{"bpf": "SCMP_ACT_ERRNO(1 EPERM)", "read": "SCMP_ACT_ALLOW"}},
		{`{"floor": "localhost/floor.json", "default": "localhost/wider.json"}`, "", nil, "default localhost/wider.json, floor localhost/floor.json",
			map[string]string{"bpf": "SCMP_ACT_ERRNO(13 EACCES)", "chmod": "SCMP_ACT_ERRNO(1 EPERM)", "read": "SCMP_ACT_ALLOW"}},

		{`{"require": "localhost/wider.json"}`, strict, nil, "own profile, require localhost/wider.json", map[string]string{"bpf": "SCMP_ACT_ERRNO(1 EPERM)"}},
		{`{"require": "localhost/wider.json"}`, wider, nil, "own profile, require localhost/wider.json", map[string]string{"bpf": "SCMP_ACT_ALLOW"}},
		{`{"require": "localhost/wider.json", "default": "localhost/strict.json"}`, "", nil, "default localhost/strict.json, require localhost/wider.json", map[string]string{"bpf": "SCMP_ACT_ERRNO(1 EPERM)"}},

		{`{"allowed": ["localhost/strict.json", "localhost/wider.json"]}`, wider, nil, "own profile, allowed[1] localhost/wider.json", map[string]string{"bpf": "SCMP_ACT_ALLOW"}},
		{`{"allowed": ["localhost/strict.json", "localhost/wider.json"]}`, "", nil, "allowed[0] localhost/strict.json", map[string]string{"bpf": "SCMP_ACT_ERRNO(1 EPERM)"}},
		{`{"allowed": ["*", "localhost/strict.json"]}`, "", nil, "allowed[1] localhost/strict.json", map[string]string{"bpf": "SCMP_ACT_ERRNO(1 EPERM)"}},
		{`{"allowed": ["*"]}`, "", nil, "no profile", map[string]string{"bpf": "no filter"}},
		{`{"allowed": ["*"]}`, allowAll, nil, "own profile, allowed[0] *", map[string]string{"bpf": "SCMP_ACT_ALLOW"}},
		{`{"allowed": ["unconfined", "localhost/strict.json"]}`, "", nil, "allowed[0] unconfined", map[string]string{"bpf": "no filter"}},
		{`{"allowed": ["localhost/strict.json", "unconfined"], "default": "unconfined"}`, "", nil, "default unconfined", map[string]string{"bpf": "no filter"}},

		{`{"floor": "localhost/floor.json", "require": "localhost/strict.json", "exempt": [{"pod": "x"}, {"namespace": "kube-*"}]}`, wider, system,
			"exempt[1], own profile", map[string]string{"bpf": "SCMP_ACT_ALLOW"}},
		{`{"floor": "localhost/floor.json", "default": "runtime/default", "exempt": [{"namespace": "kube-*"}]}`, "", system,
			"exempt[0], no profile", map[string]string{"bpf": "no filter"}},
		{`{"floor": "localhost/floor.json", "exempt": [{"namespace": "other"}]}`, "", system,
			"no profile, floor localhost/floor.json", map[string]string{"bpf": "SCMP_ACT_ERRNO(13 EACCES)"}},
	} {
		name := c.policy + " " + c.decision
		p, err := node(t, c.policy)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		spec := config(t, c.profile)
		spec.Annotations = c.annotations
		s, err := p.Decide(spec, true)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if s.Decision != c.decision {
			t.Errorf("%s: decision %q", name, s.Decision)
		}
		restored, err := Restore(s.Record(), spec, true)
		if err != nil {
			t.Errorf("%s: restore %s: %v", name, s.Record(), err)
			continue
		}
		for call, want := range c.actions {
			if got := action(t, s, call, 8); got != want {
				t.Errorf("%s: %s: %s, want %s", name, call, got, want)
			}
			if got := action(t, restored, call, 8); got != want {
				t.Errorf("%s: %s after restore: %s, want %s", name, call, got, want)
			}
		}
		if !reflect.DeepEqual(restored.Profile, s.Profile) || !reflect.DeepEqual(restored.Floor, s.Floor) || restored.Decision != s.Decision {
			t.Errorf("%s: restored %+v, was %+v", name, restored, s)
		}
	}
}

// A refusal is one line with the file, the member, and what is wrong; it stops the
// container whether or not the member matters for it.
func TestRefused(t *testing.T) {
	strict, wider := profileFiles["strict.json"], profileFiles["wider.json"]
	for _, c := range []struct{ policy, profile, want string }{
		{`{"require": "localhost/strict.json"}`, wider, "require: linux.seccomp is less strict than localhost/strict.json: mount, bpf"},
		{`{"require": "localhost/strict.json"}`, "", "require: the container has no linux.seccomp and would run without a filter, expected a profile at least as strict as localhost/strict.json"},
		{`{"require": "localhost/strict.json", "default": "localhost/wider.json"}`, "", "require: default localhost/wider.json is less strict than localhost/strict.json: "},
		{`{"require": "localhost/strict.json"}`, allowAll, " more"},
		{`{"allowed": ["localhost/strict.json"]}`, wider, "allowed: linux.seccomp is not localhost/strict.json; it differs from localhost/strict.json in mount, bpf"},
		{`{"allowed": ["unconfined"]}`, wider, "allowed: the container has a profile in linux.seccomp, expected unconfined"},
		{`{"allowed": ["runtime/default", "localhost/wider.json"]}`, strict, "it differs from localhost/wider.json in mount, bpf"},
		{`{"floor": "localhost/missing.json"}`, strict, `floor: seccomp profile "localhost/missing.json": open `},
		{`{"default": "localhost/missing.json"}`, strict, `default: seccomp profile "localhost/missing.json": open `},
		{`{"allowed": ["*", "localhost/missing.json"]}`, strict, `allowed[1]: seccomp profile "localhost/missing.json": open `},
		{`{"require": "localhost/bad.json"}`, strict, `require: seccomp profile "localhost/bad.json": linux.seccomp.defaultAction: `},
		{`{"floor": "localhost/member.json"}`, strict, "/member.json: linux.seccomp.syscals: unknown member, expected those of the specification's linux.seccomp"},
		{`{"require": "localhost/arg.json"}`, strict, "/arg.json: linux.seccomp.syscalls[0].arg: unknown member"},
		{`{"floor": "localhost/../policy.json"}`, strict, `contains ".."`},
		{`{"floor": "containerd/default"}`, strict, `floor: seccomp profile "containerd/default": `},
		{`{"floor": "localhost/missing.json", "exempt": [{"annotations": {"a": "b"}}]}`, strict, `floor: seccomp profile "localhost/missing.json": open `},
		{`{"floor": "localhost/noexec.json"}`, "", "floor: linux.seccomp: execve is not allowed"},
		{`{"floor": "localhost/noexec.json"}`, allowAll, "floor: linux.seccomp: execve is not allowed"},
		{`{"default": "localhost/noexec.json"}`, "", "default localhost/noexec.json: linux.seccomp: execve is not allowed"},
	} {
		p, err := node(t, c.policy)
		if err != nil {
			t.Errorf("%s: %v", c.policy, err)
			continue
		}
		spec := config(t, c.profile)
		spec.Annotations["a"] = "b"
		_, err = p.Decide(spec, false)
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") || !strings.HasPrefix(err.Error(), "node policy "+p.Path+": ") || len(err.Error()) > 500 {
			t.Errorf("%s with %s:\n%v\nwant one line with %s", c.policy, c.profile, err, c.want)
		}
	}
	// What is wrong with the container's own profile is not the policy's fault.
	p, err := node(t, `{"floor": "localhost/floor.json"}`)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Decide(config(t, profileFiles["bad.json"]), false); err == nil || !strings.HasPrefix(err.Error(), "linux.seccomp.defaultAction: ") {
		t.Errorf("a bad own profile: %v", err)
	}
	if _, err := p.Decide(config(t, profileFiles["unknown.json"]), true); err == nil || !strings.HasPrefix(err.Error(), "linux.seccomp.syscalls[0].names[0]: ") {
		t.Errorf("a strict own profile: %v", err)
	}
}

// Docker's conditions are about the container's bounding set.
func TestCapabilities(t *testing.T) {
	p, err := node(t, `{"floor": "localhost/caps.json"}`)
	if err != nil {
		t.Fatal(err)
	}
	for caps, want := range map[string]string{"CAP_CHOWN": "SCMP_ACT_ERRNO(1 EPERM)", "CAP_SYS_ADMIN": "SCMP_ACT_ALLOW"} {
		c := config(t, allowAll)
		c.Process.Capabilities = &specs.LinuxCapabilities{Bounding: []string{caps}}
		s, err := p.Decide(c, false)
		if err != nil {
			t.Fatal(err)
		}
		if got := action(t, s, "mount", 0); got != want {
			t.Errorf("%s: mount is %s, want %s", caps, got, want)
		}
	}
}
