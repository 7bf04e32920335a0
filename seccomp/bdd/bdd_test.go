package bdd

import (
	"math/rand/v2"
	"testing"
)

// values that lie around bounds and have few, many and mixed bits.
func values(rng *rand.Rand) []uint32 {
	v := []uint32{0, 1, 2, 3, 31, 32, 0x7fffffff, 0x80000000, 0x80000001, 0xfffffffe, 0xffffffff}
	for range 20 {
		v = append(v, rng.Uint32(), rng.Uint32()>>rng.IntN(32))
	}
	return v
}

// Every operation with a constant agrees with the machine's arithmetic.
func TestVector(t *testing.T) {
	type op struct {
		name     string
		symbolic func(d *Diagram, a, b Vector) Vector
		concrete func(a, b uint32) uint32
	}
	ops := []op{
		{"and", (*Diagram).AndWith, func(a, b uint32) uint32 { return a & b }},
		{"or", (*Diagram).OrWith, func(a, b uint32) uint32 { return a | b }},
		{"xor", (*Diagram).XorWith, func(a, b uint32) uint32 { return a ^ b }},
		{"add", (*Diagram).Add, func(a, b uint32) uint32 { return a + b }},
		{"sub", (*Diagram).Sub, func(a, b uint32) uint32 { return a - b }},
		{"shl", (*Diagram).Shl, func(a, b uint32) uint32 { return a << (b & 31) }},
		{"shr", (*Diagram).Shr, func(a, b uint32) uint32 { return a >> (b & 31) }},
		{"mul", (*Diagram).Mul, func(a, b uint32) uint32 { return a * (b & 0xff) }},
		{"div", (*Diagram).Div, func(a, b uint32) uint32 { return a / max(b&0x1f, 1) }},
	}
	rng := rand.New(rand.NewPCG(1, 2))
	for _, o := range ops {
		for range 6 {
			d := New(1 << 20)
			k := values(rng)[rng.IntN(51)]
			switch o.name {
			case "mul":
				k &= 0xff
			case "div":
				k = max(k&0x1f, 1)
			}
			r := o.symbolic(d, d.Word(1), d.Const(k))
			if d.Full() {
				t.Fatalf("%s %#x: the diagram is full", o.name, k)
			}
			for _, w := range values(rng) {
				got := uint32(0)
				for bit := range r {
					got |= d.Eval(r[bit], []uint32{0xaaaaaaaa, w}) << bit
				}
				if want := o.concrete(w, k); got != want {
					t.Fatalf("%#x %s %#x: %#x, want %#x", w, o.name, k, got, want)
				}
			}
		}
	}
}

func TestPredicates(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	d := New(1 << 20)
	for _, k := range values(rng) {
		x, c := d.Word(0), d.Const(k)
		for name, p := range map[string]struct {
			ref  Ref
			want func(v uint32) bool
		}{
			"equal":    {d.Equal(x, c), func(v uint32) bool { return v == k }},
			"at least": {d.AtLeast(x, c), func(v uint32) bool { return v >= k }},
			"above":    {d.Above(x, c), func(v uint32) bool { return v > k }},
			"any set":  {d.AnySet(x, c), func(v uint32) bool { return v&k != 0 }},
		} {
			for _, v := range append(values(rng), k-1, k, k+1) {
				if got := d.Eval(p.ref, []uint32{v}) == 1; got != p.want(v) {
					t.Fatalf("%#x %s %#x: %v", v, name, k, got)
				}
			}
		}
	}
}

// Two ways to say the same give one Ref.
func TestCanonical(t *testing.T) {
	d := New(1 << 16)
	x, ten, twenty := d.Word(0), d.Const(10), d.Const(20)
	a := d.And(d.AtLeast(x, ten), d.Not(d.AtLeast(x, twenty)))
	b := d.Not(d.AtLeast(d.Sub(x, ten), ten))
	if a != b {
		t.Error("10 <= x < 20 and x - 10 < 10 are different functions")
	}
	if cut := d.Cut(0, []Part{{0, False}, {10, True}, {20, False}}); cut != a {
		t.Error("Cut makes another function")
	}
	if d.Equal(x, x) != True || d.XorWith(x, x) != (Vector{}) {
		t.Error("x == x is not always true")
	}
	if k, constant := d.Add(d.Const(0xffffffff), d.Const(3)).constant(); !constant || k != 2 {
		t.Errorf("-1 + 3 = %d, %v", k, constant)
	}
}

// constant returns the value of a vector that is the same everywhere.
func (v Vector) constant() (k uint32, constant bool) {
	for bit, p := range v {
		switch p {
		case True:
			k |= 1 << bit
		case False:
		default:
			return 0, false
		}
	}
	return k, true
}

func TestCut(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	for range 50 {
		d := New(1 << 16)
		parts := []Part{{0, d.Leaf(100)}}
		for from := uint32(0); ; {
			next := from + 1 + rng.Uint32()>>rng.IntN(32)
			if next <= from || len(parts) > 40 {
				break
			}
			from = next
			parts = append(parts, Part{from, d.Leaf(100 + uint32(rng.IntN(4)))})
		}
		f := d.Cut(2, parts)
		check := func(v uint32) {
			want := parts[0].To
			for _, p := range parts {
				if p.From <= v {
					want = p.To
				}
			}
			w, _ := d.Value(want)
			if got := d.Eval(f, []uint32{7, 7, v}); got != w {
				t.Fatalf("%v at %d: %d, want %d", parts, v, got, w)
			}
		}
		for _, p := range parts {
			check(p.From - 1)
			check(p.From)
			check(p.From + 1)
		}
		check(1<<32 - 1)
	}
}

func TestCombineAndFind(t *testing.T) {
	d := New(1 << 16)
	x, y := d.Word(0), d.Word(1)
	f := d.If(d.AtLeast(x, d.Const(5)), d.Leaf(10), d.Leaf(20))
	g := d.If(d.AnySet(y, d.Const(8)), d.Leaf(15), d.Leaf(10))
	h := d.Combine(func(a, b uint32) uint32 { return min(a, b) }, f, g)
	words, v, ok := d.Find(h, 2, func(v uint32) bool { return v == 15 })
	if !ok || v != 15 || words[0] >= 5 || words[1]&8 == 0 {
		t.Errorf("found %v %d %v", words, v, ok)
	}
	if _, _, ok := d.Find(h, 2, func(v uint32) bool { return v == 20 }); ok {
		t.Error("20 is nowhere the smaller value")
	}
}

// A function without a small diagram ends in Full and not in memory.
func TestLimit(t *testing.T) {
	d := New(1 << 14)
	d.Equal(d.Word(0), d.Word(1))
	if !d.Full() || d.Size() > 1<<14 {
		t.Errorf("full %v with %d nodes", d.Full(), d.Size())
	}
}
