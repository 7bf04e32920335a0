package hooks

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	specs "github.com/opencontainers/runtime-spec/specs-go"
)

// The order of all six, with the program between them.
func TestOrder(t *testing.T) {
	const before, after = "prestart prestart createRuntime createContainer", "startContainer program poststart"
	// The program may be the first to write, or the hook that runs beside it.
	h := newHooked(t, `echo program >>$LOG; sleep 600`)
	h.note()
	// A second one of a kind comes after the first, and after the program has written.
	h.add("prestart", `echo prestart >>$LOG`)
	h.Spec.Hooks.Poststart = nil
	h.add("poststart", `until grep -q program $LOG; do sleep 0.01; done; echo poststart >>$LOG`)
	h.Create()
	h.expect("after create", before)
	h.Must("start", h.ID)
	h.expect("after start", after)
	h.Must("kill", h.ID, "KILL")
	h.WaitFor("stopped")
	h.expect("before delete", "")
	h.Must("delete", h.ID)
	h.expect("after delete", "poststop")

	h.Create()
	h.Must("delete", h.ID)
	h.expect("created and deleted", before+" poststop")

	h.Up()
	h.Must("delete", "--force", h.ID)
	h.expect("deleted by force", before+" "+after+" poststop")
	h.Must("delete", "--force", h.ID)
	h.expect("deleted once more", "")

	h.Spec.Process.Args[2] = "echo program >>$LOG; sleep 0.2"
	h.run()
	h.expect("run", before+" "+after+" poststop")
	h.run()
	h.expect("run once more", before+" "+after+" poststop")
	if r := h.Run("--keep"); r.Status != 0 {
		t.Errorf("run --keep: exit status %d, stderr %q", r.Status, r.Stderr)
	}
	h.expect("run --keep", before+" "+after)
	h.Must("delete", h.ID)
	h.expect("delete after run --keep", "poststop")
	if r := h.Run("--detach"); r.Status != 0 {
		t.Errorf("run --detach: exit status %d, stderr %q", r.Status, r.Stderr)
	}
	h.expect("run --detach", before+" "+after)
	h.Must("delete", "--force", h.ID)
	h.expect("deleted by force", "poststop")
	h.NothingLeft()
}

// view is what a hook sees.
type view struct {
	State specs.State
	Line  map[string]string
}

// look writes it to a file of the hook's kind beside the log: the state on the first
// line, then NAME VALUE.
const look = `{
cat; echo
echo cwd $(pwd)
echo root $(readlink /proc/self/root)
for n in mnt pid net user cgroup; do echo $n $(readlink /proc/self/ns/$n); done
echo args "$0" "$@"
while read -r a b; do case $a in CapEff:|CapBnd:|NoNewPrivs:|Seccomp:|Uid:) echo $a $b;; esac; done </proc/self/status
echo cgroups $(grep -c $ID /proc/self/cgroup)
test -e $ROOTFS/dev/shm && echo mounts $(stat -f -c %T $ROOTFS/dev/shm)
umask
} >$LOG.$KIND 2>&1`

func views(t *testing.T, h *hooked) map[string]view {
	t.Helper()
	all := make(map[string]view)
	for _, kind := range kinds {
		name := h.log + "." + kind
		if kind == "startContainer" {
			name = h.Path("out." + kind)
		}
		data, err := os.ReadFile(name)
		must(t, err)
		state, rest, _ := strings.Cut(string(data), "\n")
		v := view{Line: make(map[string]string)}
		if err := json.Unmarshal([]byte(state), &v.State); err != nil {
			t.Fatalf("%s: the state is %q: %v", kind, state, err)
		}
		for line := range strings.Lines(rest) {
			key, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
			v.Line[key] = value
		}
		all[kind] = v
	}
	return all
}

// rights are what a hook of a kind has of the lines of /proc/self/status that look writes:
// what this process and so the runtime has, but for those that are the container's.
func rights(t *testing.T, kind string) map[string]string {
	t.Helper()
	status, err := os.ReadFile("/proc/self/status")
	must(t, err)
	have := make(map[string]string)
	for line := range strings.Lines(string(status)) {
		switch f := strings.Fields(line); f[0] {
		case "CapEff:", "CapBnd:", "NoNewPrivs:", "Seccomp:", "Uid:":
			have[f[0]] = strings.Join(f[1:], " ")
		}
	}
	if kind == "startContainer" { // TestStartContainerRights tells more
		have["CapEff:"], have["CapBnd:"], have["NoNewPrivs:"] = "00000000a80425fb", "00000000a80425fb", "1"
	}
	return have
}

