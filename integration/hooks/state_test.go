package hooks

import (
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/integration/internal/box"
)

// A hook can ask for the state, which is that of its standard input; the commands that
// change the container wait or are refused, but nothing hangs.
func TestStateInHooks(t *testing.T) {
	for _, verb := range []string{"create", "run"} {
		h := newHooked(t, "sleep 600")
		for _, kind := range kinds {
			if kind == "startContainer" {
				continue // it has no way to the host
			}
			k := h.add(kind, `in=$(sed 's/.*"status":"\([a-z]*\)".*/\1/'); out=$($RUNSEAL --root $ROOT state $ID 2>&1 | sed -n 's/.*"status": "\([a-z]*\)".*/\1/p'); echo $KIND $in ${out:-none} >>$LOG`)
			k.Env = append(k.Env, "RUNSEAL="+box.Binary(), "ROOT="+h.Root, "ID="+h.ID)
		}
		h.add("startContainer", `sed 's/.*"status":"\([a-z]*\)".*/startContainer \1/' >>$LOG; echo >>$LOG; until test -e /go; do sleep 0.01; done`)
		var p *box.Process
		if verb == "run" {
			h.WriteConfig(h.Config())
			p = h.Start(nil, "run", "--detach", "--bundle", h.Dir, h.ID)
		} else {
			h.Create()
			p = h.Start(nil, "start", h.ID)
		}
		if !box.Eventually(func() bool { return strings.Contains(h.written(), "startContainer created") }) {
			t.Fatalf("%s: the log has %q", verb, h.written())
		}
		if s := h.State(); s.Status != "created" || s.Pid == 0 {
			t.Errorf("%s: during startContainer the state is %+v", verb, s)
		}
		h.File("go", "", 0o644)
		if r := p.Wait(); r.Status != 0 {
			t.Errorf("%s: exit status %d, stderr %q", verb, r.Status, r.Stderr)
		}
		h.Must("delete", "--force", h.ID)
		h.expect(verb, "prestart creating creating createRuntime creating creating createContainer creating creating startContainer created poststart running running poststop stopped none")
		h.NothingLeft()
	}
}

// The hooks poststart run without the lock: they can use the container, and even
// delete it.
func TestUseInPoststart(t *testing.T) {
	h := newHooked(t, "sleep 600")
	k := h.add("poststart", `$RUNSEAL --root $ROOT exec $ID echo exec >>$LOG; $RUNSEAL --root $ROOT pause $ID && $RUNSEAL --root $ROOT resume $ID && $RUNSEAL --root $ROOT kill $ID KILL && $RUNSEAL --root $ROOT delete --force $ID && echo deleted >>$LOG`)
	k.Env = append(k.Env, "RUNSEAL="+box.Binary(), "ROOT="+h.Root, "ID="+h.ID)
	h.add("poststop", "echo poststop >>$LOG")
	h.Create()
	if r := h.Do("start", h.ID); r.Status != 0 || r.Took > box.Slow(8*time.Second) {
		t.Errorf("start: exit status %d after %v, stderr %q", r.Status, r.Took, r.Stderr)
	}
	h.expect("start", "exec poststop deleted")
	if r := h.Run(); r.Took > box.Slow(8*time.Second) {
		t.Errorf("run: it took %v", r.Took)
	}
	h.expect("run", "exec poststop deleted")
	h.NothingLeft()
}

