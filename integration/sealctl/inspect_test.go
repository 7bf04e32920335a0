package sealctl

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/runseal/runseal/integration/internal/box"
)

// report is a part of the output of inspect -o json.
type report struct {
	Container, Mode, Runtime string
	Config                   struct {
		Path    string
		Seccomp json.RawMessage
	}
	Kernel struct {
		Filters []struct {
			Instructions int
			Decisions    struct {
				Architectures []struct{ Architecture string }
			}
		}
		AsConfigured struct {
			Equal bool
			Text  string
		}
	}
}

func (s tool) inspect(args ...string) (r report) {
	s.t.Helper()
	if err := json.Unmarshal([]byte(s.must(append([]string{"inspect", "-o", "json"}, args...)...)), &r); err != nil {
		s.t.Fatal(err)
	}
	return r
}

func TestInspect(t *testing.T) {
	s := newTool(t)
	none, full, own, _ := boxes(t)
	for _, b := range []*box.Box{none, full, own} {
		up(t, b)
	}
	root := none.Root
	for _, c := range []struct {
		b       *box.Box
		filters int
		archs   int
		text    string
	}{
		{none, 0, 0, "no filter, and config.json has no linux.seccomp"},
		{full, 1, 3, "the filter decides all calls as config.json says (proved)"},
		{own, 1, 1, "the filter decides all calls as config.json says (proved)"},
	} {
		r := s.inspect("--root", root, c.b.ID)
		if r.Container != c.b.ID || r.Config.Path != filepath.Join(root, c.b.ID, "state.json") || len(r.Kernel.Filters) != c.filters ||
			!r.Kernel.AsConfigured.Equal || r.Kernel.AsConfigured.Text != c.text || (string(r.Config.Seccomp) == "null") != (c.filters == 0) {
			t.Errorf("%s: %+v", c.b.ID, r)
		}
		if c.filters == 0 {
			continue
		}
		if n := len(r.Kernel.Filters[0].Decisions.Architectures); n != c.archs {
			t.Errorf("%s: %d architectures, want %d", c.b.ID, n, c.archs)
		}
		// The profile that is made of the filter is the one that it was made of.
		made := filepath.Join(t.TempDir(), "made.json")
		if err := os.WriteFile(made, []byte(s.must("inspect", "--root", root, "-o", "oci", c.b.ID)), 0o600); err != nil {
			t.Fatal(err)
		}
		recorded := filepath.Join(t.TempDir(), "recorded.json")
		if err := os.WriteFile(recorded, []byte(s.must("inspect", "--root", root, "--source", "config", c.b.ID)), 0o600); err != nil {
			t.Fatal(err)
		}
		if text := s.must("diff", made, recorded); !strings.Contains(text, "decide all calls alike") {
			t.Errorf("%s: %s", c.b.ID, text)
		}
		if text := s.must("verify", "--root", root, "--profile", made, c.b.ID); !strings.Contains(text, "proved") {
			t.Errorf("%s: %s", c.b.ID, text)
		}
	}
	// The text has what the custom profile says.
	text := s.must("inspect", "--root", root, own.ID)
	for _, want := range []string{
		fmt.Sprintf("container %s (process %d), runseal\nseccomp mode: filter, filters: 1, no_new_privs: yes\nlinux.seccomp of ", own.ID, own.State().Pid),
		"\n    swapon swapoff\n", "\n    socket if arg0 == 0x28\n", "\n    socket unless arg0 == 0x28\n", "\nany other architecture: SCMP_ACT_KILL_PROCESS\n",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
}

func TestInspectUnknown(t *testing.T) {
	s := newTool(t)
	_, full, own, _ := boxes(t)
	up(t, full)
	up(t, own)
	prefix := full.ID[:strings.LastIndexByte(full.ID, '-')]
	for _, c := range [][2]string{
		{"no-such-container", `container "no-such-container" below ` + full.Root + `: container "no-such-container" does not exist; nor is there a running container of another runtime whose id is or begins with it`},
		{prefix, fmt.Sprintf("container %q: 2 ids begin with it, expected one: ", prefix)},
	} {
		if status, stdout, stderr := s.do("inspect", "--root", full.Root, c[0]); status != 1 || stdout != "" || !strings.Contains(stderr, c[1]) || strings.Count(stderr, "\n") != 1 {
			t.Errorf("%s: exit status %d, %q, %q", c[0], status, stdout, stderr)
		}
	}
}
