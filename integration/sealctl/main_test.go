package sealctl

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/runseal/runseal/integration/bundle"
	"github.com/runseal/runseal/integration/internal/box"
)

func TestMain(m *testing.M) { box.Main(m) }

// tool runs sealctl: the one that the environment variable SEALCTL names, or one that is
// built from the tree.
type tool struct {
	t    *testing.T
	path string
}

func newTool(t *testing.T) tool {
	t.Helper()
	if path := os.Getenv("SEALCTL"); path != "" {
		return tool{t, path}
	}
	root, err := bundle.ModuleRoot()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "sealctl")
	cmd := exec.Command("go", "build", "-tags", "urfave_cli_no_docs", "-o", path, "./cmd/sealctl")
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("build sealctl (SEALCTL is not set): %v\n%s", err, out)
	}
	return tool{t, path}
}

// do returns what sealctl prints, and its exit status.
func (s tool) do(args ...string) (status int, stdout, stderr string) {
	s.t.Helper()
	cmd := exec.Command(s.path, args...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil && !errors.As(err, new(*exec.ExitError)) {
		s.t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode(), out.String(), errs.String()
}

// must returns what sealctl prints, without a warning.
func (s tool) must(args ...string) string {
	s.t.Helper()
	status, stdout, stderr := s.do(args...)
	if status != 0 || stderr != "" {
		s.t.Fatalf("%v: exit status %d, stdout %q, stderr %q", args, status, stdout, stderr)
	}
	return stdout
}

// entry is a container in the output of ps -o json.
type entry struct {
	ID          string
	Pid         int
	Runtime     string
	Engine      string
	Mode        string
	Filters     int
	NoNewPrivs  bool
	Waiting     bool
	Processes   int
	Profiles    []struct{ Name string }
	ProfileFrom string
	Command     string
	Differing   []struct {
		Pid, Tid       int
		Mode, Relation string
	}
}

// profile is "NAME FROM".
func (e *entry) profile() string {
	text := ""
	for _, p := range e.Profiles {
		text += p.Name + " "
	}
	return text + e.ProfileFrom
}

// ps returns the containers by id.
func (s tool) ps(args ...string) map[string]entry {
	s.t.Helper()
	var list []entry
	status, stdout, stderr := s.do(append([]string{"ps", "-o", "json"}, args...)...)
	// The machine may have other containers, with troubles of their own.
	if status != 0 || strings.Contains(stderr, fmt.Sprint("-", os.Getpid())) {
		s.t.Fatalf("ps %v: exit status %d, stdout %q, stderr %q", args, status, stdout, stderr)
	}
	if err := json.Unmarshal([]byte(stdout), &list); err != nil {
		s.t.Fatal(err)
	}
	out := map[string]entry{}
	for _, e := range list {
		if _, twice := out[e.ID]; twice {
			s.t.Errorf("%s is listed twice", e.ID)
		}
		out[e.ID] = e
	}
	return out
}

// up starts the container and waits until its program runs: start returns before, and
// the filter comes with the execve.
func up(t *testing.T, b *box.Box) (pid int) {
	t.Helper()
	pid = b.Up()
	if !box.Eventually(func() bool {
		command, _ := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
		return bytes.HasPrefix(command, []byte("/bin/"))
	}) {
		t.Fatalf("process %d of %s does not execute its program", pid, b.ID)
	}
	return pid
}
