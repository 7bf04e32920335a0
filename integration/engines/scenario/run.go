package scenario

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/runseal/runseal/integration/internal/box"
	"github.com/runseal/runseal/integration/internal/oracle"
	"github.com/runseal/runseal/integration/internal/room"
)

// A Scenario is one thing that people do.
type Scenario struct {
	Name string
	Run  func(r *Run)
	// Alone is for what disturbs others, such as a restart of the daemon.
	Alone bool
}

// All are the scenarios, in the order in which they run.
var All = []Scenario{
	{Name: "exit status", Run: exitStatus},
	{Name: "streams", Run: streams},
	{Name: "exec", Run: execs},
	{Name: "signals", Run: signals},
	{Name: "stop", Run: stop},
	{Name: "terminal", Run: terminal},
	{Name: "attach", Run: attach},
	{Name: "errors", Run: failures},
	{Name: "seccomp", Run: seccomp},
	{Name: "inside", Run: inside},
	{Name: "a user", Run: user},
	{Name: "privileged", Run: privileged},
	{Name: "pause", Run: pause},
	{Name: "stats", Run: stats},
	{Name: "update", Run: update},
	{Name: "out of memory", Run: outOfMemory},
	{Name: "shared pid namespace", Run: sharedPid},
	{Name: "user namespace", Run: userNamespace},
	{Name: "extra fds", Run: extraFDs},
	{Name: "restart", Run: restart, Alone: true},
}

// Parts are what an engine may lack of a scenario that it has otherwise.
var Parts = []string{"exec: user and directory", "exec: detached errors"}

// A Run is one scenario under one engine with one runtime.
type Run struct {
	*testing.T
	Engine
	Runtime string
	id      string
	seen    oracle.Seen
}

// Test runs the table under an engine.
func Test(t *testing.T, e Engine) {
	names := map[string]bool{}
	for _, p := range Parts {
		names[p] = true
	}
	for _, s := range All {
		names[s.Name] = true
	}
	for name := range e.Lacks() {
		if !names[name] {
			t.Errorf("%s lacks %q, which is no scenario", e.Name(), name)
		}
	}
	// Those that run side by side first.
	for _, alone := range []bool{false, true} {
		t.Run(map[bool]string{false: "together", true: "alone"}[alone], func(t *testing.T) {
			for _, s := range All {
				if s.Alone == alone {
					t.Run(s.Name, func(t *testing.T) {
						if !alone {
							t.Parallel()
						}
						s.Test(t, e)
					})
				}
			}
		})
	}
}

// Test runs a scenario under an engine with both runtimes, and compares what they have seen.
func (s Scenario) Test(t *testing.T, e Engine) {
	if why := e.Lacks()[s.Name]; why != "" {
		t.Logf("not for %s: %s", e.Name(), why)
		return
	}
	seen := map[string]oracle.Seen{}
	for _, runtime := range []string{Runc, Runseal} {
		t.Run(runtime, func(t *testing.T) {
			r := &Run{T: t, Engine: e, Runtime: runtime, seen: oracle.Seen{}}
			r.id = fmt.Sprintf("%s-%s-%d", strings.ReplaceAll(s.Name, " ", "-"), runtime, os.Getpid())
			seen[runtime] = r.seen
			s.Run(r)
		})
	}
	if t.Failed() {
		return // and what was seen is not all
	}
	for key, lines := range oracle.Compare(differences, e.Name()+"/"+s.Name, seen[Runc], seen[Runseal]) {
		t.Errorf("runseal differs from runc (-) in %s:\n\t%s", key, strings.Join(lines, "\n\t"))
	}
}

// Has tells whether the engine has one of [Parts].
func (r *Run) Has(part string) bool {
	r.Helper()
	if !slices.Contains(Parts, part) {
		r.Fatalf("%q is no part", part)
	}
	why := r.Lacks()[part]
	if why != "" {
		r.Logf("not for %s: %s: %s", r.Name(), part, why)
	}
	return why == ""
}

// New is a container of the scenario, with an id made of its own name; "" is the
// scenario's only one. It is destroyed when the scenario ends.
func (r *Run) New(name string, argv ...string) Container {
	r.Helper()
	c := Container{ID: r.id, Runtime: r.Runtime, Process: Process{Argv: argv}}
	if name != "" {
		c.ID += "-" + name
	}
	r.Cleanup(func() { r.Destroy(r, c.ID) })
	return c
}

// Up starts a container in the background, which has to succeed.
func (r *Run) Up(c Container) string {
	r.Helper()
	if res := r.Background(r, c); res.Status != 0 {
		r.Fatalf("start: exit status %d, stdout %q, stderr %q", res.Status, res.Stdout, res.Stderr)
	}
	return c.ID
}

// Sh is a shell with a script.
func Sh(script string) []string { return []string{"/bin/sh", "-c", script} }

// Want asserts what a command did.
func (r *Run) Want(what string, res room.Result, status int, stdout string) {
	r.Helper()
	if res.Status != status || res.Stdout != stdout {
		r.Errorf("%s: exit status %d, stdout %q, stderr %q; expected %d, %q", what, res.Status, clip(res.Stdout), clip(res.Stderr), status, clip(stdout))
	}
}

// OK asserts that a command has succeeded.
func (r *Run) OK(what string, res room.Result) {
	r.Helper()
	if res.Status != 0 {
		r.Errorf("%s: exit status %d, stdout %q, stderr %q", what, res.Status, clip(res.Stdout), clip(res.Stderr))
	}
}

// Keep remembers what the scenario has seen.
func (r *Run) Keep(key, text string) {
	r.Helper()
	if _, there := r.seen[key]; there {
		r.Errorf("%q has been seen twice", key)
	}
	r.seen[key] = r.plain(text)
}

// Fails asserts that a command has failed and has said why, in words that people or
// engines look for; the status is kept.
func (r *Run) Fails(what string, res room.Result, words ...string) {
	r.Helper()
	said := res.Stdout + res.Stderr
	r.Logf("%s: %d, %s", what, res.Status, said)
	if res.Status == 0 {
		r.Errorf("%s: exit status 0, output %q; expected a failure", what, said)
	}
	for _, w := range words {
		if !strings.Contains(said, w) {
			r.Errorf("%s: %q, expected %q in it", what, said, w)
		}
	}
	r.Keep(what, fmt.Sprint("status ", res.Status))
}

var (
	longID = regexp.MustCompile(`\b[0-9a-f]{12}([0-9a-f]{52})?\b`) // whole, and as Docker shortens it
	stamp  = regexp.MustCompile(`\d{4}[-/]\d\d[-/]\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(Z|[-+]\d\d:\d\d)?`)
)

// plain is a text without what is another one in each container: ids, times, and the
// runtime's name.
func (r *Run) plain(text string) string {
	text = strings.ReplaceAll(text, r.id, "ID")
	text = strings.ReplaceAll(text, box.Binary(), "RUNTIME")
	text = longID.ReplaceAllString(text, "HEX")
	return stamp.ReplaceAllString(text, "TIME")
}

// clip shortens what would fill the screen.
func clip(s string) string {
	if len(s) > 2000 {
		return s[:2000] + "..."
	}
	return s
}
