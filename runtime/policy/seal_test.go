package policy

import (
	"strings"
	"testing"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

func TestNotify(t *testing.T) {
	own := strings.Replace(profileFiles["notify.json"], "floor.sock", "own.sock", 1)
	other := strings.Replace(profileFiles["notify.json"], `"listenerPath"`, `"listenerMetadata": "rules=none", "listenerPath"`, 1)
	for _, c := range []struct{ policy, profile, agent, fault string }{
		{`{"floor": "localhost/notify.json"}`, allowAll, "/run/floor.sock", ""},
		{`{"floor": "localhost/notify.json"}`, "", "/run/floor.sock", ""},
		{`{"floor": "localhost/floor.json"}`, own, "", ""}, // mount is denied before anybody is asked, but the filter is built for both
		{`{"floor": "localhost/notify.json"}`, own, "", "floor: with the container's own profile: seccomp: both policies use SCMP_ACT_NOTIFY"},
		{`{"allowed": ["localhost/notify.json"]}`, own, "", `listenerPath "/run/own.sock" instead of "/run/floor.sock"`},
		{`{"require": "localhost/notify.json"}`, own, "", `listenerPath "/run/own.sock" instead of "/run/floor.sock"`},
		{`{"allowed": ["localhost/notify.json"]}`, other, "", `listenerMetadata "rules=none" instead of ""`},
		{`{"require": "localhost/notify.json"}`, other, "", `listenerMetadata "rules=none" instead of ""`},
		{`{"require": "localhost/notify.json"}`, profileFiles["notify.json"], "/run/floor.sock", ""},
		{`{"require": "localhost/floor.json"}`, own, "", "less strict than localhost/floor.json: personality, mount, "},
	} {
		p, err := node(t, c.policy)
		if err != nil {
			t.Fatal(err)
		}
		s, err := p.Decide(config(t, c.profile), false)
		if c.fault != "" {
			if err == nil || !strings.Contains(err.Error(), c.fault) {
				t.Errorf("%s: %v, want %s", c.policy, err, c.fault)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", c.policy, err)
			continue
		}
		got := ""
		if s.Agent() != nil {
			got = s.Agent().ListenerPath
		}
		if c.agent == "" {
			c.agent = "/run/own.sock"
		}
		if got != c.agent || !s.Policy().Listener() {
			t.Errorf("%s: agent %q, want %q", c.policy, got, c.agent)
		}
	}
}

// Flags are part of how strict a profile is.
func TestFlags(t *testing.T) {
	spec := strings.Replace(allowAll, "}", `, "flags": []}`, 1)
	p, err := node(t, `{"require": "localhost/floor.json"}`)
	if err != nil {
		t.Fatal(err)
	}
	own := strings.Replace(profileFiles["floor.json"], `"flags": [], `, "", 1)
	if _, err := p.Decide(config(t, own), false); err == nil || !strings.Contains(err.Error(), "SECCOMP_FILTER_FLAG_SPEC_ALLOW") {
		t.Errorf("with SPEC_ALLOW: %v", err)
	}
	if _, err := p.Decide(config(t, profileFiles["floor.json"]), false); err != nil {
		t.Error(err)
	}
	if p, err = node(t, `{"floor": "localhost/floor.json"}`); err != nil {
		t.Fatal(err)
	}
	s, err := p.Decide(config(t, spec), false)
	if err != nil {
		t.Fatal(err)
	}
	if s.Policy().Flags()&unix.SECCOMP_FILTER_FLAG_SPEC_ALLOW != 0 {
		t.Error("the floor has no SPEC_ALLOW, the filter has")
	}
}

// unlistedArchitecture is for all containers.
func TestKillThread(t *testing.T) {
	for text, want := range map[string]string{
		`{}`: "SCMP_ACT_KILL_PROCESS",
		`{"unlistedArchitecture": "SCMP_ACT_KILL_THREAD"}`:                                                                 "SCMP_ACT_KILL_THREAD",
		`{"unlistedArchitecture": "SCMP_ACT_KILL_THREAD", "floor": "localhost/floor.json"}`:                                "SCMP_ACT_KILL_THREAD",
		`{"unlistedArchitecture": "SCMP_ACT_KILL_THREAD", "exempt": [{"annotations": {"a": "b"}}]}`:                        "SCMP_ACT_KILL_THREAD",
		`{"unlistedArchitecture": "SCMP_ACT_KILL_PROCESS", "default": "runtime/default", "floor": "localhost/floor.json"}`: "SCMP_ACT_KILL_PROCESS",
	} {
		p, err := node(t, text)
		if err != nil {
			t.Fatal(err)
		}
		c := config(t, profileFiles["strict.json"])
		c.Annotations["a"] = "b"
		s, err := p.Decide(c, false)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range []*Seal{s, restored(t, s, c)} {
			if said := strings.Contains(s.Decision, ", unlistedArchitecture SCMP_ACT_KILL_THREAD"); said != (want == "SCMP_ACT_KILL_THREAD") {
				t.Errorf("%s: decision %q", text, s.Decision)
			}
			if got := s.Policy().Decide(unix.AUDIT_ARCH_S390X, 1, [6]uint64{}).String(); got != want {
				t.Errorf("%s: %s, want %s", text, got, want)
			}
		}
	}
}

func restored(t *testing.T, s *Seal, c *specs.Spec) *Seal {
	t.Helper()
	r, err := Restore(s.Record(), c, false)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// A floor with SCMP_ACT_TRACE holds nobody who has a tracer.
func TestTraceWarning(t *testing.T) {
	for file, want := range map[string]int{
		`{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["mount"], "action": "SCMP_ACT_TRACE"}]}`:  1,
		`{"defaultAction": "SCMP_ACT_TRACE", "syscalls": [{"names": ["execve"], "action": "SCMP_ACT_ALLOW"}]}`: 1,
		`{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["mount"], "action": "SCMP_ACT_KILL"}]}`:   0,
	} {
		profileFiles["trace.json"] = file
		p, err := node(t, `{"floor": "localhost/trace.json"}`)
		delete(profileFiles, "trace.json")
		if err != nil {
			t.Fatal(err)
		}
		for _, profile := range []string{"", allowAll} {
			s, err := p.Decide(config(t, profile), false)
			if err != nil {
				t.Fatal(err)
			}
			if w := s.Policy().Warnings; len(w) != want || want > 0 && !strings.HasPrefix(w[0], "node policy: floor: SCMP_ACT_TRACE denies nothing ") {
				t.Errorf("%s: %q", file, w)
			}
		}
	}
}

// What a floor lacks is its author's concern, and said to be the floor's.
func TestWarnings(t *testing.T) {
	p, err := node(t, `{"floor": "localhost/unknown.json"}`)
	if err != nil {
		t.Fatal(err)
	}
	for _, profile := range []string{"", allowAll} {
		s, err := p.Decide(config(t, profile), true)
		if err != nil {
			t.Fatal(err)
		}
		if w := s.Policy().Warnings; len(w) != 1 || !strings.HasPrefix(w[0], "node policy: floor: linux.seccomp.syscalls[0].names[0]: ") {
			t.Errorf("%q", w)
		}
	}
}
