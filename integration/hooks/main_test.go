package hooks

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	specs "github.com/opencontainers/runtime-spec/specs-go"

	"github.com/runseal/runseal/integration/internal/box"
)

func TestMain(m *testing.M) { box.Main(m) }

// The kinds in the order in which they run.
var kinds = []string{"prestart", "createRuntime", "createContainer", "startContainer", "poststart", "poststop"}

// each runs a test for each kind, side by side, since most of them wait. In a short run
// first decides which are left out; none are if it is negative.
func each(t *testing.T, first int, test func(t *testing.T, kind string)) {
	for i, kind := range kinds {
		if first >= 0 && !box.Sampled(first+i) {
			continue
		}
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			test(t, kind)
		})
	}
}

// A hooked is a box whose hooks and process write to one file, /log in the container.
type hooked struct {
	*box.Box
	t   *testing.T
	log string // the file on the host
}

// newHooked is a box whose process runs a shell script.
func newHooked(t *testing.T, script string) *hooked {
	t.Helper()
	h := &hooked{box.New(t, "/bin/sh", "-c", script), t, ""}
	h.log = filepath.Join(h.Dir, "log")
	must(t, os.WriteFile(h.log, nil, 0o666))
	must(t, os.Chmod(h.log, 0o666))
	h.File("log", "", 0o666)
	h.Mount("bind", h.log, "/log", "bind,rw")
	h.Spec.Hooks = new(specs.Hooks)
	h.Spec.Process.Env = append(h.Spec.Process.Env, "LOG=/log")
	return h
}

// list is the list of a kind.
func (h *hooked) list(kind string) *[]specs.Hook {
	s := h.Spec.Hooks
	switch kind {
	case "prestart":
		//lint:ignore SA1019 deprecated, and still asked for by engines
		return &s.Prestart
	case "createRuntime":
		return &s.CreateRuntime
	case "createContainer":
		return &s.CreateContainer
	case "startContainer":
		return &s.StartContainer
	case "poststart":
		return &s.Poststart
	case "poststop":
		return &s.Poststop
	}
	h.t.Fatalf("no hook %q", kind)
	return nil
}

// add appends a hook that runs a shell script, with $KIND and $LOG, and returns it.
func (h *hooked) add(kind, script string) *specs.Hook {
	log := h.log
	if kind == "startContainer" {
		log = "/log"
	}
	l := h.list(kind)
	*l = append(*l, specs.Hook{
		Path: "/bin/sh", Args: []string{"sh", "-c", script},
		Env: []string{"PATH=/usr/bin:/bin:/usr/sbin:/sbin", "KIND=" + kind, "LOG=" + log, h.Mark()},
	})
	return &(*l)[len(*l)-1]
}

// note makes every kind write its name.
func (h *hooked) note() {
	for _, kind := range kinds {
		h.add(kind, `echo $KIND >>$LOG`)
	}
}

// written are the lines of the log.
func (h *hooked) written() string {
	h.t.Helper()
	data, err := os.ReadFile(h.log)
	must(h.t, err)
	return strings.Join(strings.Fields(string(data)), " ")
}

// expect fails the test if the log is not what it should be, and empties it.
func (h *hooked) expect(what, want string) {
	h.t.Helper()
	if got := h.written(); got != want {
		h.t.Errorf("%s: the log has %q, expected %q", what, got, want)
	}
	must(h.t, os.Truncate(h.log, 0))
}

// run runs in the foreground; the status has to be 0 and standard error empty.
func (h *hooked) run() {
	h.t.Helper()
	if r := h.Run(); r.Status != 0 || r.Stderr != "" {
		h.t.Errorf("run: exit status %d, stderr %q", r.Status, r.Stderr)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
