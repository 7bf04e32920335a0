package bdd

// Vector is a computed 32-bit word: element i is the predicate "bit i is set".
type Vector [32]Ref

// Word returns the input word with this number, unchanged.
func (d *Diagram) Word(word int) Vector {
	var v Vector
	for bit := range v {
		v[bit] = d.choose(level(word, bit), False, True)
	}
	return v
}

// Const returns the vector that is k everywhere.
func (d *Diagram) Const(k uint32) Vector {
	var v Vector
	for bit := range v {
		if k>>bit&1 != 0 {
			v[bit] = True
		}
	}
	return v
}

// Equal returns the predicate a == b.
func (d *Diagram) Equal(a, b Vector) Ref {
	// From the lowest bit on, which comes last in the diagram: what is built is
	// then only ever put below a new decision.
	r := True
	for bit := range a {
		r = d.If(a[bit], d.If(b[bit], r, False), d.If(b[bit], False, r))
	}
	return r
}

// AtLeast returns the predicate a >= b, unsigned.
func (d *Diagram) AtLeast(a, b Vector) Ref { return d.compare(a, b, True) }

// Above returns the predicate a > b, unsigned.
func (d *Diagram) Above(a, b Vector) Ref { return d.compare(a, b, False) }

func (d *Diagram) compare(a, b Vector, ifEqual Ref) Ref {
	r := ifEqual
	for bit := range a {
		r = d.If(a[bit], d.If(b[bit], r, True), d.If(b[bit], False, r))
	}
	return r
}

// AnySet returns the predicate a & b != 0.
func (d *Diagram) AnySet(a, b Vector) Ref {
	r := False
	for bit := range a {
		r = d.If(d.And(a[bit], b[bit]), True, r)
	}
	return r
}

// AndWith returns a & b.
func (d *Diagram) AndWith(a, b Vector) Vector { return d.each(a, b, d.And) }

// OrWith returns a | b.
func (d *Diagram) OrWith(a, b Vector) Vector { return d.each(a, b, d.Or) }

// XorWith returns a ^ b.
func (d *Diagram) XorWith(a, b Vector) Vector { return d.each(a, b, d.xor) }

func (d *Diagram) xor(p, q Ref) Ref { return d.If(p, d.Not(q), q) }

func (d *Diagram) each(a, b Vector, op func(p, q Ref) Ref) Vector {
	for bit := range a {
		a[bit] = op(a[bit], b[bit])
	}
	return a
}

// Select returns a where p holds, else b.
func (d *Diagram) Select(p Ref, a, b Vector) Vector {
	for bit := range a {
		a[bit] = d.If(p, a[bit], b[bit])
	}
	return a
}

// Add returns a + b.
func (d *Diagram) Add(a, b Vector) Vector {
	sum, _ := d.add(a, b, False)
	return sum
}

// Sub returns a - b.
func (d *Diagram) Sub(a, b Vector) Vector {
	difference, _ := d.add(a, d.invert(b), True)
	return difference
}

func (d *Diagram) add(a, b Vector, carry Ref) (Vector, Ref) {
	var sum Vector
	for bit := range a {
		p, q := a[bit], b[bit]
		odd := d.xor(p, q)
		sum[bit] = d.xor(odd, carry)
		carry = d.If(odd, carry, p)
	}
	return sum, carry
}

func (d *Diagram) invert(a Vector) Vector {
	for bit := range a {
		a[bit] = d.Not(a[bit])
	}
	return a
}

// Mul returns a * b.
func (d *Diagram) Mul(a, b Vector) Vector {
	var product Vector
	for bit := range b {
		if b[bit] == False {
			continue
		}
		term := shift(a, bit)
		for i := range term {
			term[i] = d.And(b[bit], term[i])
		}
		product = d.Add(product, term)
		if d.full {
			break
		}
	}
	return product
}

// Div returns a / b, where b is not 0.
func (d *Diagram) Div(a, b Vector) Vector {
	var quotient, rest Vector
	for bit := len(a) - 1; bit >= 0; bit-- {
		rest = shift(rest, 1) // loses nothing: rest is at most a >> (bit + 1)
		rest[0] = a[bit]
		fits := d.AtLeast(rest, b)
		quotient[bit] = fits
		rest = d.Select(fits, d.Sub(rest, b), rest)
		if d.full {
			break
		}
	}
	return quotient
}

// Shl returns a << (b & 31), as the machine does it.
func (d *Diagram) Shl(a, b Vector) Vector { return d.barrel(a, b, 1) }

// Shr returns a >> (b & 31).
func (d *Diagram) Shr(a, b Vector) Vector { return d.barrel(a, b, -1) }

func (d *Diagram) barrel(a, b Vector, direction int) Vector {
	for i := range 5 {
		a = d.Select(b[i], shift(a, direction<<i), a)
	}
	return a
}

// shift moves the bits up by n, or down if n is negative.
func shift(a Vector, n int) Vector {
	var r Vector
	for bit := range r {
		if from := bit - n; from >= 0 && from < len(a) {
			r[bit] = a[from]
		}
	}
	return r
}
