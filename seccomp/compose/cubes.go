package compose

import (
	"github.com/opencontainers/runtime-spec/specs-go"

	"github.com/runseal/runseal/seccomp"
	"github.com/runseal/runseal/seccomp/bpf"
)

// cubes returns one rule for each set of arguments that a path through the wanted
// function's diagram stands for, but for those that get the default. They exclude each
// other, so that their order does not matter. It is false if there are too many.
func (c *composer) cubes(t target) ([]rule, bool) {
	var list []rule
	big := t.arch.BigEndian()
	ok := c.d.Paths(t.want, bpf.NumWords, func(mask, value []uint32, v uint32) bool {
		if seccomp.Action(v) == c.otherwise {
			return true
		}
		r := rule{action: seccomp.Action(v)}
		for i := range 6 {
			low, high := bpf.WordAt(bpf.OffArgLow(i, big)), bpf.WordAt(bpf.OffArgHigh(i, big))
			a := specs.LinuxSeccompArg{
				Index: uint(i), Op: specs.OpMaskedEqual,
				Value:    uint64(mask[high])<<32 | uint64(mask[low]),
				ValueTwo: uint64(value[high])<<32 | uint64(value[low]),
			}
			if whole := uint64(1<<t.arch.Bits - 1); a.Value == whole {
				a.Op, a.Value, a.ValueTwo = specs.OpEqualTo, a.ValueTwo, 0
			} else if a.Value == 0 {
				continue
			}
			r.conds = append(r.conds, a)
		}
		list = append(list, r)
		return len(list) <= maxRules
	})
	return list, ok
}