// Place, arguments, rights and state of each kind, by create and
// start as well as by run.
func TestPlace(t *testing.T) {
	for _, verb := range []string{"create", "run"} {
		t.Run(verb, func(t *testing.T) {
			h := newHooked(t, `exec sleep 1`)
			h.Spec.Process.Cwd = "/tmp"
			h.Spec.Annotations = map[string]string{"org.example/a": "b\n\"c\"", "org.runseal.x": "é"}
			h.SetNamespace(specs.LinuxNamespace{Type: specs.CgroupNamespace})
			for _, kind := range kinds {
				k := h.add(kind, look)
				k.Args = append(k.Args, "hook", "", "two words")
				k.Env = append(k.Env, "ID="+h.ID, "ROOTFS="+h.Rootfs)
			}
			h.Spec.Hooks.StartContainer[0].Env[2] = "LOG=/out"
			pid := 0
			if verb == "create" {
				h.Create()
				pid = h.State().Pid
				h.Must("start", h.ID)
				h.Must("delete", "--force", h.ID)
			} else {
				h.run()
			}
			all := views(t, h)
			own := make(map[string]string)
			for _, n := range []string{"mnt", "pid", "net", "user", "cgroup"} {
				link, err := os.Readlink("/proc/self/ns/" + n)
				must(t, err)
				own[n] = link
			}
			dir, err := filepath.EvalSymlinks(h.Dir)
			must(t, err)
			for _, kind := range kinds {
				v := all[kind]
				want := map[string]string{"status": "creating", "cwd": dir, "mounts": "", "cgroups": "0", "pid": "host"}
				switch kind {
				case "createContainer":
					want["cwd"], want["mounts"], want["pid"] = h.Rootfs, "tmpfs", "1"
				case "startContainer":
					want["status"], want["cwd"], want["pid"] = "created", "/tmp", "1"
				case "poststart":
					want["status"] = "running"
				case "poststop":
					want["status"], want["pid"] = "stopped", "0"
				}
				inside := kind == "createContainer" || kind == "startContainer"
				got := map[string]string{
					"status": string(v.State.Status), "cwd": v.Line["cwd"], "mounts": v.Line["mounts"],
					"cgroups": v.Line["cgroups"], "pid": fmt.Sprint(v.State.Pid),
				}
				if want["pid"] == "host" {
					want["pid"] = fmt.Sprint(all["prestart"].State.Pid)
					if pid != 0 {
						want["pid"] = fmt.Sprint(pid)
					}
				}
				for key := range want {
					if kind == "startContainer" && key == "mounts" {
						continue
					}
					if got[key] != want[key] {
						t.Errorf("%s: %s is %q, expected %q", kind, key, got[key], want[key])
					}
				}
				for key, want := range rights(t, kind) {
					if v.Line[key] != want {
						t.Errorf("%s: %s %q, expected %q", kind, key, v.Line[key], want)
					}
				}
				for n, link := range own {
					if same := v.Line[n] == link; same != (!inside || n == "user") || v.Line[n] == "" {
						t.Errorf("%s: namespace %s is %q, the runtime's %q", kind, n, v.Line[n], link)
					}
					if inside && v.Line[n] != all["createContainer"].Line[n] {
						t.Errorf("%s: namespace %s is %q, for createContainer it was %q", kind, n, v.Line[n], all["createContainer"].Line[n])
					}
				}
				if s := v.State; s.ID != h.ID || s.Bundle != h.Dir || s.Version == "" || len(s.Annotations) != 2 || s.Annotations["org.example/a"] != "b\n\"c\"" {
					t.Errorf("%s: the state is %+v", kind, s)
				}
				if v.Line["args"] != "hook  two words" { // the shell takes the first as its name
					t.Errorf("%s: arguments %q", kind, v.Line["args"])
				}
				if _, there := v.Line["0022"]; !there {
					t.Errorf("%s: the umask is not 0022: %q", kind, v.Line)
				}
			}
			h.NothingLeft()
		})
	}
}
