package lint

import (
	"cmp"
	"fmt"
	"math/bits"
	"slices"

	"github.com/opencontainers/runtime-spec/specs-go"

	"github.com/runseal/runseal/seccomp"
	"github.com/runseal/runseal/seccomp/arch"
)

// Bounds of the work. Distributed profiles need a small part of them; they are for
// profiles of thousands of entries.
const (
	maxRules = 128       // rules for one call that are looked at
	maxWork  = 1_500_000 // microseconds of a machine of 2024, by estimation
)

// load is what makes questions about a call expensive: its rules, and how many
// arguments they look at together.
type load struct {
	rules int
	args  uint8 // a bit for each argument
}

func (l load) add(other load) load { return load{l.rules + other.rules, l.args | other.args} }

// explaining and comparing estimate the work of one question, in microseconds. That
// is measured: it grows with the square of the number of rules, and of those that look at
// several arguments Explain tries how they can be said in short.
func (l load) explaining() int {
	n := min(l.rules, maxRules)
	if bits.OnesCount8(l.args) <= 1 {
		return 60 + 12*n*n
	}
	return 60 + min(17*n*n*n, 700_000)
}

func (l load) comparing() int {
	n := min(l.rules, maxRules)
	if bits.OnesCount8(l.args) <= 1 {
		return 500 + 14*n*n
	}
	return 500 + 80*n*n
}

// work counts what has been done and what could not.
type work struct {
	done    int
	skipped map[string]bool // calls about which not everything was asked
}

// afford takes work from what is left; false if it is too much. name is the call.
func (m *model) afford(microseconds int, name string) bool {
	if m.work.done+microseconds <= maxWork {
		m.work.done += microseconds
		return true
	}
	m.leave(name)
	return false
}

func (m *model) leave(name string) {
	if m.work.skipped == nil {
		m.work.skipped = map[string]bool{}
	}
	m.work.skipped[name] = true
}

// question is what outcomes was asked.
type question struct {
	call
	given specs.LinuxSeccompArg
	some  bool // given is something
}

// outcomes asks what becomes of a call, on the condition given if there is one. nil:
// that was not to be found out, or no argument meets the condition.
func (m *model) outcomes(a *arch.Arch, nr uint32, given ...specs.LinuxSeccompArg) []seccomp.Outcome {
	q := question{call: call{a, nr}, some: len(given) > 0}
	if q.some {
		q.given = given[0]
	}
	if list, ok := m.explained[q]; ok {
		return list
	}
	var list []seccomp.Outcome
	if l := m.loads[q.call]; l.rules == 0 { // a shortcut, since most calls have none
		o := seccomp.Outcome{Action: m.policy.Decide(a.Audit, nr, [6]uint64{}), Cause: seccomp.Cause{By: seccomp.ByDefault}}
		if o.Action != m.otherwise {
			o.Cause.By = seccomp.ByNewer
		}
		list = []seccomp.Outcome{o}
	} else if l.rules > maxRules {
		m.leave(a.Name(nr))
	} else if m.afford(l.explaining(), a.Name(nr)) {
		var err error
		if list, err = m.policy.Explain(a.Audit, nr, given...); err != nil {
			m.leave(a.Name(nr)) // too complicated
		}
	}
	m.explained[q] = list
	return list
}

// passes says whether a call may be executed: for some arguments, and for all.
func passes(list []seccomp.Outcome) (some, all bool) {
	all = len(list) > 0
	for _, o := range list {
		some = some || o.Action.Passes()
		all = all && o.Action.Passes()
	}
	return some, all
}

// aspect is the part of a profile that decides one call, as a profile: the entries
// that name the call or a multiplexer of it, with those names alone. All names of the
// profile are in it, in an entry without effect, so that the same numbers count as
// newer than the profile.
type aspect struct {
	profile *specs.LinuxSeccomp
	entries []int // of the whole profile, for each of this one's but the last
	native  string
}

// aspect returns what decides the call, without the given uses.
func (m *model) aspect(id arch.ID, without []use) *aspect {
	ids := map[arch.ID]bool{id: true}
	for _, a := range m.all {
		if mux, _, _, ok := a.Mux(id); ok {
			ids[mux] = true
		}
		for _, other := range m.ids {
			if mux, _, _, ok := a.Mux(other); ok && mux == id {
				ids[other] = true
			}
		}
	}
	var uses []use
	for id := range ids {
		uses = append(uses, m.uses[id]...)
	}
	slices.SortFunc(uses, func(x, y use) int { return cmp.Or(cmp.Compare(x.entry, y.entry), cmp.Compare(x.name, y.name)) })
	s := &aspect{native: m.native().Scmp, profile: &specs.LinuxSeccomp{
		DefaultAction: m.profile.DefaultAction, DefaultErrnoRet: m.profile.DefaultErrnoRet,
		Architectures: m.profile.Architectures, ListenerPath: m.profile.ListenerPath,
	}}
	for _, u := range uses {
		if slices.Contains(without, u) {
			continue
		}
		from := &m.profile.Syscalls[u.entry]
		s.profile.Syscalls = append(s.profile.Syscalls, specs.LinuxSyscall{
			Names: from.Names[u.name : u.name+1 : u.name+1], Action: from.Action, ErrnoRet: from.ErrnoRet, Args: from.Args,
		})
		s.entries = append(s.entries, u.entry)
	}
	all := specs.LinuxSyscall{Action: m.profile.DefaultAction, ErrnoRet: m.profile.DefaultErrnoRet}
	for _, id := range m.ids {
		all.Names = append(all.Names, id.String())
	}
	s.profile.Syscalls = append(s.profile.Syscalls, all)
	return s
}

// policy spells the aspect out; ints compares int arguments in 32 bits.
func (s *aspect) policy(ints bool) (*seccomp.Policy, error) {
	return seccomp.NewPolicy(s.profile, seccomp.Options{Native: s.native, IntArgs: ints})
}

// compare returns what two aspects of one profile decide differently.
func compare(x, y *aspect) (*seccomp.Comparison, error) {
	a, err := x.policy(false)
	if err != nil {
		return nil, err
	}
	b, err := y.policy(false)
	if err != nil {
		return nil, err
	}
	return seccomp.Compare(a, b)
}

var notChecked = &Rule{
	ID: "not-checked", Severity: Warning,
	Title: "some calls were not checked completely, to save time",
	Help: `Some rules of the linter prove something about all arguments of a call, which takes time that grows with the
square of the number of conditions. Calls with more than 128 rules, or with conditions that are too complicated, and all
further ones when the whole work is above a limit, are left out by these rules: shadowed, redundant and overlapping
entries, int arguments, architectures and multiplexers, dangerous and sibling calls. What they would have said is not
known, so that there may be more than is reported.`,
}

// checkWork reports what the other rules had to leave out.
func checkWork(m *model) {
	var calls []string
	for name := range m.work.skipped {
		calls = append(calls, name)
	}
	if len(calls) == 0 {
		return
	}
	slices.Sort(calls)
	m.report(notChecked, root+".syscalls", fmt.Sprintf("too many or too complicated rules, so that findings may be missing, for %s", list(calls)), calls)
}

// values are conditions that only these arguments meet.
func values(args [6]uint64) []specs.LinuxSeccompArg {
	var list []specs.LinuxSeccompArg
	for i, v := range args {
		list = append(list, specs.LinuxSeccompArg{Index: uint(i), Value: v, Op: specs.OpEqualTo})
	}
	return list
}
