package bdd

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// Split is the reverse of Cut, and every value has the function of its span.
func TestSplit(t *testing.T) {
	rng := rand.New(rand.NewPCG(11, 12))
	for range 30 {
		d := New(1 << 16)
		tail := d.AtLeast(d.Word(3), d.Const(7))
		parts := []Part{{0, d.Leaf(9)}, {rng.Uint32()>>8 | 1, tail}, {rng.Uint32() | 1<<31, d.Not(tail)}, {1<<32 - 1, d.Leaf(3)}}
		spans, ok := d.Split(d.Cut(2, parts), 2, 1, 4)
		if !ok || len(spans) != len(parts) {
			t.Fatalf("%v, %v", spans, ok)
		}
		for i, s := range spans {
			if s.From != uint64(parts[i].From) || s.To != parts[i].To {
				t.Errorf("span %d: %v, want %v", i, s, parts[i])
			}
		}
		if _, ok := d.Split(d.Cut(2, parts), 2, 1, 3); ok {
			t.Error("4 spans are within a limit of 3")
		}
	}
}

// Two words are one number, the first of them the upper half.
func TestSplitTwoWords(t *testing.T) {
	d := New(1 << 16)
	high, low := d.Word(4), d.Word(5)
	const bound = 0x3_0000_0005
	less := d.Or(d.Not(d.AtLeast(high, d.Const(3))), d.And(d.Equal(high, d.Const(3)), d.Not(d.AtLeast(low, d.Const(5)))))
	spans, ok := d.Split(less, 4, 2, 2)
	if !ok || !slices.Equal(spans, []Span{{0, True}, {bound, False}}) {
		t.Errorf("%v, %v, want below %#x", spans, ok, uint64(bound))
	}
	// The lower half alone: ranges are far too many, sets by bits are few.
	if _, ok := d.Split(d.Equal(low, d.Const(40)), 4, 2, 1000); ok {
		t.Error("2^32 ranges are within the limit")
	}
	var cubes []Cube
	upTo := func(limit int) bool {
		cubes = nil
		return d.Cubes(d.Equal(low, d.Const(40)), 4, 2, func(c Cube) bool {
			cubes = append(cubes, c)
			return len(cubes) < limit
		})
	}
	if !upTo(40) || !slices.Contains(cubes, Cube{1<<32 - 1, 40, True}) {
		t.Errorf("%v, want the lower half == 40", cubes)
	}
	for _, c := range cubes {
		if (c.To == True) != (c.Mask == 1<<32-1 && c.Value == 40) {
			t.Errorf("%+v", c)
		}
	}
	if upTo(33) || len(cubes) != 33 {
		t.Errorf("%d sets, want an end after 33", len(cubes))
	}
}

// The cubes exclude each other, cover everything, and have the function's values.
func TestCubes(t *testing.T) {
	d := New(1 << 16)
	x, y := d.Word(0), d.Word(1)
	between := d.And(d.AtLeast(x, d.Const(5)), d.Not(d.AtLeast(x, d.Const(11))))
	f := d.If(between, d.If(d.Equal(y, d.Const(3)), d.Leaf(7), d.Leaf(9)), d.Leaf(8))
	for n := 1; n <= 2; n++ {
		var all []Cube
		d.Cubes(f, 0, n, func(c Cube) bool { all = append(all, c); return true })
		for _, a := range []uint32{0, 4, 5, 6, 7, 8, 9, 10, 11, 12, 1 << 31, 1<<32 - 1} {
			for _, b := range []uint32{0, 2, 3, 4, 1<<31 | 3} {
				v := uint64(a)
				if n == 2 {
					v = v<<32 | uint64(b)
				}
				found := 0
				for _, c := range all {
					if v&c.Mask == c.Value {
						found++
						if got, want := d.Eval(c.To, []uint32{a, b}), d.Eval(f, []uint32{a, b}); got != want {
							t.Errorf("(%d, %d) is %d, want %d", a, b, got, want)
						}
					}
				}
				if found != 1 {
					t.Errorf("(%d, %d) is in %d cubes", a, b, found)
				}
			}
		}
	}
}

func TestRenumber(t *testing.T) {
	d := New(1 << 16)
	of := func(x, y, z Vector) Ref {
		return d.If(d.AtLeast(x, d.Const(100)), d.If(d.Equal(y, d.Const(7)), d.Leaf(1), d.Leaf(2)), d.If(d.AnySet(z, d.Const(6)), d.Leaf(3), d.Leaf(2)))
	}
	f := of(d.Word(0), d.Word(1), d.Word(2))
	if got, want := d.Renumber(f, func(w int) int { return [...]int{5, 1, 0}[w] }), of(d.Word(5), d.Word(1), d.Word(0)); got != want {
		t.Error("another function with the words 5, 1 and 0 for 0, 1 and 2")
	}
	if d.Renumber(f, func(w int) int { return w }) != f || d.Renumber(True, func(int) int { return 9 }) != True {
		t.Error("a function with the same words is another one")
	}
}

func TestFollow(t *testing.T) {
	d := New(1 << 16)
	inner := d.AtLeast(d.Word(1), d.Const(100))
	f := d.If(d.Equal(d.Word(0), d.Const(62)), inner, d.Leaf(5))
	for value, want := range map[uint32]Ref{62: inner, 61: d.Leaf(5), 63: d.Leaf(5)} {
		if got := d.Follow(f, 0, value); got != want {
			t.Errorf("at %d: %d, want %d", value, got, want)
		}
	}
	if d.Follow(inner, 0, 62) != inner {
		t.Error("a function that does not look at the word is changed")
	}
	if d.Top(f) != 0 || d.Top(inner) != 1 || d.Top(d.Leaf(5)) != NoWord {
		t.Errorf("top words %d, %d, %d", d.Top(f), d.Top(inner), d.Top(d.Leaf(5)))
	}
	values := d.Leaves(f, 3)
	slices.Sort(values)
	if !slices.Equal(values, []uint32{0, 1, 5}) || d.Leaves(f, 2) != nil {
		t.Errorf("leaves %v", values)
	}
}
