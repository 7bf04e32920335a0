package bdd

import "testing"

// The cubes exclude each other, cover everything, and have the function's values.
func TestPaths(t *testing.T) {
	d := New(1 << 16)
	x, y := d.Word(0), d.Word(1)
	between := d.And(d.AtLeast(x, d.Const(5)), d.Not(d.AtLeast(x, d.Const(11))))
	f := d.If(between, d.If(d.Equal(y, d.Const(3)), d.Leaf(7), d.Leaf(9)), d.Leaf(8))
	type cube struct {
		mask, value [2]uint32
		v           uint32
	}
	var all []cube
	collect := func(mask, value []uint32, v uint32) bool {
		all = append(all, cube{[2]uint32(mask), [2]uint32(value), v})
		return true
	}
	if !d.Paths(f, 2, collect) {
		t.Error("ended early")
	}
	for _, a := range []uint32{0, 4, 5, 6, 7, 8, 9, 10, 11, 12, 1 << 31, 1<<32 - 1} {
		for _, b := range []uint32{0, 2, 3, 4, 1<<31 | 3} {
			found := 0
			for _, c := range all {
				if a&c.mask[0] == c.value[0] && b&c.mask[1] == c.value[1] {
					found++
					if want := d.Eval(f, []uint32{a, b}); c.v != want {
						t.Errorf("(%d, %d) is %d, want %d", a, b, c.v, want)
					}
				}
			}
			if found != 1 {
				t.Errorf("(%d, %d) is in %d cubes", a, b, found)
			}
		}
	}
	n := 0
	if d.Paths(f, 2, func([]uint32, []uint32, uint32) bool { n++; return n < 3 }) || n != 3 {
		t.Errorf("%d cubes, want an end after 3", n)
	}
}
