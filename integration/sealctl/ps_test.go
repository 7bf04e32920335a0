package sealctl

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	specs "github.com/opencontainers/runtime-spec/specs-go"

	"github.com/runseal/runseal/integration/internal/box"
	"github.com/runseal/runseal/seccomp/profiles/docker"
)

// dockerDefault is Docker's profile for the capabilities of a box.
func dockerDefault(t *testing.T) *specs.LinuxSeccomp {
	t.Helper()
	p, err := docker.Default(docker.Host{Caps: box.DefaultCaps()})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func custom() *specs.LinuxSeccomp {
	return box.Seccomp(specs.ActAllow, box.Errno(38, "swapon", "swapoff"), specs.LinuxSyscall{
		Names: []string{"socket"}, Action: specs.ActErrno, Args: []specs.LinuxSeccompArg{{Index: 0, Value: 40, Op: specs.OpEqualTo}}})
}

// boxes starts containers of one state root without a filter, with Docker's profile and
// with one that is in a file below the directory that is returned.
func boxes(t *testing.T) (none, full, own *box.Box, local string) {
	t.Helper()
	sleep := []string{"/bin/sleep", "1000"}
	none = box.New(t, sleep...)
	full, own = none.Sibling(sleep...), none.Sibling(sleep...)
	full.Spec.Linux.Seccomp, own.Spec.Linux.Seccomp = dockerDefault(t), custom()
	none.Spec.Process.NoNewPrivileges = false
	text, err := json.Marshal(custom())
	if err != nil {
		t.Fatal(err)
	}
	local = t.TempDir()
	if err := os.MkdirAll(filepath.Join(local, "team"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(local, "team/own.json"), text, 0o600); err != nil {
		t.Fatal(err)
	}
	return none, full, own, local
}

func TestPs(t *testing.T) {
	s := newTool(t)
	none, full, own, local := boxes(t)
	waiting := none.Sibling("/bin/true")
	waiting.Spec.Linux.Seccomp = custom()
	waiting.Create()
	for _, b := range []*box.Box{none, full, own} {
		up(t, b)
	}
	args := []string{"--root", none.Root, "--seccomp-profile-root", local}
	for _, from := range []string{"config", "kernel"} {
		list := s.ps(args...)
		if from == "kernel" {
			list = s.ps(append(args, "--recognize")...)
		}
		for _, c := range []struct {
			b       *box.Box
			mode    string
			filters int
			profile string
		}{
			{none, "none", 0, "unconfined kernel"},
			{full, "filter", 1, "runtime/default " + from},
			{own, "filter", 1, "localhost/team/own.json " + from},
		} {
			e := list[c.b.ID]
			if e.Pid != c.b.State().Pid || e.Runtime != "runseal" || e.Mode != c.mode || e.Filters != c.filters || e.NoNewPrivs != (c.b != none) ||
				e.profile() != c.profile || e.Command != "/bin/sleep 1000" || e.Processes != 1 || len(e.Differing) != 0 || e.Waiting {
				t.Errorf("%s: %+v, want %s, %d filters, %s", from, e, c.mode, c.filters, c.profile)
			}
		}
		if e := list[waiting.ID]; !e.Waiting || e.profile() != "" {
			t.Errorf("%s: not started: %+v", from, e)
		}
	}
	text := s.must(append([]string{"ps"}, args...)...)
	if !strings.Contains(text, own.ID) || !strings.Contains(text, "[localhost/team/own.json]") || !strings.Contains(text, "(not started)") {
		t.Errorf("ps:\n%s", text)
	}
}

// join starts sleep in the container's pid and mount namespaces, without its filter, as
// nsenter(1) and debuggers do. It ends with the container.
func join(t *testing.T, b *box.Box, pid int) {
	t.Helper()
	path, err := exec.LookPath("nsenter")
	if err != nil {
		t.Skip("nsenter (util-linux) is not installed")
	}
	cmd := exec.Command(path, "--target", fmt.Sprint(pid), "--pid", "--mount", "--root", "--wd", "/bin/sleep", "2000")
	cmd.Env = append(os.Environ(), b.Mark())
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	// Before the box's own clean-up nothing is left of it.
	t.Cleanup(func() {
		b.Must("delete", "--force", b.ID)
		cmd.Wait() // its child was killed
	})
}

// A process of the container without the container's filter is what one looks for.
func TestPsIntruder(t *testing.T) {
	s := newTool(t)
	_, full, _, _ := boxes(t)
	full.Spec.Process.Args = []string{"/bin/sh", "-c", "sleep 3000 & exec /bin/sleep 1000"} // both have the filter
	pid := up(t, full)
	join(t, full, pid)
	args := []string{"--root", full.Root}
	var e entry
	if !box.Eventually(func() bool { e = s.ps(args...)[full.ID]; return e.Processes == 3 && len(e.Differing) == 1 }) {
		t.Fatalf("%+v, want three processes and one that differs", e)
	}
	d := e.Differing[0]
	if d.Relation != "unfiltered" || d.Mode != "none" || d.Pid == pid || d.Pid != d.Tid || e.Pid != pid {
		t.Errorf("%+v", e)
	}
	text := strings.Join(strings.Fields(s.must(append([]string{"ps", "--threads"}, args...)...)), " ")
	for _, want := range []string{"filter 1 yes 1 unfiltered [runtime/default] /bin/sleep 1000", fmt.Sprintf(" %d none 0 no unfiltered /bin/sleep 2000", d.Pid)} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	// The process by number is in the container, and has no filter.
	text = s.must("inspect", "--root", full.Root, "--source", "kernel", fmt.Sprint(d.Pid))
	if !strings.HasPrefix(text, fmt.Sprintf("process %d in container %s, runseal\nseccomp mode: none", d.Pid, full.ID)) || !strings.Contains(text, "no filter: every system call is executed") {
		t.Errorf("inspect:\n%s", text)
	}
}
