package graph

import "github.com/runseal/runseal/seccomp/bpf"

// Decide returns what the program returns for a call, which is one of those that the
// graph was made for.
func (g *Graph) Decide(call *bpf.Data) uint32 {
	for i := 0; ; {
		n := &g.Nodes[i]
		if n.Kind == Return {
			return g.terms.eval(n.value, call)
		}
		i = n.Then
		if n.Kind == Test && !g.holds(&n.test, call) {
			i = n.Else
		}
	}
}

func (g *Graph) holds(t *test, call *bpf.Data) bool {
	left := g.terms.eval(t.left, call)
	for _, k := range t.equal {
		if left == k {
			return true
		}
	}
	return t.equal == nil && t.cond.Holds(left, g.terms.eval(t.right, call))
}

// eval returns the term's value for a call.
func (t *terms) eval(r ref, call *bpf.Data) uint32 {
	switch x := t.list[r]; x.op {
	case isConstant:
		return x.k
	case isWord:
		return call.Word(x.k)
	default:
		return operate(x.op, t.eval(x.a, call), t.eval(x.b, call))
	}
}
