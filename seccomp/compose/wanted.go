package compose

import (
	"fmt"
	"slices"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/seccomp"
	"github.com/runseal/runseal/seccomp/arch"
	"github.com/runseal/runseal/seccomp/bdd"
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
	x, y := int32(later.action.Kind()), int32(earlier.action.Kind())
	if !c.merge {
		return x < y
	}
	return x > y || x == y && later.rank > earlier.rank
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

// wanted combines a function of each part, whose leaves are choices, into one whose
// leaves are actions.
func (c *composer) wanted(of func(p *seccomp.Policy, leaf func(seccomp.Action, seccomp.Cause) uint32) (bdd.Ref, error)) (bdd.Ref, error) {
	var all bdd.Ref
	for i, p := range c.policies {
		f, err := of(p, c.leaf(i))
		if err != nil {
			return 0, fmt.Errorf("%s: %w", c.parts[i].Name, err)
		}
		if i == 0 {
			all = f
		} else {
			all = c.d.Combine(c.combine, all, f)
		}
	}
	return c.d.Combine(func(v, _ uint32) uint32 { return uint32(c.choices[v].action) }, all, bdd.False), nil
}

// wantedAt returns what is wanted of one number.
func (c *composer) wantedAt(a *arch.Arch, nr uint32) (bdd.Ref, error) {
	return c.wanted(func(p *seccomp.Policy, leaf func(seccomp.Action, seccomp.Cause) uint32) (bdd.Ref, error) {
		return p.CallDiagram(c.d, a.Audit, nr, leaf)
	})
}

// call is a system call of the result's architectures.
type call struct {
	id      arch.ID
	targets []target // one for each architecture that has it, those of 64 bits first
	rules   []rule
}

// target is a call on one architecture.
type target struct {
	arch *arch.Arch
	nr   uint32
	want bdd.Ref // action by arguments
}

// want finds out what is wanted of each call.
func (c *composer) want() error {
	for id := range arch.ID(arch.NumIDs) {
		call := &call{id: id}
		for _, bits := range [...]int{64, 32} {
			for _, a := range c.archs {
				nr, ok := a.NumberOf(id)
				if !ok || a.Bits != bits {
					continue
				}
				f, err := c.wantedAt(a, nr)
				if err != nil {
					return fmt.Errorf("%s %s: %w", a.Scmp, id, err)
				}
				call.targets = append(call.targets, target{a, nr, f})
			}
		}
		if len(call.targets) > 0 {
			c.calls = append(c.calls, call)
		}
	}
	return nil
}

// enosys is what calls beyond the last one that a profile names get, where that is
// something else than its default.
func (c *composer) enosys() (seccomp.Action, bool) {
	switch c.otherwise.Kind() {
	case seccomp.Allow, seccomp.Log, seccomp.Trace(0):
		return 0, false
	}
	a := seccomp.Errno(uint16(unix.ENOSYS))
	return a, a != c.otherwise
}