// kill -9 of the runtime during any hook: delete --force leaves nothing, runs poststop,
// and the id is free.
func TestKilled(t *testing.T) {
	for _, kind := range kinds {
		for _, verb := range []string{"create", "run"} {
			h := newHooked(t, "sleep 600")
			inside := "sleep 600 & "
			if kind != "createContainer" && kind != "startContainer" {
				inside = "" // what a hook has started on the host is its own
			}
			h.add(kind, "echo here >>$LOG; "+inside+"exec sleep 600")
			if kind != "poststop" {
				h.add("poststop", "echo poststop >>$LOG")
			}
			args := []string{"create", "--bundle", h.Dir, h.ID}
			switch {
			case verb == "run":
				args = []string{"run", "--bundle", h.Dir, h.ID}
				if kind == "poststop" {
					h.Spec.Process.Args = []string{"/bin/true"}
				}
			case kind == "poststop":
				h.Create()
				args = []string{"delete", h.ID}
			case kind == "startContainer" || kind == "poststart":
				h.Create()
				args = []string{"start", h.ID}
			}
			h.WriteConfig(h.Config())
			p := h.Start(nil, args...)
			if !box.Eventually(func() bool { return h.written() == "here" }) {
				t.Fatalf("%s, %s: the log has %q", verb, kind, h.written())
			}
			must(t, unix.Kill(p.Process.Pid, unix.SIGKILL))
			p.Wait()
			h.ReapOrphans()
			h.Must("delete", "--force", h.ID)
			h.NothingLeft()
			want := "here poststop"
			if kind == "poststop" {
				want = "here" // its container was gone before
			}
			h.expect(verb+", "+kind, want)
		}
	}
}

// A signal that run would pass on to its container goes to the hook.
func TestSignalDuringHook(t *testing.T) {
	for _, kind := range []string{"createRuntime", "startContainer"} {
		h := newHooked(t, "sleep 600")
		h.add(kind, "echo here >>$LOG; exec sleep 600")
		h.WriteConfig(h.Config())
		p := h.Start(nil, "run", "--bundle", h.Dir, h.ID)
		if !box.Eventually(func() bool { return h.written() == "here" }) {
			t.Fatal("the hook does not run")
		}
		must(t, p.Process.Signal(unix.SIGTERM))
		if r := p.Wait(); r.Status != 1 || !strings.Contains(r.Stderr, "was ended by signal 15") {
			t.Errorf("%s: exit status %d, stderr %q", kind, r.Status, r.Stderr)
		}
		h.NothingLeft()
	}
}

// Sysctls come after the hooks that make what they are about, and what a hook on the
// host sees of the container's network namespace is there. Before, nothing is read-only.
func TestSysctlAfterHooks(t *testing.T) {
	h := newHooked(t, "cat /proc/sys/net/ipv4/conf/lo/log_martians >>/log")
	h.Spec.Linux.Sysctl = map[string]string{"net.ipv4.conf.lo.log_martians": "1"}
	h.Spec.Root.Readonly = true
	h.add("createRuntime", `pid=$(sed 's/.*"pid":\([0-9]*\).*/\1/'); echo $(cat /proc/$pid/net/dev | grep -c lo:) >>$LOG`)
	h.add("createContainer", `cat /proc/sys/net/ipv4/conf/lo/log_martians >>$LOG; test -w $ROOTFS/proc/sys/kernel/domainname && touch $ROOTFS/made && echo writable >>$LOG`)
	k := &h.Spec.Hooks.CreateContainer[0]
	k.Env = append(k.Env, "ROOTFS="+h.Rootfs)
	h.run()
	h.expect("run", "1 0 writable 1")
}

// The bundle may be gone when poststop runs.
func TestPoststopWithoutBundle(t *testing.T) {
	h := newHooked(t, "true")
	dir := t.TempDir()
	k := h.add("poststop", "pwd >>$LOG")
	log := dir + "/log"
	must(t, os.WriteFile(log, nil, 0o644))
	k.Env[2] = "LOG=" + log
	h.Create()
	must(t, os.Rename(h.Dir, h.Dir+".away"))
	p := h.Start(func(c *exec.Cmd) { c.Dir = dir }, "delete", "--force", h.ID)
	r := p.Wait()
	must(t, os.Rename(h.Dir+".away", h.Dir))
	if data, err := os.ReadFile(log); r.Status != 0 || string(data) != "/\n" || err != nil {
		t.Errorf("exit status %d, stderr %q, working directory %q", r.Status, r.Stderr, data)
	}
}
