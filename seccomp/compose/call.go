package compose

import (
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
func (c *composer) none(t target, last lasts) seccomp.Action {
	enosys, differs := c.enosys()
	if n, ok := last[t.arch]; differs && ok && t.nr > n {
		return enosys
	}
	return c.otherwise
}

// decide looks for rules that give the call what is wanted, on all architectures. try
// says whether a list does.
func (c *composer) decide(call *call, last lasts, try func([]rule) bool) error {
	value, same := c.d.Value(call.targets[0].want) // for all arguments and architectures the same
	natural := true                                // and that without a rule
	for _, t := range call.targets {
		same = same && t.want == call.targets[0].want
		natural = natural && t.want == c.d.Leaf(uint32(c.none(t, last)))
	}
	if natural && (!c.muxes[call.id] || try(nil)) { // alone no rule would do, but see lasts
		call.rules = nil
		return nil
	}
	if same {
		if list := []rule{{action: seccomp.Action(value)}}; try(list) {
			call.rules = list
			return nil
		}
	}
	for _, list := range c.candidates(call) {
		if list = c.spell(list); try(list) {
			call.rules = list
			return nil
		}
	}
	return c.impossible(call)
}

// candidates are lists of rules of which one may be right, the most readable first.
func (c *composer) candidates(call *call) [][]rule {
	first := call.targets[0]
	var each [][]rule
	for i, part := range c.parts {
		otherwise := choice{c.otherwise, rankDefault} // what the call gets if no rule of the part matches
		note := func(a seccomp.Action, cause seccomp.Cause) uint32 {
			if cause.By != seccomp.ByRule {
				otherwise = choice{a, c.rank(i, cause)}
			}
			return 0
		}
		if _, err := c.policies[i].CallDiagram(c.d, first.arch.Audit, first.nr, note); err != nil {
			return nil
		}
		list := []rule{{action: otherwise.action, rank: otherwise.rank}}
		if slices.Contains(c.policies[i].Archs(), first.arch) {
			list = rulesFor(part.Profile, call.id.String(), otherwise)
		}
		each = append(each, list)
	}
	lists := slices.Clone(each)
	product, ok := each[0], true
	for _, list := range each[1:] {
		if product, ok = c.product(product, list); !ok {
			break
		}
	}
	if ok {
		lists = append(lists, product)
	}
	for _, t := range call.targets {
		if cubes, ok := c.cubes(t); ok {
			lists = append(lists, cubes)
		}
	}
	return lists
}

// spell makes a list of rules one that a profile can have: without rules that say what
// the default says, which are none, and with a condition that always holds in a last
// rule that is for the rest.
func (c *composer) spell(list []rule) []rule {
	var out []rule
	for _, r := range list {
		if r.action == c.otherwise {
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
func (c *composer) gives(call *call, list []rule) bool {
	if len(list) > maxRules {
		return false
	}
	p, err := c.policy(entries([]string{call.id.String()}, list))
	return err == nil && len(c.differing(p, call)) == 0
}

// policy reads the result as far as it is known, with these rules.
func (c *composer) policy(rules []specs.LinuxSyscall) (*seccomp.Policy, error) {
	p := *c.out
	p.Syscalls, p.ListenerPath, p.Flags = rules, "/", nil
	return seccomp.NewPolicy(&p, seccomp.Options{Native: c.options.Native})
}

// differing returns the architectures on which the policy decides the call in another
// way than is wanted.
func (c *composer) differing(p *seccomp.Policy, call *call) (list []target) {
	for _, t := range call.targets {
		if f, err := p.CallDiagram(c.d, t.arch.Audit, t.nr, action); err != nil || f != t.want {
			list = append(list, t)
		}
	}
	return list
}

// impossible is the error for a call without rules that are right.
func (c *composer) impossible(call *call) error {
	first := call.targets[0]
	if c.muxes[call.id] {
		return fmt.Errorf("call %s: what it should get is not what the rules for the calls that are made through it leave to it", call.id)
	}
	for _, list := range append(c.candidates(call), []rule{{action: seccomp.Action(c.some(first))}}) {
		p, err := c.policy(entries([]string{call.id.String()}, c.spell(list)))
		if err != nil {
			continue
		}
		if wrong := c.differing(p, call); len(wrong) > 0 && wrong[0] != first {
			return fmt.Errorf("call %s: what it should get on %s is not what it should get on %s (%s), but the rules of a profile are for all of its architectures",
				call.id, first.arch.Scmp, wrong[0].arch.Scmp, c.contrast(wrong[0], p))
		}
	}
	return fmt.Errorf("call %s on %s: no rules were found that give it what it should get for each of its arguments, with at most %d of them",
		call.id, first.arch.Scmp, maxRules)
}

// some returns the action for some arguments.
func (c *composer) some(t target) uint32 { return c.d.Eval(t.want, make([]uint32, bpf.NumWords)) }

// contrast gives an example of arguments for which rules that are right for one target
// are wrong for another: "SCMP_ACT_ALLOW and SCMP_ACT_ERRNO(1 EPERM) for clone(0x1)".
func (c *composer) contrast(wrong target, p *seccomp.Policy) string {
	f, err := p.CallDiagram(c.d, wrong.arch.Audit, wrong.nr, action)
	if err != nil {
		return err.Error()
	}
	words, _ := c.d.Differ(f, wrong.want, bpf.NumWords)
	words[bpf.WordArch], words[bpf.WordNr] = wrong.arch.Audit, wrong.nr
	example := bpf.FromWords(words)
	return fmt.Sprintf("%s and %s for %s", seccomp.Action(c.d.Eval(f, words)), seccomp.Action(c.d.Eval(wrong.want, words)),
		strings.TrimPrefix(text(&example), wrong.arch.Scmp+" "))
}
