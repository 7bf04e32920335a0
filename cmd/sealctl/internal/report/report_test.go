package report

import (
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/opencontainers/runtime-spec/specs-go"

	"github.com/runseal/runseal/seccomp"
	"github.com/runseal/runseal/seccomp/arch"
	"github.com/runseal/runseal/seccomp/profiles"
	"github.com/runseal/runseal/seccomp/profiles/docker"
)

const first = `{"defaultAction": "SCMP_ACT_ERRNO", "architectures": ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86"], "syscalls": [
	{"names": ["read", "socket", "execve", "nonsense"], "action": "SCMP_ACT_ALLOW"},
	{"names": ["personality"], "action": "SCMP_ACT_ALLOW", "args": [{"index": 0, "value": 8, "op": "SCMP_CMP_EQ"}]},
	{"names": ["personality"], "action": "SCMP_ACT_LOG", "args": [{"index": 0, "value": 9, "op": "SCMP_CMP_LE"}]},
	{"names": ["mount", "reboot"], "action": "SCMP_ACT_TRACE", "errnoRet": 7},
	{"names": ["kill"], "action": "SCMP_ACT_ERRNO", "errnoRet": 3, "args": [{"index": 1, "value": 9, "op": "SCMP_CMP_EQ"}]},
	{"names": ["ioctl"], "action": "SCMP_ACT_ALLOW", "args": [{"index": 1, "value": 4294967298, "op": "SCMP_CMP_LT"}]},
	{"names": ["clone"], "action": "SCMP_ACT_ALLOW", "args": [{"index": 0, "value": 2114060288, "valueTwo": 0, "op": "SCMP_CMP_MASKED_EQ"}]},
	{"names": ["clone"], "action": "SCMP_ACT_ALLOW", "args": [{"index": 1, "value": 1, "op": "SCMP_CMP_NE"}]}]}`

// reworded means the same as first, but for kill and the warning.
const reworded = `{"defaultAction": "SCMP_ACT_ERRNO", "architectures": ["SCMP_ARCH_X86", "SCMP_ARCH_X86_64"], "syscalls": [
	{"names": ["clone"], "action": "SCMP_ACT_ALLOW", "args": [{"index": 1, "value": 1, "op": "SCMP_CMP_GT"}]},
	{"names": ["clone"], "action": "SCMP_ACT_ALLOW", "args": [{"index": 1, "value": 0, "op": "SCMP_CMP_EQ"}]},
	{"names": ["clone"], "action": "SCMP_ACT_ALLOW", "args": [{"index": 0, "value": 2114060288, "valueTwo": 0, "op": "SCMP_CMP_MASKED_EQ"}]},
	{"names": ["kill"], "action": "SCMP_ACT_ERRNO", "errnoRet": 3, "args": [{"index": 1, "value": 10, "op": "SCMP_CMP_EQ"}]},
	{"names": ["ioctl"], "action": "SCMP_ACT_ALLOW", "args": [{"index": 1, "value": 4294967297, "op": "SCMP_CMP_LE"}]},
	{"names": ["personality"], "action": "SCMP_ACT_ALLOW", "args": [{"index": 0, "value": 8, "op": "SCMP_CMP_EQ"}]},
	{"names": ["personality"], "action": "SCMP_ACT_LOG", "args": [{"index": 0, "value": 10, "op": "SCMP_CMP_LT"}]},
	{"names": ["reboot", "mount"], "action": "SCMP_ACT_TRACE", "errnoRet": 7},
	{"names": ["execve", "read", "socket"], "action": "SCMP_ACT_ALLOW"}]}`

const strict = `{"defaultAction": "SCMP_ACT_KILL_PROCESS", "defaultErrnoRet": null, "architectures": ["SCMP_ARCH_X86_64"],
	"flags": ["SECCOMP_FILTER_FLAG_LOG"], "syscalls": [
	{"names": ["read", "execve"], "action": "SCMP_ACT_ALLOW"},
	{"names": ["personality"], "action": "SCMP_ACT_TRAP", "args": [{"index": 0, "value": 8, "op": "SCMP_CMP_EQ"}]}]}`

