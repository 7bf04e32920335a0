package compose

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/opencontainers/runtime-spec/specs-go"

	"github.com/runseal/runseal/seccomp"
	"github.com/runseal/runseal/seccomp/arch"
)

// lasts are the largest numbers that the result names, by architecture: what lies
// beyond gets ENOSYS.
type lasts map[*arch.Arch]uint32

// maxRounds bounds the attempts to find rules and lasts that fit together. Each round
// makes a number larger that is bounded by the tables of calls.
const maxRounds = 8

// rules finds the rules.
func (s *finder) rules() ([]specs.LinuxSyscall, error) {
	last := s.lasts()
	for range maxRounds {
		if err := s.round(last); err != nil {
			return nil, err
		}
		mentioned := s.mention(last)
		if !s.exceeds(mentioned, last) {
			return s.emit(mentioned), nil
		}
	}
	return nil, fmt.Errorf("no last system call was found beyond which ENOSYS fits, in %d rounds", maxRounds)
}

// round looks for the rules of each call, those of multiplexers at last.
func (s *finder) round(last lasts) error {
	var later []*call
	for _, call := range s.calls {
		if s.muxes[call.id] {
			later = append(later, call)
			call.rules = nil
			continue
		}
		if err := s.decide(call, last, func(list []rule) bool { return s.gives(call, list) }); err != nil {
			return err
		}
	}
	for _, call := range later {
		try := func(list []rule) bool {
			call.rules = list
			p, err := s.policy(s.emit(s.mention(last)))
			return err == nil && len(list) <= maxRules && len(s.differing(p, call)) == 0
		}
		if err := s.decide(call, last, try); err != nil {
			return err
		}
	}
	return nil
}

// lasts returns, for each architecture where calls beyond all named ones should get
// ENOSYS, the last call that should not.
func (s *finder) lasts() lasts {
	last := lasts{}
	enosys, differs := s.enosys()
	if !differs {
		return last
	}
	leaf := s.d.Leaf(uint32(enosys))
	for _, a := range s.Archs {
		if s.wantedAt(a, s.future(a)) != leaf {
			continue
		}
		for _, call := range s.calls {
			for _, t := range call.targets {
				if t.arch == a && t.want != leaf && s.counts(t) {
					last[a] = max(last[a], t.nr)
				}
			}
		}
	}
	return last
}

// future returns a number that no call has so far.
func (s *finder) future(a *arch.Arch) uint32 {
	if s.AsRunc {
		return a.Max + 1
	}
	return a.Dense + 1 // behind it are only calls that stand apart
}

// counts says whether the number of a call says how new it is.
func (s *finder) counts(t target) bool {
	first, last, some := t.arch.Apart()
	return s.AsRunc || !some || t.nr < first || t.nr > last
}

// mention returns calls without rules that the result has to name nevertheless, so that
// the last one on each architecture is the last that it names.
func (s *finder) mention(last lasts) (list []*call) {
	for _, a := range s.Archs {
		n, ok := last[a]
		if !ok {
			continue
		}
		var there *call
		named := false
		for _, call := range s.calls {
			for _, t := range call.targets {
				if t.arch != a || !s.counts(t) {
					continue
				}
				if t.nr == n {
					there = call
				}
				named = named || t.nr >= n && (len(call.rules) > 0 || slices.Contains(list, call))
			}
		}
		if !named && there != nil {
			list = append(list, there)
		}
	}
	return list
}

// exceeds says whether the result names larger numbers than last has, and enters them
// there.
func (s *finder) exceeds(mentioned []*call, last lasts) (more bool) {
	for _, call := range s.calls {
		if len(call.rules) == 0 && !slices.Contains(mentioned, call) {
			continue
		}
		for _, t := range call.targets {
			if n, ok := last[t.arch]; ok && t.nr > n && s.counts(t) {
				last[t.arch], more = t.nr, true
			}
		}
	}
	return more
}

// emit writes the rules down: first those without conditions, the most permissive ones
// at the top, then those with conditions by call, with multiplexers before all others,
// since rules for others concern them too, then what is only mentioned.
func (s *finder) emit(mentioned []*call) []specs.LinuxSyscall {
	var always, never []specs.LinuxSyscall
	byAction := map[seccomp.Action][]string{}
	byRules := map[string]*group{}
	for _, call := range s.calls {
		switch {
		case len(call.rules) == 0:
		case len(call.rules) == 1 && len(call.rules[0].conds) == 0:
			a := call.rules[0].action
			byAction[a] = append(byAction[a], call.id.String())
		default:
			key := fmt.Sprint(call.rules)
			if byRules[key] == nil {
				byRules[key] = &group{rules: call.rules}
			}
			g := byRules[key]
			g.names = append(g.names, call.id.String())
			g.mux = g.mux || s.muxes[call.id]
		}
	}
	for a, names := range byAction {
		always = append(always, entries(names, []rule{{action: a}})...)
	}
	slices.SortFunc(always, func(x, y specs.LinuxSyscall) int {
		a, b := actionOf(x.Action, x.ErrnoRet), actionOf(y.Action, y.ErrnoRet)
		return cmp.Or(cmp.Compare(int32(b.Kind()), int32(a.Kind())), cmp.Compare(a.Data(), b.Data()))
	})
	var groups []*group
	for _, g := range byRules {
		slices.Sort(g.names)
		groups = append(groups, g)
	}
	slices.SortFunc(groups, func(x, y *group) int {
		if x.mux != y.mux {
			if x.mux {
				return -1
			}
			return 1
		}
		return strings.Compare(x.names[0], y.names[0])
	})
	for _, g := range groups {
		always = append(always, entries(g.names, g.rules)...)
	}
	if len(mentioned) > 0 {
		var names []string
		for _, call := range mentioned {
			names = append(names, call.id.String())
		}
		never = entries(names, []rule{{action: s.Default}})
	}
	return append(always, never...)
}

// group is calls that have the same rules.
type group struct {
	names []string
	rules []rule
	mux   bool
}

// entries returns rules as a profile has them.
func entries(names []string, list []rule) []specs.LinuxSyscall {
	names = slices.Clone(names)
	slices.Sort(names)
	var out []specs.LinuxSyscall
	for _, r := range list {
		s := specs.LinuxSyscall{Names: names, Args: r.conds}
		s.Action, s.ErrnoRet, _ = r.action.OCI() // find has looked at all actions
		out = append(out, s)
	}
	return out
}
