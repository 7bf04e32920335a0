package compose

import (
	"fmt"
	"slices"

	"github.com/opencontainers/runtime-spec/specs-go"

	"github.com/runseal/runseal/seccomp"
	"github.com/runseal/runseal/seccomp/arch"
	"github.com/runseal/runseal/seccomp/bdd"
	"github.com/runseal/runseal/seccomp/bpf"
)

// choice is what one part says about a call.
type choice struct {
	action seccomp.Action
	rank   uint8
}

// Ranks of equally strict choices with Merge.
const (
	rankNothing uint8 = iota // defaultAction of a part that names no call
	rankNewer                // ENOSYS, since the part does not know the call
	rankDefault              // defaultAction, or an architecture that is not listed
	rankRule
)

// rank is that of what a part says.
func (c *composer) rank(part int, cause seccomp.Cause) uint8 {
	switch {
	case cause.By == seccomp.ByRule:
		return rankRule
	case cause.By == seccomp.ByNewer:
		return rankNewer
	case c.silent[part]:
		return rankNothing
	}
	return rankDefault
}

// namesNothing says whether a profile has no name that any of its architectures knows.
func namesNothing(p *seccomp.Policy, profile *specs.LinuxSeccomp) bool {
	for _, s := range profile.Syscalls {
		for _, name := range s.Names {
			id, ok := arch.Find(name)
			if ok && slices.ContainsFunc(p.Archs(), func(a *arch.Arch) bool {
				_, has := a.NumberOf(id)
				_, _, _, muxed := a.Mux(id)
				return has || muxed
			}) {
				return false
			}
		}
	}
	return true
}

// wins says whether what a later part says counts, and not what an earlier one says.
func (c *composer) wins(later, earlier choice) bool {
	if !c.merge {
		return later.action.StricterThan(earlier.action)
	}
	return earlier.action.StricterThan(later.action) || later.action.Kind() == earlier.action.Kind() && later.rank > earlier.rank
}

// leaf returns numbers that stand for the choices of a part in diagrams.
func (c *composer) leaf(part int) func(seccomp.Action, seccomp.Cause) uint32 {
	return func(action seccomp.Action, cause seccomp.Cause) uint32 {
		return c.number(choice{action, c.rank(part, cause)})
	}
}

func (c *composer) number(ch choice) uint32 {
	for i, known := range c.choices {
		if known == ch {
			return uint32(i)
		}
	}
	c.choices = append(c.choices, ch)
	return uint32(len(c.choices) - 1)
}

// combine is wins for the numbers of choices.
func (c *composer) combine(earlier, later uint32) uint32 {
	if c.wins(c.choices[later], c.choices[earlier]) {
		return later
	}
	return earlier
}

// wanted combines the decisions of all parts, whose leaves are choices, into one
// function whose leaves are actions.
func (c *composer) wanted() (bdd.Ref, error) {
	var all bdd.Ref
	for i, p := range c.policies {
		f, err := p.Diagram(c.d, c.leaf(i))
		if err != nil {
			return 0, fmt.Errorf("%s: %w", c.parts[i].Name, err)
		}
		if i == 0 {
			all = f
		} else {
			all = c.d.Combine(c.combine, all, f)
		}
	}
	all = c.d.Combine(func(v, _ uint32) uint32 { return uint32(c.choices[v].action) }, all, bdd.False)
	if c.d.Full() {
		return 0, fmt.Errorf("the profiles: %w", bpf.ErrComplex)
	}
	return all, nil
}
