package hooks

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/integration/internal/box"
)

const complete = "prestart createRuntime createContainer startContainer program poststart poststop"

// finish adds hooks of all kinds, of which poststart waits for the program's word.
func finish(h *hooked) {
	h.note()
	h.Spec.Hooks.Poststart = nil
	h.add("poststart", `until grep -q program $LOG; do sleep 0.01; done; echo poststart >>$LOG`)
}

// Containers of other shapes: all hooks run, the pid that they are told is right, and
// nothing is left.
func TestShapes(t *testing.T) {
	for name, change := range map[string]func(h *hooked) []string{
		"plain":    func(*hooked) []string { return nil },
		"no pivot": func(*hooked) []string { return []string{"--no-pivot"} },
		"host's pid namespace": func(h *hooked) []string {
			h.DropNamespace(specs.PIDNamespace)
			return nil
		},
		"pid namespace by path": func(h *hooked) []string {
			h.SetNamespace(specs.LinuxNamespace{Type: specs.PIDNamespace, Path: "/proc/" + strconv.Itoa(holder(h.t)) + "/ns/pid"})
			return nil
		},
		"terminal": func(h *hooked) []string {
			h.Spec.Process.Terminal = true
			return nil
		},
		"three processes": func(h *hooked) []string {
			limit := int64(3) // the shell of the program, that of a hook, and its child
			h.Spec.Linux.Resources.Pids = &specs.LinuxPids{Limit: &limit}
			return nil
		},
		"time namespace": func(h *hooked) []string {
			h.SetNamespace(specs.LinuxNamespace{Type: specs.TimeNamespace})
			h.Spec.Linux.TimeOffsets = map[string]specs.LinuxTimeOffset{"boottime": {Secs: 100000}}
			return nil
		},
		"shared root": func(h *hooked) []string {
			h.Spec.Linux.RootfsPropagation = "rshared"
			return nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHooked(t, `echo program >>$LOG; until grep -q poststart $LOG; do sleep 0.01; done`)
			flags := change(h)
			finish(h)
			for _, kind := range []string{"createContainer", "startContainer"} {
				// The pid leads to the container's process: its status can be read, by whoever
				// has a procfs of its pid namespace.
				h.add(kind, `pid=$(sed 's/.*"pid":\([0-9]*\).*/\1/'); kill -0 $pid || { echo no process $pid >&2; exit 1; }`)
			}
			if r := h.Run(flags...); r.Status != 0 || r.Stderr != "" {
				t.Errorf("exit status %d, stderr %q", r.Status, r.Stderr)
			}
			h.expect("run", complete)
			h.NothingLeft()
		})
	}
}

// holder is a process in a pid namespace of its own.
func holder(t *testing.T) int {
	t.Helper()
	cmd := exec.Command("sleep", "60")
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWPID, Pdeathsig: unix.SIGKILL}
	must(t, cmd.Start())
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
	})
	return cmd.Process.Pid
}

// A runtime that was started in a chroot finds the paths of createContainer there, and
// those of startContainer in the container.
func TestChroot(t *testing.T) {
	h := newHooked(t, `echo program >>$LOG; until grep -q poststart $LOG; do sleep 0.01; done`)
	finish(h)
	// The same tree at another place: what is only there shows where a path was resolved.
	dir, place := t.TempDir(), t.TempDir()
	must(t, unix.Mount("/", dir, "", unix.MS_BIND|unix.MS_REC, ""))
	t.Cleanup(func() { must(t, unix.Unmount(dir, unix.MNT_DETACH)) })
	must(t, unix.Mount("", dir, "", unix.MS_PRIVATE|unix.MS_REC, ""))
	must(t, unix.Mount("tmpfs", dir+place, "tmpfs", 0, ""))
	must(t, os.WriteFile(dir+place+"/hook", []byte("#!/bin/sh\ntest -e "+place+"/hook && echo in the chroot >>"+h.log+"\n"), 0o755))
	for _, kind := range []string{"createRuntime", "createContainer", "poststop"} {
		*h.list(kind) = []specs.Hook{{Path: place + "/hook"}}
	}
	h.WriteConfig(h.Config())
	p := h.Start(func(c *exec.Cmd) { c.SysProcAttr = &syscall.SysProcAttr{Chroot: dir} }, "run", "--bundle", h.Dir, "--no-pivot", h.ID)
	if r := p.Wait(); r.Status != 0 {
		t.Errorf("exit status %d, stderr %q", r.Status, r.Stderr)
	}
	h.expect("run", "prestart in the chroot in the chroot startContainer program poststart in the chroot")
}

// runc, where it is installed, says what engines expect: the same order, status, place and
// environment, but for what it does not follow the specification in (poststart runs in its
// create).
func TestAgainstRunc(t *testing.T) {
	runc, err := exec.LookPath("runc")
	if err != nil {
		t.Skip("runc is not installed: nothing to compare with")
	}
	h := newHooked(t, "exit 0")
	h.Spec.Process.Cwd = "/tmp"
	h.Spec.Mounts = h.Spec.Mounts[:1:1]
	h.Mount("bind", h.log, "/log", "bind,rw")
	for _, kind := range kinds[:4] {
		h.add(kind, `echo $KIND $(sed 's/.*"status":"\([a-z]*\)".*/\1/') $(pwd) $(readlink /proc/self/root) "$@" $(grep -E 'Cap(Eff|Bnd)|NoNewP' /proc/self/status) >>$LOG`)
	}
	h.add("poststop", `echo $KIND $(sed 's/.*"status":"\([a-z]*\)".*/\1/') "$@" >>$LOG`)
	h.Spec.Linux.CgroupsPath = h.Cgroup
	h.WriteConfig(h.Config())
	args := []string{"run", "--bundle", h.Dir, h.ID}
	if r := h.Do(args...); r.Status != 0 {
		t.Fatalf("exit status %d, stderr %q", r.Status, r.Stderr)
	}
	ours := h.written()
	must(t, os.Truncate(h.log, 0))
	cmd := exec.Command(runc, append([]string{"--root", filepath.Join(t.TempDir(), "runc")}, args...)...)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("runc: %v: %s", err, out)
	}
	if theirs := h.written(); ours != theirs || !strings.Contains(ours, "startContainer created /tmp /") {
		t.Errorf("runseal\n%s\nrunc\n%s", ours, theirs)
	}
}

// Another container of the same root is not held up by a hook, nor is list.
func TestOthersGoOn(t *testing.T) {
	h := newHooked(t, "sleep 600")
	h.add("createRuntime", "echo here >>$LOG; until test -e $ROOTFS/go; do sleep 0.01; done")
	k := &h.Spec.Hooks.CreateRuntime[0]
	k.Env = append(k.Env, "ROOTFS="+h.Rootfs)
	p := h.TryCreate()
	if !box.Eventually(func() bool { return h.written() == "here" }) {
		t.Fatal("the hook does not run")
	}
	s := h.Sibling("/bin/true")
	if r := s.Run(); r.Status != 0 {
		t.Errorf("another container: exit status %d, stderr %q", r.Status, r.Stderr)
	}
	if r := h.Do("list"); r.Status != 0 || !strings.Contains(r.Stdout, "creating") {
		t.Errorf("list: exit status %d, stdout %q", r.Status, r.Stdout)
	}
	h.File("go", "", 0o644)
	if r := p.Wait(); r.Status != 0 {
		t.Errorf("create: exit status %d, stderr %q", r.Status, r.Stderr)
	}
}
