package cli

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	specs "github.com/opencontainers/runtime-spec/specs-go"

	"github.com/runseal/runseal/integration/internal/box"
)

// What spec writes for somebody runs, and root in the container is whoever called it.
func TestSpecRootless(t *testing.T) {
	for uid, line := range map[uint32]string{0: "0 0 1", 1234: "0 1234 1"} {
		b := sleeper(t)
		must(t, os.Chmod(b.Dir, 0o777))
		// Where the caller cannot read the test's binary, nor this machine's temporary files.
		binary, err := os.ReadFile(box.Binary())
		must(t, err)
		copied := filepath.Join(b.Dir, "runseal")
		must(t, os.WriteFile(copied, binary, 0o755))
		cmd := exec.Command(copied, "spec", "--rootless", "--bundle", b.Dir)
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uid, Gid: 4321}}
		if out, err := cmd.CombinedOutput(); err != nil || len(out) > 0 {
			t.Fatalf("spec --rootless as user %d: %v, %s", uid, err, out)
		}
		text, err := os.ReadFile(filepath.Join(b.Dir, "config.json"))
		must(t, err)
		var s specs.Spec
		must(t, json.Unmarshal(text, &s))
		s.Process.Args = []string{"/bin/sh", "-c", "id -u; cat /proc/self/uid_map /proc/self/gid_map; grep Seccomp: /proc/self/status; ls /sys/class/net; ls /sys/fs/cgroup; touch /sys/x 2>/dev/null || echo read-only"}
		s.Process.Env = append(s.Process.Env, b.Mark())
		s.Linux.CgroupsPath = b.Cgroup
		text, err = json.Marshal(&s)
		must(t, err)
		b.WriteConfig(text)
		r := b.Run()
		if r.Status != 0 || r.Stderr != "" {
			t.Fatalf("%+v", r)
		}
		got := strings.Join(strings.Fields(r.Stdout), " ")
		if !strings.HasPrefix(got, "0 "+line+" 0 4321 1 Seccomp: 2 ") || !strings.Contains(got, "lo") || strings.Contains(got, "cgroup") || strings.Contains(got, "memory") || !strings.HasSuffix(got, "read-only") {
			t.Errorf("user %d: %q", uid, got)
		}
	}
}

// podman and CRI-O ask by `checkpoint --help` whether there is a checkpoint: it must fail,
// and so must everything else about it, in one line.
func TestCheckpointIsNotThere(t *testing.T) {
	b := sleeper(t)
	b.Up()
	for _, args := range [][]string{
		{"checkpoint"}, {"checkpoint", "--help"}, {"checkpoint", "-h"}, {"help", "checkpoint"},
		{"checkpoint", "--image-path", "/x", "--work-path", "/y", "--leave-running", b.ID},
		{"restore", "--help"}, {"restore", "--bundle", b.Dir, "--detach", "--no-such-flag", b.ID}, {"restore", "--lsm-mount-context"},
	} {
		verb := args[0]
		if verb == "help" {
			verb = args[1]
		}
		r := b.Do(args...)
		if r.Status != 1 || r.Stdout != "" || !strings.HasPrefix(r.Stderr, "runseal: "+verb+": runseal cannot ") || strings.Count(r.Stderr, "\n") != 1 {
			t.Errorf("%q: %+v", args, r)
		}
	}
	if s := b.State().Status; s != "running" {
		t.Errorf("the container is %s", s)
	}
	var f struct{ Annotations map[string]string }
	must(t, json.Unmarshal([]byte(b.Must("features").Stdout), &f))
	if got := f.Annotations["org.opencontainers.runc.checkpoint.enabled"]; got != "false" {
		t.Errorf("features: %q, expected \"false\"", got)
	}
	if r := b.Must("--help"); strings.Contains(r.Stdout, "checkpoint") || strings.Contains(r.Stdout, "restore") {
		t.Errorf("the help lists what is not there:\n%s", r.Stdout)
	}
}
