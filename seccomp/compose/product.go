package compose

import (
	"slices"

	"github.com/opencontainers/runtime-spec/specs-go"

	"github.com/runseal/runseal/seccomp"
)

// rule is one of the rules for a call: conditions that must all hold, on different
// arguments.
type rule struct {
	conds  []specs.LinuxSeccompArg
	action seccomp.Action
	rank   uint8 // of lists of rules that are combined
}

// candidates are the rules of each part for the call, and their product.
func (c *composer) candidates(call *call) [][]rule {
	first := call.targets[0]
	var each [][]rule
	for i, part := range c.parts {
		otherwise := choice{c.otherwise(), rankDefault} // what the call gets if no rule of the part matches
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
	return lists
}

// rulesFor returns what a profile says about a call as a list of which the first rule
// that matches counts. The last one has no conditions: it is otherwise unless the
// profile has a rule that always holds.
func rulesFor(p *specs.LinuxSeccomp, name string, otherwise choice) []rule {
	var list []rule
	for _, s := range p.Syscalls {
		action := actionOf(s.Action, s.ErrnoRet)
		if !slices.Contains(s.Names, name) || action == actionOf(p.DefaultAction, p.DefaultErrnoRet) {
			continue // a rule that says what happens anyway is none
		}
		if len(s.Args) == 0 { // beats all others, wherever it stands
			return []rule{{action: action, rank: rankRule}}
		}
		for _, conds := range seccomp.Alternatives(plain(s.Args)) {
			list = append(list, rule{conds, action, rankRule})
		}
	}
	return append(list, rule{nil, otherwise.action, otherwise.rank})
}

// plain spells conditions so that equal ones are equal values: operands that do not
// count are 0.
func plain(args []specs.LinuxSeccompArg) []specs.LinuxSeccompArg {
	args = slices.Clone(args)
	for i := range args {
		if args[i].Op == specs.OpMaskedEqual {
			args[i].ValueTwo &= args[i].Value
		} else {
			args[i].ValueTwo = 0
		}
	}
	return args
}

// maxRules bounds the rules for one call.
const maxRules = 512

// maxProduct bounds the rules of a product before needless ones are left out.
const maxProduct = 4096

// product combines two lists of rules. With the pairs in the order of the first list
// and then of the second, the first pair that matches is that of the first rules that
// match. It is false if conditions of a pair cannot be written as one rule, or if there
// are too many.
func (c *composer) product(a, b []rule) ([]rule, bool) {
	var out []rule
	for _, x := range a {
		for _, y := range b {
			conds, holds, ok := both(x.conds, y.conds)
			switch {
			case !ok || len(out) > maxProduct:
				return nil, false
			case !holds || covered(out, conds):
				continue
			}
			first, second := choice{x.action, x.rank}, choice{y.action, y.rank}
			if c.wins(second, first) {
				first = second
			}
			out = append(out, rule{conds, first.action, first.rank})
		}
	}
	return tidy(out), true
}

// covered says whether an earlier rule matches whenever these conditions hold.
func covered(list []rule, conds []specs.LinuxSeccompArg) bool {
	return slices.ContainsFunc(list, func(r rule) bool { return implied(r.conds, conds) })
}

// implied says whether some conditions follow from others: both together are no more
// than the others.
func implied(some, others []specs.LinuxSeccompArg) bool {
	conds, holds, ok := both(some, others)
	return holds && ok && len(conds) == len(others) &&
		!slices.ContainsFunc(others, func(a specs.LinuxSeccompArg) bool { return !slices.Contains(conds, a) })
}

// tidy leaves out the rules that change nothing, since a later one says the same of the
// same arguments, and none between them says something else.
func tidy(list []rule) []rule {
	for i := len(list) - 2; i >= 0; i-- {
		for _, later := range list[i+1:] {
			if later.action != list[i].action || later.rank != list[i].rank {
				break
			}
			if implied(later.conds, list[i].conds) {
				list = slices.Delete(list, i, i+1)
				break
			}
		}
	}
	return list
}