func load(t testing.TB, name, text string) Profile {
	t.Helper()
	spec, err := seccomp.ParseProfile([]byte(text))
	if text == "docker/default" {
		spec, err = profiles.Load(text, profiles.Options{Host: docker.Host{Caps: docker.Capabilities()}})
	}
	if err != nil {
		t.Fatal(err)
	}
	policy, err := seccomp.NewPolicy(spec, seccomp.Options{Native: "SCMP_ARCH_X86_64"})
	if err != nil {
		t.Fatal(err)
	}
	return Profile{name, spec, policy}
}

func archs(names ...string) (list []*arch.Arch) {
	for _, n := range names {
		list = append(list, arch.Lookup("SCMP_ARCH_"+n))
	}
	return list
}

// make3 returns a report of three profiles, the same each time.
func make3(t testing.TB) ([]Profile, *Report) {
	t.Helper()
	made.Do(func() {
		made.list = []Profile{load(t, "first.json", first), load(t, "reworded.json", reworded), load(t, "strict.json", strict)}
		made.r, made.err = New(made.list, archs("X86_64", "X86", "X32", "S390X"))
	})
	if made.err != nil {
		t.Fatal(made.err)
	}
	return made.list, made.r
}

var made struct {
	sync.Once
	list []Profile
	r    *Report
	err  error
}

var interesting = []uint64{0, 1, 2, 8, 9, 10, 0x7e020000, 0x10000000, 1 << 31, 1<<32 - 1, 1 << 32, 1<<32 + 1, 1<<32 + 2, 1<<32 + 3, 1<<32 + 8, 1<<64 - 1}

// holds evaluates a condition as config-linux.md defines it, in the architecture's
// width.
func holds(c specs.LinuxSeccompArg, a *arch.Arch, args [6]uint64) bool {
	x, v, two := args[c.Index], c.Value, c.ValueTwo
	if a.Bits == 32 {
		x, v, two = uint64(uint32(x)), uint64(uint32(v)), uint64(uint32(two))
	}
	switch c.Op {
	case specs.OpNotEqual:
		return x != v
	case specs.OpLessThan:
		return x < v
	case specs.OpLessEqual:
		return x <= v
	case specs.OpEqualTo:
		return x == v
	case specs.OpGreaterEqual:
		return x >= v
	case specs.OpGreaterThan:
		return x > v
	}
	return x&v == two&v
}

// Every call of every architecture is in exactly one row; read as the legend says, from
// top to bottom, the row says what the policy decides; and profiles of which it says
// that they agree do.
func TestRows(t *testing.T) {
	three, r3 := make3(t)
	two := []Profile{load(t, "docker", "docker/default"), three[0]}
	r2, err := New(two, two[0].Policy.Archs())
	if err != nil {
		t.Fatal(err)
	}
	random := rand.New(rand.NewPCG(1, 2))
	for _, c := range []struct {
		list []Profile
		r    *Report
	}{{three, r3}, {two, r2}} {
		seen := map[Number]string{}
		for i := range c.r.Rows {
			row := &c.r.Rows[i]
			for _, n := range row.Numbers {
				a := c.r.Archs[n.Arch]
				if a.Name(n.Number) != row.Name || seen[n] != "" {
					t.Errorf("%s: number %d of %s, already %q", row.Name, n.Number, a.Scmp, seen[n])
				}
				seen[n] = row.Name
				for range 20 {
					var args [6]uint64
					for i := range args {
						args[i] = interesting[random.IntN(len(interesting))]
					}
					var actions []seccomp.Action
					for i, p := range c.list {
						want := p.Policy.Decide(a.Audit, n.Number, args)
						actions = append(actions, want)
						got := decide(row.Outcomes[i], a, args)
						if got != want {
							t.Fatalf("%s %s%x of %s: %s, want %s", a.Scmp, row.Name, args, p.Name, got, want)
						}
						if want != actions[0] && !row.Different[i] {
							t.Errorf("%s %s%x: %s decides %s, which is not marked as different", a.Scmp, row.Name, args, p.Name, want)
						}
					}
				}
			}
		}
		for k, a := range c.r.Archs {
			for nr := a.Base; nr <= a.Max; nr++ {
				if name := a.Name(nr); name != seen[Number{k, nr}] {
					t.Errorf("%s %q (%d) is %q", a.Scmp, name, nr, seen[Number{k, nr}])
				}
			}
		}
	}
}

