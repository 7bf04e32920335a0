package compose

import (
	"cmp"
	"slices"

	"github.com/opencontainers/runtime-spec/specs-go"
)

// both returns the conditions of two rules as those of one. holds is false if they
// exclude each other; ok is false if one rule cannot have them, because two conditions
// on an argument are alternatives there. Arguments are taken as 64 bits wide.
func both(a, b []specs.LinuxSeccompArg) (conds []specs.LinuxSeccompArg, holds, ok bool) {
	conds = slices.Clone(a)
	for _, y := range b {
		i := slices.IndexFunc(conds, func(x specs.LinuxSeccompArg) bool { return x.Index == y.Index })
		if i < 0 {
			conds = append(conds, y)
			continue
		}
		if conds[i], holds, ok = meet(conds[i], y); !holds || !ok {
			return nil, holds, ok
		}
	}
	slices.SortStableFunc(conds, func(x, y specs.LinuxSeccompArg) int { return cmp.Compare(x.Index, y.Index) })
	return conds, true, true
}

const top = 1<<64 - 1

// meet is both for two conditions on one argument.
func meet(x, y specs.LinuxSeccompArg) (c specs.LinuxSeccompArg, holds, ok bool) {
	switch {
	case x == y:
		return x, true, true
	case x.Op == specs.OpEqualTo:
		return x, matches(y, x.Value), true
	case y.Op == specs.OpEqualTo:
		return y, matches(x, y.Value), true
	case x.Op == specs.OpMaskedEqual && y.Op == specs.OpMaskedEqual:
		c = x
		c.Value, c.ValueTwo = x.Value|y.Value, x.ValueTwo&x.Value|y.ValueTwo&y.Value
		return c, (x.ValueTwo^y.ValueTwo)&x.Value&y.Value == 0, true
	case x.Op == specs.OpMaskedEqual || y.Op == specs.OpMaskedEqual:
		return c, true, false
	case x.Op == specs.OpNotEqual && y.Op == specs.OpNotEqual:
		return c, true, false
	case x.Op == specs.OpNotEqual:
		return without(y, x.Value)
	case y.Op == specs.OpNotEqual:
		return without(x, y.Value)
	}
	lo1, hi1, some1 := span(x)
	lo2, hi2, some2 := span(y)
	lo, hi := max(lo1, lo2), min(hi1, hi2)
	if !some1 || !some2 || lo > hi {
		return c, false, true
	}
	return spanned(x.Index, lo, hi)
}

// without is a comparison of which one value is excepted.
func without(x specs.LinuxSeccompArg, v uint64) (c specs.LinuxSeccompArg, holds, ok bool) {
	lo, hi, some := span(x)
	switch {
	case !some || lo == hi && lo == v:
		return x, false, true
	case v < lo || v > hi:
		return x, true, true
	case v == lo:
		return spanned(x.Index, lo+1, hi)
	case v == hi:
		return spanned(x.Index, lo, hi-1)
	}
	return x, true, false
}

// spanned is the condition that an argument is from lo to hi, if there is one.
func spanned(index uint, lo, hi uint64) (c specs.LinuxSeccompArg, holds, ok bool) {
	c.Index = index
	switch {
	case lo == hi:
		c.Op, c.Value = specs.OpEqualTo, lo
	case lo == 0:
		c.Op, c.Value = specs.OpLessEqual, hi
	case hi == top:
		c.Op, c.Value = specs.OpGreaterEqual, lo
	default:
		return c, true, false
	}
	return c, true, true
}

// span returns the values for which a comparison with LT, LE, GE or GT holds; some is
// false if there are none.
func span(c specs.LinuxSeccompArg) (lo, hi uint64, some bool) {
	switch c.Op {
	case specs.OpLessThan:
		return 0, c.Value - 1, c.Value > 0
	case specs.OpLessEqual:
		return 0, c.Value, true
	case specs.OpGreaterEqual:
		return c.Value, top, true
	}
	return c.Value + 1, top, c.Value < top // SCMP_CMP_GT
}

// matches says whether a condition holds for a value of its argument.
func matches(c specs.LinuxSeccompArg, v uint64) bool {
	switch c.Op {
	case specs.OpEqualTo:
		return v == c.Value
	case specs.OpNotEqual:
		return v != c.Value
	case specs.OpMaskedEqual:
		return v&c.Value == c.ValueTwo&c.Value
	}
	lo, hi, some := span(c)
	return some && lo <= v && v <= hi
}
