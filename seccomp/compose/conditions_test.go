package compose

import (
	"testing"

	"github.com/opencontainers/runtime-spec/specs-go"
)

// Two conditions on an argument as one hold exactly where both do, and are refused only
// where there is no such condition.
func TestMeet(t *testing.T) {
	ops := []specs.LinuxSeccompOperator{specs.OpEqualTo, specs.OpNotEqual, specs.OpLessThan, specs.OpLessEqual, specs.OpGreaterThan,
		specs.OpGreaterEqual, specs.OpMaskedEqual}
	values := []uint64{0, 1, 2, 3, 1<<63 + 1, top - 1, top}
	tried := append([]uint64{4, 5, 1 << 63, 1<<63 + 2}, values...)
	var all []specs.LinuxSeccompArg
	for _, op := range ops {
		for _, v := range values {
			c := specs.LinuxSeccompArg{Op: op, Value: v}
			if op == specs.OpMaskedEqual {
				c.ValueTwo = v & 2
			}
			all = append(all, c)
		}
	}
	met, refused := 0, 0
	for _, x := range all {
		for _, y := range all {
			c, holds, ok := meet(x, y)
			if !ok {
				refused++
				continue
			}
			met++
			for _, v := range tried {
				if got, want := holds && matches(c, v), matches(x, v) && matches(y, v); got != want {
					t.Errorf("%v and %v at %#x: %v by %v %v", x, y, v, got, c, holds)
				}
			}
		}
	}
	if met < 1600 || refused > 800 {
		t.Errorf("%d met, %d refused", met, refused)
	}
	one := func(index uint, v uint64) specs.LinuxSeccompArg {
		return specs.LinuxSeccompArg{Index: index, Op: specs.OpEqualTo, Value: v}
	}
	conds, holds, ok := both([]specs.LinuxSeccompArg{one(2, 1)}, []specs.LinuxSeccompArg{one(0, 5), one(2, 1)})
	if !holds || !ok || len(conds) != 2 || conds[0] != one(0, 5) || conds[1] != one(2, 1) {
		t.Errorf("on two arguments: %v %v %v", conds, holds, ok)
	}
	if _, holds, ok := both([]specs.LinuxSeccompArg{one(2, 1)}, []specs.LinuxSeccompArg{one(2, 2)}); holds || !ok {
		t.Error("two values at once")
	}
}