// decide reads the ways of a cell as people do: the first whose condition holds, or
// else the last.
func decide(outcomes []seccomp.Outcome, a *arch.Arch, args [6]uint64) seccomp.Action {
	for _, o := range outcomes {
		if !slices.ContainsFunc(o.If, func(c specs.LinuxSeccompArg) bool { return !holds(c, a, args) }) {
			return o.Action
		}
	}
	return outcomes[len(outcomes)-1].Action
}

// Differences are of meaning, and rows with nothing new to say do not exist.
func TestDifferences(t *testing.T) {
	_, r := make3(t)
	var reworded []string
	lines := map[string]int{}
	for i := range r.Rows {
		row := &r.Rows[i]
		lines[row.Name]++
		if row.Different[0] {
			t.Errorf("%s: the first profile differs from itself", row.Name)
		}
		if row.Different[1] && !slices.Contains(reworded, row.Name) {
			reworded = append(reworded, row.Name)
		}
	}
	if !slices.Equal(reworded, []string{"kill"}) {
		t.Errorf("reworded.json differs in %v, want kill only", reworded)
	}
	for name, want := range map[string]int{
		"read":                    2, // in x86_64 all allow it, in x86 two
		"write":                   2, // X86_64 and X86: ERRNO or KILL; X32 and S390X: all kill
		"landlock_create_ruleset": 2,
		"ioctl":                   3, // in 32 bits the condition is cut
	} {
		if lines[name] < want {
			t.Errorf("%s has %d rows, want %d", name, lines[name], want)
		}
	}
	one, err := New([]Profile{load(t, "docker", "docker/default")}, archs("X86_64", "X86", "X32"))
	if err != nil {
		t.Fatal(err)
	}
	if n := len(one.Rows); n < 470 || n > 490 {
		t.Errorf("%d rows for Docker's profile in three architectures, which have 477 names and few exceptions", n)
	}
}

