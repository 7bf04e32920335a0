package graph

import (
	"slices"

	"github.com/runseal/runseal/seccomp/arch"
	"github.com/runseal/runseal/seccomp/bpf"
)

// interval is a range of numbers, both ends included.
type interval struct{ lo, hi uint32 }

// numbers returns the numbers of all calls by this entry (AUDIT_ARCH value) that the
// graph is made for, ascending. None means that there is no such call.
func (o *Options) numbers(audit uint32) (list []interval) {
	all := arch.All()
	if o.Arch != nil {
		if o.Arch.Audit != audit {
			return nil
		}
		all = []arch.Arch{*o.Arch}
	}
	if o.Call == "" {
		if o.Arch == nil {
			return []interval{{0, 1<<32 - 1}}
		}
		return []interval{own(o.Arch)}
	}
	for i := range all {
		if nr, ok := all[i].Number(o.Call); ok && all[i].Audit == audit {
			list = append(list, interval{nr, nr})
		}
	}
	slices.SortFunc(list, func(x, y interval) int { return int(int64(x.lo) - int64(y.lo)) })
	return list
}

// own returns the numbers that belong to the architecture.
func own(a *arch.Arch) interval {
	first, last := a.Numbers()
	return interval{first, last}
}

// holdsFor says whether the comparison with k holds for all of the numbers, and
// whether for none.
func holdsFor(list []interval, c bpf.Cond, k uint32) (all, none bool) {
	all, none = true, true
	for _, n := range list {
		first, last := c.Holds(n.lo, k), c.Holds(n.hi, k)
		switch {
		case n.lo == n.hi:
		case c == bpf.JSET:
			return false, false // not looked into
		case c == bpf.JEQ:
			first, last = false, k >= n.lo && k <= n.hi
		}
		all, none = all && first && last, none && !first && !last
	}
	return all, none
}
