package hooks

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	specs "github.com/opencontainers/runtime-spec/specs-go"

	"github.com/runseal/runseal/integration/internal/box"
)

// busybox is the host's, for hooks without a shell.
func busybox(t *testing.T, kind string) string {
	t.Helper()
	if kind == "startContainer" {
		return "/bin/busybox"
	}
	name, err := exec.LookPath("busybox")
	must(t, err)
	return name
}

// The environment is what config.json says, and no variable more. If it says nothing, it is
// the runtime's own on the host, as under runc and crun, and none in the container.
func TestEnvironment(t *testing.T) {
	for _, env := range [][]string{nil, {"A=1", "A=2", "NOVALUE", "LONG=" + strings.Repeat("x", 5000)}} {
		h := newHooked(t, "sleep 0.1")
		h.Wrap([]string{"env", "-i", "GOMAXPROCS=2"}, "LOST=1")
		want := map[bool]string{true: "GOMAXPROCS=2\x00", false: ""}
		if env != nil {
			want[true] = "A=2\x00NOVALUE\x00" + env[3] + "\x00"
			want[false] = want[true]
		}
		for _, kind := range kinds {
			out := filepath.Join(h.Dir, kind)
			if kind == "startContainer" {
				out = "/" + kind
			}
			*h.list(kind) = []specs.Hook{{Path: busybox(t, kind), Args: []string{"cp", "/proc/self/environ", out}, Env: env}}
		}
		h.run()
		for _, kind := range kinds {
			name := filepath.Join(h.Dir, kind)
			if kind == "startContainer" {
				name = h.Path(kind)
			}
			got, err := os.ReadFile(name)
			host := kind != "createContainer" && kind != "startContainer"
			if err != nil || string(got) != want[host] {
				t.Errorf("%s: the environment is %.100q (%v), expected %.100q", kind, got, err, want[host])
			}
		}
	}
}

// Without args the path is args[0].
func TestNoArgs(t *testing.T) {
	h := newHooked(t, "true")
	for _, kind := range kinds {
		name, log := filepath.Join(h.Dir, "hook"), h.log
		if kind == "startContainer" {
			h.File("hook", "#!/bin/sh\necho $0 $# >>/log\n", 0o755)
			name = "/hook"
		} else {
			must(t, os.WriteFile(name, []byte("#!/bin/sh\necho $0 $# >>"+log+"\n"), 0o755))
		}
		*h.list(kind) = []specs.Hook{{Path: name}}
	}
	h.run()
	s := filepath.Join(h.Dir, "hook") + " 0 "
	h.expect("run", s+s+s+"/hook 0 "+s+strings.TrimSpace(s))
}

// A hook has its three pipes and no other descriptor, whatever the runtime has and
// preserves. (The list is in the error of a hook that fails; 3 is the one of ls.)
func TestDescriptors(t *testing.T) {
	for _, kind := range kinds {
		h := newHooked(t, "sleep 1")
		*h.list(kind) = []specs.Hook{{Path: busybox(t, kind), Args: []string{"ls", "/proc/self/fd", "/no-such"}}}
		leak := func(c *exec.Cmd) {
			for range 20 {
				f, err := os.Open("/dev/null")
				must(t, err)
				t.Cleanup(func() { f.Close() })
				c.ExtraFiles = append(c.ExtraFiles, f)
			}
		}
		h.WriteConfig(h.Config())
		r := h.Start(leak, "create", "--bundle", h.Dir, "--preserve-fds", "2", h.ID).Wait()
		stderr := r.Stderr
		if kind == "startContainer" || kind == "poststart" {
			stderr = h.Start(leak, "start", h.ID).Wait().Stderr
		}
		if kind == "poststop" {
			stderr = h.Start(leak, "delete", h.ID).Wait().Stderr
		}
		if want := `stdout "/proc/self/fd:\n0\n1\n2\n3"`; !strings.Contains(stderr, want) {
			t.Errorf("%s: %q, expected %s", kind, stderr, want)
		}
	}
}

// What cannot be executed is an error that names the field.
func TestNotExecutable(t *testing.T) {
	each(t, 3, func(t *testing.T, kind string) {
		for _, c := range []struct{ path, want string }{
			{"/no/such", "no such file or directory"}, {"/etc", "permission denied"}, {"/log", "permission denied"}, {"/garbage", "exec format error"},
		} {
			h := newHooked(t, "sleep 1")
			h.File("garbage", "\x01\x02", 0o755)
			h.add(kind, "true")
			path := c.path
			if kind != "startContainer" && (path == "/log" || path == "/garbage") {
				must(t, os.WriteFile(h.Dir+"/garbage", []byte{1, 2}, 0o755))
				path = h.Dir + path
			}
			*h.list(kind) = append(*h.list(kind), specs.Hook{Path: path})
			r := h.Run()
			if want := "hooks." + kind + "[1].path"; !strings.Contains(r.Stderr, want) || !strings.Contains(r.Stderr, c.want) || strings.Count(r.Stderr, "\n") != 1 {
				t.Errorf("%s, %s: stderr %q, expected %s and %q on one line", kind, path, r.Stderr, want, c.want)
			}
			if (r.Status == 0) != (kind == "poststop") {
				t.Errorf("%s, %s: exit status %d", kind, path, r.Status)
			}
			h.NothingLeft()
		}
	})
}

// Both ends of what validation lets pass are refused before anything is made.
func TestRefused(t *testing.T) {
	h := newHooked(t, "true")
	h.add("prestart", "echo ran >>$LOG")
	h.add("poststop", "true").Path = "bin/sh"
	for _, r := range []box.Result{h.Run(), h.TryCreate().Wait()} {
		if want := `hooks.poststop[0].path: "bin/sh": expected an absolute path`; r.Status != 1 || !strings.Contains(r.Stderr, want) {
			t.Errorf("exit status %d, stderr %q, expected %s", r.Status, r.Stderr, want)
		}
	}
	h.expect("after it", "")
	h.NothingLeft()
}
