package sealctl

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/runseal/runseal/integration/internal/box"
)

// Under a node policy the filter is not what config.json says. sealctl knows what was
// decided at create, proves that, and says so, whatever the policy is now.
func TestNodePolicy(t *testing.T) {
	s := newTool(t)
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	write("floor.json", `{"defaultAction": "SCMP_ACT_ALLOW", "architectures": ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"],
		"syscalls": [{"names": ["getpid", "bpf"], "action": "SCMP_ACT_ERRNO", "errnoRet": 40}]}`)
	policy := write("policy.json", `{"floor": "localhost/floor.json", "default": "runtime/default", "profileRoot": "`+dir+`",
		"exempt": [{"annotations": {"exempt": "yes"}}]}`)

	sleep := []string{"/bin/sleep", "1000"}
	given := box.New(t, sleep...) // nothing in config.json
	own, exempt := given.Sibling(sleep...), given.Sibling(sleep...)
	own.Spec.Linux.Seccomp = custom()
	exempt.Spec.Annotations = map[string]string{"exempt": "yes"}
	all := []*box.Box{given, own, exempt}
	for _, b := range all {
		b.Global("--policy", policy)
		up(t, b)
	}
	write("policy.json", `{}`)

	for _, c := range []struct {
		b                       *box.Box
		verify, inspect, config string // parts of the output
		ps                      string
	}{
		{given, "proved: its filter (", "the filter decides all calls as its config.json and the node policy say (default runtime/default, floor localhost/floor.json) (proved)",
			`"decision": "default runtime/default, floor localhost/floor.json"`, "runtime/default under a floor"},
		{own, "config.json and the node policy say (own profile, floor localhost/floor.json)", "(own profile, floor localhost/floor.json) (proved)",
			`"decision": "own profile, floor localhost/floor.json"`, "unknown under a floor"},
		{exempt, "it has no filter, and its config.json and the node policy decided so (exempt[0], no profile)", "0 filters; its config.json and the node policy decided about them (exempt[0], no profile)",
			`"decision": "exempt[0], no profile"`, "unconfined"},
	} {
		if out := s.must("verify", "--root", c.b.Root, c.b.ID); !strings.Contains(out, c.verify) {
			t.Errorf("verify: %s, want %s", out, c.verify)
		}
		out := s.must("inspect", "--root", c.b.Root, c.b.ID)
		if !strings.Contains(out, c.inspect) || !strings.Contains(out, c.config) {
			t.Errorf("inspect:\n%s\nwant %s and %s", out, c.inspect, c.config)
		}
		var doc struct {
			Config struct{ Policy struct{ Decision string } }
			Kernel struct{ AsConfigured struct{ Equal bool } }
		}
		if err := json.Unmarshal([]byte(s.must("inspect", "-o", "json", "--root", c.b.Root, c.b.ID)), &doc); err != nil ||
			!strings.Contains(c.config, `"`+doc.Config.Policy.Decision+`"`) || !doc.Kernel.AsConfigured.Equal {
			t.Errorf("inspect -o json: %+v, %v", doc, err)
		}
		for _, flags := range [][]string{nil, {"--recognize"}} {
			_, out, _ := s.do(append([]string{"ps", "--root", c.b.Root}, flags...)...)
			line := ""
			for l := range strings.Lines(out) {
				if strings.HasPrefix(l, c.b.ID+" ") {
					line = l
				}
			}
			if !strings.Contains(line, c.ps) {
				t.Errorf("ps %v: %q, want %s", flags, line, c.ps)
			}
		}
	}
	// The profile by itself: of the policy's default where config.json has none. What is
	// not in it is said.
	status, out, stderr := s.do("inspect", "--source", "config", "--root", given.Root, given.ID)
	if status != 0 || !strings.Contains(out, `"defaultAction": "SCMP_ACT_ERRNO"`) || !strings.Contains(stderr, "without the floor of the node policy") {
		t.Errorf("inspect --source config: status %d, %.200s, %s", status, out, stderr)
	}
	if status, out, stderr := s.do("inspect", "--source", "config", "--root", exempt.Root, exempt.ID); status != 0 || out != "null\n" || !strings.Contains(stderr, "has no linux.seccomp") {
		t.Errorf("inspect --source config: status %d, %s, %s", status, out, stderr)
	}
	// What config.json says alone is not what the kernel runs, and --profile still asks for
	// a profile alone.
	if status, out, _ := s.do("verify", "--root", own.Root, "--profile", filepath.Join(dir, "floor.json"), own.ID); status != 1 || !strings.Contains(out, "the policy says") {
		t.Errorf("verify --profile: status %d, %s", status, out)
	}
	for _, b := range all {
		b.Must("delete", "--force", b.ID)
	}
}
