package hostile

import (
	"flag"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	specs "github.com/opencontainers/runtime-spec/specs-go"

	"github.com/runseal/runseal/integration/internal/box"
)

var every = flag.Bool("every", false, "let every single system call fail, and swap directories 2,000 times, instead of samples")

// base is a box that runs and that has every field which the rows change.
func base(t *testing.T) *box.Box {
	b := box.New(t, "/bin/echo", "ran")
	b.Spec.Process.User = specs.User{UID: 1000, GID: 1000, AdditionalGids: []uint32{5}}
	b.Spec.Process.Rlimits = []specs.POSIXRlimit{{Type: "RLIMIT_NOFILE", Hard: 1024, Soft: 1024}}
	one := uint(1)
	b.Spec.Linux.Seccomp = &specs.LinuxSeccomp{
		DefaultAction: specs.ActAllow, Architectures: []specs.Arch{specs.ArchX86_64, specs.ArchX86},
		Syscalls: []specs.LinuxSyscall{
			{Names: []string{"acct"}, Action: specs.ActErrno, ErrnoRet: &one},
			{Names: []string{"personality"}, Action: specs.ActErrno, Args: []specs.LinuxSeccompArg{{Index: 0, Value: 7, Op: specs.OpEqualTo}}},
		},
	}
	return b
}

func TestTheBaseRuns(t *testing.T) {
	b := base(t)
	apply(t, b)
	if r := b.Run(); r.Status != 0 || r.Stdout != "ran\n" || r.Stderr != "" {
		t.Fatalf("exit status %d, stdout %q, stderr %q", r.Status, r.Stdout, r.Stderr)
	}
}

// A row is one input and what must come of it: a refusal, or what accepted checks.
type row struct {
	n     int    // of the list of bad configurations
	name  string // which variant
	edits []edit
	// setup changes what is around config.json, which is written before.
	setup func(t *testing.T, b *box.Box)
	field string        // the line names it
	say   string        // a regular expression for what the line says of it
	flags []string      // global ones
	id    *string       // instead of the box's
	limit time.Duration // instead of a second
	// accepted is instead of all that: the input is no error.
	accepted func(t *testing.T)
}

// around is what is outside of all containers.
type around struct {
	canary *canary
	mounts []string
}

func (w *around) unchanged(t *testing.T) {
	t.Helper()
	w.canary.unchanged(t)
	// Fewer is fine: what others had mounted before goes when they remove the directory.
	for _, m := range mountTable(t) {
		if !slices.Contains(w.mounts, m) {
			t.Errorf("a mount that has not been there before: %s", m)
		}
	}
}

// refuse runs create and run on the row's input.
func (c *row) refuse(t *testing.T) {
	t.Helper()
	b := base(t)
	b.Global(c.flags...)
	apply(t, b, c.edits...)
	if c.setup != nil {
		c.setup(t, b)
	}
	id := b.ID
	if c.id != nil {
		id = *c.id
	}
	for _, verb := range []string{"create", "run"} {
		checkRefusal(t, b, verb, b.Do(verb, "--bundle", b.Dir, id), c)
	}
}

// checkRefusal checks what every refusal must be.
func checkRefusal(t *testing.T, b *box.Box, what string, r box.Result, c *row) {
	t.Helper()
	if r.Status == 0 {
		t.Errorf("%s: accepted, stdout %q, stderr %q", what, r.Stdout, r.Stderr)
	}
	if r.Stdout != "" {
		t.Errorf("%s: stdout %q: the process has run", what, r.Stdout)
	}
	if n := strings.Count(r.Stderr, "\n"); n != 1 || !strings.HasSuffix(r.Stderr, "\n") {
		t.Errorf("%s: stderr is %d lines, expected one: %.600q", what, n, r.Stderr)
	}
	if len(r.Stderr) > 1000 {
		t.Errorf("%s: the line has %d bytes: %.200q…", what, len(r.Stderr), r.Stderr)
	}
	if strings.ContainsFunc(strings.TrimSuffix(r.Stderr, "\n"), func(c rune) bool { return c < ' ' || c == 0x7f }) {
		t.Errorf("%s: control characters in %q", what, r.Stderr)
	}
	// Not a part of a longer path: linux.seccomp is not linux.seccomp.flags.
	if !regexp.MustCompile(`(^|[^\w.\]])` + regexp.QuoteMeta(c.field) + `([^\w.\[]|\.\W|$)`).MatchString(r.Stderr) {
		t.Errorf("%s: stderr %.600q does not name %q", what, r.Stderr, c.field)
	}
	if !regexp.MustCompile(c.say).MatchString(r.Stderr) {
		t.Errorf("%s: stderr %.600q does not say %q", what, r.Stderr, c.say)
	}
	limit := c.limit
	if limit == 0 {
		limit = time.Second
	}
	// The work within the limit; the wait is another thing on a machine that has more to
	// do, but it has an end too.
	if r.CPU >= box.Slow(limit) || r.Took >= box.Slow(10*limit) {
		t.Errorf("%s: took %v, and %v of processor time, expected less than %v", what, r.Took, r.CPU, limit)
	}
	b.NothingLeft()
	if entries, err := os.ReadDir(b.Root); err == nil && len(entries) > 0 {
		t.Errorf("%s: the state directory has %v", what, entries)
	}
}
