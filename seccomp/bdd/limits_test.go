package bdd

import "testing"

// Both operands of a computation may depend on the input.
func TestVectorOfTwoWords(t *testing.T) {
	for name, o := range map[string]struct {
		symbolic func(d *Diagram, a, b Vector) Vector
		concrete func(a, b uint32) uint32
	}{
		"add": {(*Diagram).Add, func(a, b uint32) uint32 { return a + b }},
		"sub": {(*Diagram).Sub, func(a, b uint32) uint32 { return a - b }},
		"mul": {(*Diagram).Mul, func(a, b uint32) uint32 { return a * b }},
		"div": {(*Diagram).Div, func(a, b uint32) uint32 { return a / b }},
		"shl": {(*Diagram).Shl, func(a, b uint32) uint32 { return a << (b & 31) }},
		"shr": {(*Diagram).Shr, func(a, b uint32) uint32 { return a >> (b & 31) }},
	} {
		for _, high := range []uint32{1, 0xfffffff0} { // the second makes division carry out of 32 bits
			d := New(1 << 18)
			a := d.OrWith(d.AndWith(d.Word(0), d.Const(0xf)), d.Const(high))
			b := d.OrWith(d.AndWith(d.Word(1), d.Const(0x1e)), d.Const(1|high&0x80000000))
			r := o.symbolic(d, a, b)
			if d.Full() {
				t.Fatalf("%s: full", name)
			}
			for v := range uint32(16) {
				for w := range uint32(32) {
					got := uint32(0)
					for bit := range r {
						got |= d.Eval(r[bit], []uint32{v, w}) << bit
					}
					x, y := v|high, w&0x1e|1|high&0x80000000
					if want := o.concrete(x, y); got != want {
						t.Fatalf("%s of %#x and %#x: %#x, want %#x", name, x, y, got, want)
					}
				}
			}
		}
	}
}
