package seccomp

// Two policies in one graph: the program of an [Intersect] decides as two
// filters one after the other would, but looks at number and arguments once.

// merge returns the spans that lead where both a and b lead together.
func (g *graph) merge(a, b spans) spans {
	out := make(spans, 0, len(a)+len(b))
	for i, j := 0, 0; i < len(a) || j < len(b); {
		lo := uint32(1<<32 - 1)
		if i < len(a) {
			lo = a[i].lo
		}
		if j < len(b) {
			lo = min(lo, b[j].lo)
		}
		if i < len(a) && a[i].lo == lo {
			i++
		}
		if j < len(b) && b[j].lo == lo {
			j++
		}
		out = out.add(lo, g.both(a[i-1].to, b[j-1].to))
	}
	return out
}

// both returns the node that decides as the stricter of the two: the older
// policy's graph with the newer one's in place of each return.
func (g *graph) both(older, newer ref) ref {
	if older == newer {
		return older
	}
	n := g.nodes[older]
	if n.op == isReturn {
		return g.atMost(Action(n.k), newer)
	}
	key := pair{older, newer}
	if r, ok := g.merged[key]; ok {
		return r
	}
	n.t, n.f = g.both(n.t, newer), g.both(n.f, newer)
	r := n.t
	if n.t != n.f {
		r = g.intern(n)
	}
	g.remember(key, r)
	return r
}

// atMost returns the graph of the newer policy under an older policy that says
// the same for all arguments.
func (g *graph) atMost(older Action, newer ref) ref {
	n := g.nodes[newer]
	if n.op == isReturn {
		return g.ret(Action(stricter(uint32(older), n.k)))
	}
	if older.Kind() == Allow {
		return newer
	}
	key := pair{-1 - g.ret(older), newer}
	if r, ok := g.merged[key]; ok {
		return r
	}
	n.t, n.f = g.atMost(older, n.t), g.atMost(older, n.f)
	r := n.t
	if n.t != n.f {
		r = g.intern(n)
	}
	g.remember(key, r)
	return r
}

type pair struct{ older, newer ref }

func (g *graph) remember(key pair, r ref) {
	if g.merged == nil {
		g.merged = map[pair]ref{}
	}
	g.merged[key] = r
}
