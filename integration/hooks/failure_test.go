package hooks

import (
	"slices"
	"strings"
	"testing"

	"github.com/runseal/runseal/integration/internal/box"
)

// What has run when the first hook of a kind fails, poststop included.
var upTo = map[string]string{
	"prestart":        "prestart poststop",
	"createRuntime":   "prestart createRuntime poststop",
	"createContainer": "prestart createRuntime createContainer poststop",
	"startContainer":  "prestart createRuntime createContainer startContainer poststop",
	"poststart":       "prestart createRuntime createContainer startContainer program poststart poststop",
}

// failing is a box with two hooks of each kind of which the first of one kind fails. Its
// process would run for long.
func failing(t *testing.T, kind, how string) *hooked {
	t.Helper()
	h := newHooked(t, `echo program >>$LOG; sleep 600`)
	for _, k := range kinds {
		switch {
		case k != kind:
			h.add(k, "echo $KIND >>$LOG")
		case k == "poststart": // not before the program
			h.add(k, "until grep -q program $LOG; do sleep 0.01; done; echo $KIND >>$LOG; echo out; echo no >&2; "+how)
		default:
			h.add(k, "echo $KIND >>$LOG; echo out; echo no >&2; "+how)
		}
	}
	h.add(kind, "echo second >>$LOG")
	return h
}

// A failure stops what is being done, names the field, says what the hook has said, and
// leaves nothing; then come the hooks poststop.
func TestFailure(t *testing.T) {
	each(t, -1, func(t *testing.T, kind string) {
		i := slices.Index(kinds, kind)
		if kind == "poststop" {
			return // TestPoststopFailure
		}
		for j, c := range []struct{ how, want string }{
			{"exit 3", `"/bin/sh" has ended with exit status 3, stdout "out", stderr "no"`},
			{"kill -9 $$", `"/bin/sh" was ended by signal 9 (killed), stdout "out", stderr "no"`},
		} {
			if !box.Sampled(i + j) {
				continue
			}
			for _, verb := range []string{"create", "run", "run --detach"} {
				h := failing(t, kind, c.how)
				var r box.Result
				switch {
				case verb == "run":
					r = h.Run()
				case verb != "create":
					r = h.Run("--detach")
				case i < 3:
					r = h.TryCreate().Wait()
				default:
					h.Create()
					r = h.Do("start", h.ID)
				}
				if want := "hooks." + kind + "[0]: " + c.want; r.Status != 1 || !strings.Contains(r.Stderr, want) || strings.Count(r.Stderr, "\n") != 1 {
					t.Errorf("%s, %s: exit status %d, stderr %q, expected %s", verb, kind, r.Status, r.Stderr, want)
				}
				h.expect(verb+", "+kind, upTo[kind])
				h.NothingLeft()
			}
		}
	})
}

// In a container that shares the host's pid namespace nothing ends by itself.
func TestFailureSharedPids(t *testing.T) {
	for _, kind := range kinds[:5] {
		h := failing(t, kind, "sleep 600 </dev/null >/dev/null 2>&1 & exit 1")
		h.DropNamespace("pid")
		if kind != "createContainer" && kind != "startContainer" {
			// What a hook leaves on the host is its own business.
			(*h.list(kind))[0].Args[2] += "; exit 1"
			(*h.list(kind))[0].Args[2] = strings.Replace((*h.list(kind))[0].Args[2], "sleep 600 </dev/null >/dev/null 2>&1 & ", "", 1)
		}
		if r := h.Run(); r.Status != 1 || !strings.Contains(r.Stderr, "hooks."+kind+"[0]") {
			t.Errorf("%s: exit status %d, stderr %q", kind, r.Status, r.Stderr)
		}
		h.expect(kind, upTo[kind])
		h.NothingLeft()
	}
}

// A hook poststop that fails is a warning; the others run, and delete succeeds.
func TestPoststopFailure(t *testing.T) {
	h := newHooked(t, "exit 7")
	h.add("poststop", "echo one >>$LOG; echo no >&2; exit 1")
	h.add("poststop", "exit 0").Path = "/no/such"
	h.add("poststop", "echo three >>$LOG")
	check := func(what string, r box.Result, status int) {
		t.Helper()
		if r.Status != status || !strings.Contains(r.Stderr, `hooks.poststop[0]: "/bin/sh" has ended with exit status 1, stderr "no"`) || !strings.Contains(r.Stderr, "hooks.poststop[1].path") {
			t.Errorf("%s: exit status %d, stderr %q", what, r.Status, r.Stderr)
		}
		h.expect(what, "one three")
		h.NothingLeft()
	}
	check("run", h.Run(), 7)
	h.Create()
	check("delete", h.Do("delete", h.ID), 0)
	h.Create()
	check("delete --force", h.Do("delete", "--force", h.ID), 0)
	h.Spec.Process.Args = []string{"/no/such"}
	check("a create that fails", h.TryCreate().Wait(), 1)
}

// What fails after the hooks of create has to take back what they have made: poststop
// runs. What fails before there is a process has made nothing.
func TestOtherFailures(t *testing.T) {
	const all = "prestart createRuntime createContainer poststop"
	for _, c := range []struct {
		name, log string
		change    func(*hooked)
	}{
		{"no program", all, func(h *hooked) { h.Spec.Process.Args = []string{"/no/such"} }},
		{"no directory for the pid file", all, func(h *hooked) {}},
		{"no such mount", "poststop", func(h *hooked) { h.Mount("no-such-fs", "x", "/mnt", "") }},
		{"no root", "", func(h *hooked) { h.Spec.Root.Path = "no-such" }},
	} {
		h := newHooked(t, "true")
		h.note()
		h.Spec.Hooks.StartContainer, h.Spec.Hooks.Poststart = nil, nil
		c.change(h)
		var flags []string
		if strings.Contains(c.name, "pid file") {
			flags = []string{"--pid-file", h.Dir + "/no/such"}
		}
		if r := h.TryCreate(flags...).Wait(); r.Status == 0 {
			t.Errorf("%s: create has succeeded", c.name)
		}
		h.expect(c.name, c.log)
		if r := h.Run(flags...); r.Status == 0 {
			t.Errorf("%s: run has succeeded", c.name)
		}
		h.expect(c.name, c.log)
		h.NothingLeft()
	}
}

// A program that create could look up but that execve refuses: it was not executed, so
// poststart does not run, and start says no more than without hooks.
func TestNotExecuted(t *testing.T) {
	h := newHooked(t, "")
	h.File("bin/garbage", "\x01\x02", 0o755)
	h.Spec.Process.Args = []string{"/bin/garbage"}
	h.note()
	h.Create()
	if r := h.Must("start", h.ID); r.Stderr != "" {
		t.Errorf("start: stderr %q", r.Stderr)
	}
	h.WaitFor("stopped")
	h.expect("after start", "prestart createRuntime createContainer startContainer")
	h.Must("delete", h.ID)
	h.expect("after delete", "poststop")
	if r := h.Run(); r.Status == 0 || !strings.Contains(r.Stderr, "exec format error") {
		t.Errorf("run: exit status %d, stderr %q", r.Status, r.Stderr)
	}
	h.expect("run", "prestart createRuntime createContainer startContainer poststop")
	h.NothingLeft()
	// A program that ends at once was executed.
	h.Spec.Process.Args = []string{"/bin/true"}
	h.Up()
	h.expect("a short program", "prestart createRuntime createContainer startContainer poststart")
	h.Must("delete", "--force", h.ID)
}