func TestSummary(t *testing.T) {
	list, r := make3(t)
	for i, want := range []Summary{
		{Name: "first.json", Default: seccomp.Errno(1), Unlisted: seccomp.KillProcess, Flags: []string{"SECCOMP_FILTER_FLAG_SPEC_ALLOW"}},
		{Name: "reworded.json", Default: seccomp.Errno(1), Unlisted: seccomp.KillProcess, Flags: []string{"SECCOMP_FILTER_FLAG_SPEC_ALLOW"}},
		{Name: "strict.json", Default: seccomp.KillProcess, Unlisted: seccomp.KillProcess, Flags: []string{"SECCOMP_FILTER_FLAG_LOG"}},
	} {
		s := &r.Profiles[i]
		if s.Name != want.Name || s.Default != want.Default || s.Unlisted != want.Unlisted || !slices.Equal(s.Flags, want.Flags) ||
			len(s.Warnings) != []int{1, 0, 0}[i] || s.Instructions < 10 {
			t.Errorf("%+v, want %+v", s, want)
		}
		for k, a := range s.Archs {
			calls, always, byArguments := 0, 0, 0
			for nr := r.Archs[k].Base; nr <= r.Archs[k].Max; nr++ {
				if r.Archs[k].Name(nr) == "" {
					continue
				}
				calls++
				if o, err := list[i].Policy.Explain(r.Archs[k].Audit, nr); err != nil {
					t.Fatal(err)
				} else if slices.ContainsFunc(o, func(x seccomp.Outcome) bool { return x.Action != o[0].Action }) {
					calls--
				}
			}
			for _, c := range a.Counts {
				always += c.Always
				byArguments += c.ByArguments
			}
			if always != calls {
				t.Errorf("%s %s: %d calls are counted, want %d", s.Name, r.Archs[k].Scmp, always, calls)
			}
			if listed := slices.Contains(list[i].Policy.Archs(), r.Archs[k]); listed != a.Listed || (byArguments > 0) != listed {
				t.Errorf("%s %s: listed %t, %d by arguments", s.Name, r.Archs[k].Scmp, a.Listed, byArguments)
			}
			if !slices.IsSortedFunc(a.Counts, func(x, y Count) int { return permissive(x.Action, y.Action) }) {
				t.Errorf("%s: %v are not in order", s.Name, a.Counts)
			}
		}
	}
	if got := r.Profiles[0].Archs[0].Newer; got != seccomp.Errno(38) {
		t.Errorf("newer calls get %s", got)
	}
	if got := strings.Join(flagNames(1|2|4|8|16|32|64), " "); !strings.HasSuffix(got, " SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV 0x40") {
		t.Errorf("flags %s", got)
	}
}

// What a cell says.
func TestWays(t *testing.T) {
	_, r := make3(t)
	text := map[string]string{}
	for i := range r.Rows {
		row := &r.Rows[i]
		if _, ok := text[row.Name]; ok {
			continue
		}
		var b strings.Builder
		for _, w := range ways(row.Outcomes[0]) {
			b.WriteString(w.Action.Text)
			if len(w.If) > 0 {
				b.WriteString(" if " + strings.Join(w.If, " or "))
			}
			if w.Rest {
				b.WriteString(" otherwise")
			}
			b.WriteString("; ")
		}
		text[row.Name] = b.String()
	}
	for name, want := range map[string]string{
		"read":        "ALLOW; ",
		"personality": "ALLOW if arg0 == 0x8; LOG if arg0 <= 0x9; ERRNO(1 EPERM) otherwise; ",
		"clone":       "ALLOW if arg0 & 0x7e020000 == 0x0 or arg1 != 0x1; ERRNO(1 EPERM) otherwise; ",
		"kill":        "ERRNO(3 ESRCH) if arg1 == 0x9; ERRNO(1 EPERM) otherwise; ",
	} {
		if text[name] != want {
			t.Errorf("%s: %q, want %q", name, text[name], want)
		}
	}
}

// Several entries that say the same together are no condition.
func TestAlike(t *testing.T) {
	p := load(t, "p", `{"defaultAction": "SCMP_ACT_ERRNO", "syscalls": [
		{"names": ["getpid"], "action": "SCMP_ACT_ALLOW", "args": [{"index": 0, "value": 8, "op": "SCMP_CMP_LT"}]},
		{"names": ["getpid"], "action": "SCMP_ACT_ALLOW", "args": [{"index": 0, "value": 8, "op": "SCMP_CMP_GE"}]}]}`)
	calls, err := Calls(p.Policy, arch.Lookup("SCMP_ARCH_X86_64"))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range calls {
		if len(c.Outcomes) != 1 || len(c.Outcomes[0].If)+len(c.Outcomes[0].Unless) > 0 || (c.Name == "getpid") != (c.Outcomes[0].Action == seccomp.Allow) {
			t.Errorf("%+v", c)
		}
	}
	if !slices.IsSortedFunc(calls, func(x, y Call) int { return int(x.Number) - int(y.Number) }) {
		t.Error("the calls are not in order")
	}
}
