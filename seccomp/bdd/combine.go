package bdd

// If returns the function that is t where the predicate p holds, else f.
func (d *Diagram) If(p, t, f Ref) Ref {
	switch {
	case p == True || t == f:
		return t
	case p == False:
		return f
	case t == True && f == False:
		return p
	case d.full:
		return False
	}
	slot := mix(uint32(p), uint32(t), uint32(f)) & uint32(len(d.cache)-1)
	if e := &d.cache[slot]; e.p == p && e.t == t && e.f == f {
		return e.result // p is never 0 here, so an empty entry does not match
	}
	d.step()
	level := min(d.nodes[p].level, d.nodes[t].level, d.nodes[f].level)
	p0, p1 := d.split(p, level)
	t0, t1 := d.split(t, level)
	f0, f1 := d.split(f, level)
	lo := d.If(p0, t0, f0)
	result := d.choose(level, lo, d.If(p1, t1, f1))
	// The cache may have grown meanwhile.
	slot = mix(uint32(p), uint32(t), uint32(f)) & uint32(len(d.cache)-1)
	d.cache[slot] = entry{p, t, f, result}
	return result
}

func (d *Diagram) step() {
	if d.steps++; d.steps/maxSteps > d.limit {
		d.full = true
	}
}

// split returns what is left of f when the bit at level is 0 and when it is 1.
// No node of f is above level.
func (d *Diagram) split(f Ref, level int32) (lo, hi Ref) {
	if n := &d.nodes[f]; n.level == level {
		return n.lo, n.hi
	}
	return f, f
}

// Not returns the opposite of a predicate.
func (d *Diagram) Not(p Ref) Ref { return d.If(p, False, True) }

// And returns the predicate that holds where both do.
func (d *Diagram) And(p, q Ref) Ref { return d.If(p, q, False) }

// Or returns the predicate that holds where one of them does.
func (d *Diagram) Or(p, q Ref) Ref { return d.If(p, True, q) }

// Combine returns the function whose value is op of the values of f and g.
func (d *Diagram) Combine(op func(f, g uint32) uint32, f, g Ref) Ref {
	memo := map[[2]Ref]Ref{}
	var walk func(f, g Ref) Ref
	walk = func(f, g Ref) Ref {
		v, leafF := d.Value(f)
		w, leafG := d.Value(g)
		if leafF && leafG {
			return d.Leaf(op(v, w))
		}
		if d.full {
			return False
		}
		if r, ok := memo[[2]Ref{f, g}]; ok {
			return r
		}
		// Pairs can be many more than the nodes that they make.
		if d.step(); len(memo) >= d.limit {
			d.full = true
		}
		level := min(d.nodes[f].level, d.nodes[g].level)
		f0, f1 := d.split(f, level)
		g0, g1 := d.split(g, level)
		lo := walk(f0, g0)
		r := d.choose(level, lo, walk(f1, g1))
		memo[[2]Ref{f, g}] = r
		return r
	}
	return walk(f, g)
}

// Part is the beginning of a range of values of a word, and the function there.
type Part struct {
	From uint32
	To   Ref
}

// Cut returns the function that is parts[i].To where the word is at least
// parts[i].From and less than the next one. The first part starts at 0, they
// ascend, and their functions do not look at the word or one before it.
func (d *Diagram) Cut(word int, parts []Part) Ref {
	var walk func(bit int, from uint32, parts []Part) Ref
	walk = func(bit int, from uint32, parts []Part) Ref {
		if len(parts) == 1 {
			return parts[0].To
		}
		// The part in force at the middle: the last one that starts there or before.
		middle := from + 1<<bit
		at := 1
		for at < len(parts) && parts[at].From <= middle {
			at++
		}
		below := at
		if parts[at-1].From == middle {
			below--
		}
		lo := walk(bit-1, from, parts[:below])
		return d.choose(level(word, bit), lo, walk(bit-1, middle, parts[at-1:]))
	}
	return walk(31, 0, parts)
}

func level(word, bit int) int32 { return int32(word*32 + 31 - bit) }
