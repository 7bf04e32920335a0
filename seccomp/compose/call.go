package compose

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/opencontainers/runtime-spec/specs-go"

	"github.com/runseal/runseal/seccomp"
	"github.com/runseal/runseal/seccomp/bpf"
)

// action is the leaf of diagrams of what has been found.
func action(a seccomp.Action, _ seccomp.Cause) uint32 { return uint32(a) }

// none returns what the call gets on this architecture if no rule of the result
// matches, given the last number that the result names there.
func (s *finder) none(t target, last lasts) seccomp.Action {
	enosys, differs := s.enosys()
	if n, ok := last[t.arch]; differs && ok && t.nr > n && s.counts(t) {
		return enosys
	}
	return s.Default
}

// decide looks for rules that give the call what is wanted, on all architectures. try
// says whether a list does.
func (s *finder) decide(call *call, last lasts, try func([]rule) bool) error {
	value, same := s.d.Value(call.targets[0].want) // for all arguments and architectures the same
	natural := true                                // and that without a rule
	for _, t := range call.targets {
		same = same && t.want == call.targets[0].want
		natural = natural && t.want == s.d.Leaf(uint32(s.none(t, last)))
	}
	if natural && (!s.muxes[call.id] || try(nil)) { // alone no rule would do, but see lasts
		call.rules = nil
		return nil
	}
	if same {
		if list := []rule{{action: seccomp.Action(value)}}; try(list) {
			call.rules = list
			return nil
		}
	}
	for _, list := range s.candidates(call) {
		if list = s.spell(list); try(list) {
			call.rules = list
			return nil
		}
	}
	for _, t := range call.targets {
		list, err := s.covers(t)
		if err != nil {
			continue
		}
		// On an architecture of 32 bits conditions can overlap that exclude each other in
		// 64. The first counts then.
		for range 2 {
			if try(list) {
				call.rules = list
				return nil
			}
			list = slices.Clone(list)
			slices.Reverse(list)
		}
	}
	for _, t := range call.targets {
		if list, ok := s.cubes(t); ok && try(list) {
			call.rules = list
			return nil
		}
	}
	return s.impossible(call)
}

// covers returns the rules that the conditions in a call's own function are, which
// exclude each other, so that their order does not matter.
func (s *finder) covers(t target) (list []rule, err error) {
	actions := s.d.Leaves(t.want, maxRules+1)
	if actions == nil {
		return nil, fmt.Errorf("more than %d actions: %w", maxRules, bpf.ErrComplex)
	}
	slices.SortFunc(actions, func(x, y uint32) int { // the most permissive first
		return cmp.Or(cmp.Compare(int32(y), int32(x)), cmp.Compare(x, y))
	})
	for _, v := range actions {
		if seccomp.Action(v) == s.Default {
			continue
		}
		cover, err := s.words.Cover(t.want, v, t.arch)
		if err != nil {
			return nil, err
		}
		for _, conds := range cover {
			list = append(list, rule{conds: conds, action: seccomp.Action(v)})
		}
	}
	return list, nil
}

// spell makes a list of rules one that a profile can have: without rules that say what
// the default says, which are none, and with a condition that always holds in a last
// rule that is for the rest.
func (s *finder) spell(list []rule) []rule {
	var out []rule
	for _, r := range list {
		if r.action == s.Default {
			continue
		}
		if len(r.conds) == 0 && len(list) > 1 {
			r.conds = []specs.LinuxSeccompArg{{Index: 0, Op: specs.OpGreaterEqual, Value: 0}}
		}
		out = append(out, r)
	}
	return tidy(out)
}

// gives says whether the rules, if they were the profile's only ones, give the call
// what is wanted. What other calls have does not matter, but for multiplexers.
func (s *finder) gives(call *call, list []rule) bool {
	if len(list) > maxRules {
		return false
	}
	p, err := s.policy(entries([]string{call.id.String()}, list))
	return err == nil && len(s.differing(p, call)) == 0
}

// policy reads the profile as far as it is known, with these rules.
func (s *finder) policy(rules []specs.LinuxSyscall) (*seccomp.Policy, error) {
	p := *s.head
	p.Syscalls, p.ListenerPath = rules, anyAgent
	return seccomp.NewPolicy(&p, seccomp.Options{Native: s.Archs[0].Scmp, AsRunc: s.AsRunc})
}

// differing returns the architectures on which the policy decides the call in another
// way than is wanted.
func (s *finder) differing(p *seccomp.Policy, call *call) (list []target) {
	for _, t := range call.targets {
		if f, err := p.CallDiagram(s.d, t.arch.Audit, t.nr, action); err != nil || f != t.want {
			list = append(list, t)
		}
	}
	return list
}

// impossible is the error for a call without rules that are right.
func (s *finder) impossible(call *call) error {
	first := call.targets[0]
	lists := s.candidates(call)
	for i := range lists {
		lists[i] = s.spell(lists[i])
	}
	list, reason := s.covers(first)
	if reason == nil {
		lists = append(lists, list)
	}
	if s.muxes[call.id] && reason == nil {
		return fmt.Errorf("call %s: what it should get is not what the rules for the calls that are made through it leave to it", call.id)
	}
	lists = append(lists, []rule{{action: seccomp.Action(s.some(first))}})
	for _, list := range lists {
		p, err := s.policy(entries([]string{call.id.String()}, list))
		if err != nil {
			continue
		}
		if wrong := s.differing(p, call); len(wrong) > 0 && wrong[0] != first {
			return fmt.Errorf("call %s: what it should get on %s is not what it should get on %s (%s), but the rules of a profile are for all of its architectures",
				call.id, first.arch.Scmp, wrong[0].arch.Scmp, s.contrast(wrong[0], p))
		}
	}
	if reason != nil {
		return fmt.Errorf("call %s on %s: %w", call.id, first.arch.Scmp, reason)
	}
	return fmt.Errorf("call %s on %s: no rules were found that give it what it should get for each of its arguments, with at most %d of them: %w",
		call.id, first.arch.Scmp, maxRules, bpf.ErrComplex)
}

// some returns the action for some arguments.
func (s *finder) some(t target) uint32 { return s.d.Eval(t.want, make([]uint32, bpf.NumWords)) }

// contrast gives an example of arguments for which rules that are right for one target
// are wrong for another: "SCMP_ACT_ALLOW and SCMP_ACT_ERRNO(1 EPERM) for clone(0x1)".
func (s *finder) contrast(wrong target, p *seccomp.Policy) string {
	f, err := p.CallDiagram(s.d, wrong.arch.Audit, wrong.nr, action)
	if err != nil {
		return err.Error()
	}
	words, _ := s.d.Differ(f, wrong.want, bpf.NumWords)
	words[bpf.WordArch], words[bpf.WordNr] = wrong.arch.Audit, wrong.nr
	example := bpf.FromWords(words)
	return fmt.Sprintf("%s and %s for %s", seccomp.Action(s.d.Eval(f, words)), seccomp.Action(s.d.Eval(wrong.want, words)),
		strings.TrimPrefix(text(&example), wrong.arch.Scmp+" "))
}
