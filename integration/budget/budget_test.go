// Package budget counts the system calls of each command and holds them to a committed
// number: a regression is seen without a clock, on a loaded machine too.
//
//	go test ./integration/budget -update    # after a change that is worth more calls
//
// What the Go runtime does for itself (threads, memory, timers) is not counted: it is
// another number each time.
package budget

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/runseal/runseal/integration/internal/box"
)

var update = flag.Bool("update", false, "write the counts to testdata/budget.json")

func TestMain(m *testing.M) { box.Main(m) }

// ofGo are calls of the Go runtime.
var ofGo = []string{
	"futex", "rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "sigaltstack", "mmap", "munmap", "madvise", "mprotect",
	"nanosleep", "clock_nanosleep", "sched_yield", "sched_getaffinity", "tgkill", "gettid", "getpid", "clone", "epoll_create1", "epoll_ctl",
	"epoll_pwait", "eventfd2", "restart_syscall", "rseq", "set_robust_list", "arch_prctl", "brk", "exit", "waitid", "wait4",
}

const budgetFile = "testdata/budget.json"

// A count is how often a command makes each system call.
type count map[string]int

func (c count) total() (n int) {
	for name, calls := range c {
		if !slices.Contains(ofGo, name) {
			n += calls
		}
	}
	return n
}

// Each command, of the usual container with a seccomp filter and limits, makes no more
// system calls than testdata/budget.json allows. The number depends on the host's cgroup
// hierarchies: the budget is that of version 1 with ten of them, beside which version 2 is
// cheaper.
func TestBudget(t *testing.T) {
	b := box.New(t, "/bin/true")
	spec, err := os.ReadFile(usual(t))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(spec, &b.Spec); err != nil {
		t.Fatal(err)
	}
	b.Spec.Process.Terminal = false
	b.Spec.Process.Args = []string{"/bin/true"}
	b.Spec.Process.Env = append(b.Spec.Process.Env, b.Mark())
	b.Spec.Linux.CgroupsPath = b.Cgroup
	b.WriteConfig(b.Config())
	long := b.Sibling("/bin/sleep", "600")
	long.Up()

	have := map[string]count{}
	have["run"] = trace(t, b, "run", "--bundle", b.Dir, b.ID)()
	created := trace(t, b, "create", "--bundle", b.Dir, b.ID)
	if !box.Eventually(func() bool { _, err := os.Stat(filepath.Join(b.Root, b.ID, "exec.fifo")); return err == nil }) {
		t.Fatal("create has made no exec.fifo")
	}
	have["state"] = trace(t, b, "state", b.ID)()
	have["start"] = trace(t, b, "start", b.ID)()
	have["create"] = created() // with the process that it leaves, up to its end
	have["delete"] = trace(t, b, "delete", b.ID)()
	have["exec"] = trace(t, b, "exec", long.ID, "/bin/true")()
	have["kill"] = trace(t, b, "kill", long.ID, "0")()

	if *update {
		text, err := json.MarshalIndent(have, "", "\t")
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(budgetFile, append(text, '\n'), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	text, err := os.ReadFile(budgetFile)
	if err != nil {
		t.Fatal(err)
	}
	var allowed map[string]count
	if err := json.Unmarshal(text, &allowed); err != nil {
		t.Fatal(err)
	}
	for _, name := range slices.Sorted(maps.Keys(have)) {
		got, most := have[name].total(), allowed[name].total()
		t.Logf("%-7s %4d system calls, budget %4d", name, got, most)
		if got > most+most/50+2 {
			t.Errorf("%s makes %d system calls, its budget is %d (%s):\n%s", name, got, most, budgetFile, more(have[name], allowed[name]))
		}
	}
}

// usual makes the config.json of `runseal spec`, which has Docker's default profile.
func usual(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if out, err := exec.Command(box.Binary(), "spec", "--bundle", dir).CombinedOutput(); err != nil {
		t.Fatalf("spec: %v: %s", err, out)
	}
	return filepath.Join(dir, "config.json")
}

// trace runs a command under strace(1) with all processes that it leaves; the function that
// is returned waits for the end of the last one and counts.
func trace(t *testing.T, b *box.Box, args ...string) func() count {
	t.Helper()
	table := filepath.Join(t.TempDir(), "strace")
	b.Wrap([]string{"strace", "-f", "-c", "-o", table})
	p := b.Start(nil, args...)
	b.Wrap(nil)
	return func() count {
		t.Helper()
		if r := p.Wait(); r.Status != 0 {
			t.Fatalf("%q: exit status %d, stderr %q", args, r.Status, r.Stderr)
		}
		return parse(t, table)
	}
}

// parse reads a table of strace -c: "% time, seconds, usecs/call, calls, [errors,] syscall".
func parse(t *testing.T, name string) count {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	c := count{}
	for line := range strings.Lines(string(text)) {
		f := strings.Fields(line)
		if len(f) < 5 || f[len(f)-1] == "total" {
			continue
		}
		if calls, err := strconv.Atoi(f[3]); err == nil {
			c[f[len(f)-1]] += calls
		}
	}
	if len(c) == 0 {
		t.Fatalf("no table of strace: %q", text)
	}
	return c
}

// more lists the calls that are made more often than before.
func more(have, allowed count) string {
	var b bytes.Buffer
	for _, name := range slices.Sorted(maps.Keys(have)) {
		if !slices.Contains(ofGo, name) && have[name] > allowed[name] {
			fmt.Fprintf(&b, "\t%-20s %d, was %d\n", name, have[name], allowed[name])
		}
	}
	return b.String()
}
