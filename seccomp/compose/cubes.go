package compose

import (
	"github.com/opencontainers/runtime-spec/specs-go"

	"github.com/runseal/runseal/seccomp"
	"github.com/runseal/runseal/seccomp/bdd"
	"github.com/runseal/runseal/seccomp/bpf"
)

// cubes returns one rule for each set of arguments that a path through the wanted
// function's diagram stands for, but for those that get the default. They exclude each
// other, so that their order does not matter. It is false if there are too many.
//
// They are hard to read, and there are more of them than conditions that covers finds.
// But where a call of 32 bits should get less than the lower halves of the arguments
// suggest, they may be right and those not: conditions on single bits of an upper half
// always hold there.
func (s *finder) cubes(t target) (list []rule, ok bool) {
	first := bpf.WordAt(bpf.OffArgLow(0, false)) // argument i is at first + 2i and the next
	whole := uint64(1)<<(t.arch.Bits-1)<<1 - 1
	var walk func(f bdd.Ref, conds []specs.LinuxSeccompArg) bool
	walk = func(f bdd.Ref, conds []specs.LinuxSeccompArg) bool {
		if v, leaf := s.d.Value(f); leaf {
			if seccomp.Action(v) != s.Default {
				list = append(list, rule{conds: conds, action: seccomp.Action(v)})
			}
			return len(list) <= maxRules
		}
		arg := (s.d.Top(f) - first) / 2
		if arg > 5 {
			return false // the instruction pointer
		}
		return s.d.Cubes(f, first+2*arg, 2, func(c bdd.Cube) bool {
			if !t.arch.BigEndian() { // the lower half comes first
				c.Mask, c.Value = c.Mask<<32|c.Mask>>32, c.Value<<32|c.Value>>32
			}
			a := specs.LinuxSeccompArg{Index: uint(arg), Op: specs.OpMaskedEqual, Value: c.Mask, ValueTwo: c.Value}
			if c.Mask == whole {
				a.Op, a.Value, a.ValueTwo = specs.OpEqualTo, c.Value, 0
			}
			return walk(c.To, append(conds[:len(conds):len(conds)], a))
		})
	}
	ok = walk(t.want, nil)
	return list, ok
}
