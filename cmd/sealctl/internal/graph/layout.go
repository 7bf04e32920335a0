package graph

import "strings"

// Layout says where everything of a drawing is. Lengths are in pixels; the origin is
// at the top left, x goes to the right and y down.
type Layout struct {
	Width, Height float64
	Boxes         []Box // of the nodes, in their order
	Lines         []Line
	Labels        []Text // of edges
}

// Box is the rectangle of a node.
type Box struct {
	X, Y, W, H float64
	Text       []string // its lines
}

// Line is a part of an edge, from left to right. Edges to the same node run together
// from where they meet.
type Line struct {
	X1, Y1, X2, Y2 float64
	Arrow          bool // it ends at a box
}

// Text begins at X, with its middle line at Y.
type Text struct {
	X, Y float64
	Text string
}

// Measures of a drawing. Text has a fixed width, so that a box can be made to fit.
const (
	charWidth  = 7.4 // of the font of boxes, 12 px: 0.6 em in the usual ones, and some air
	lineHeight = 16.0
	padX, padY = 10.0, 6.0
	smallWidth = 6.2 // of the font of edges' labels, 10 px
	rowGap     = 10.0
	margin     = 16.0
	heading    = 40.0 // above the drawing, for its title
	minGutter  = 32.0 // between layers
	maxGutter  = 96.0
	portGap    = 7.0 // the ways of a test leave this far above and below the middle
)

func boxSize(label string) (w, h float64, lines []string) {
	lines = strings.Split(label, "\n")
	for _, l := range lines {
		w = max(w, textWidth(l))
	}
	return w + 2*padX, float64(len(lines))*lineHeight + 2*padY, lines
}

// textWidth estimates the width of text in a box.
func textWidth(s string) float64 { return charWidth * float64(len([]rune(s))) }

// slot is a place in a layer: a node's, or one through which edges to a node in a
// later layer pass.
type slot struct {
	node  int // the node, or the one that the edges lead to
	pass  bool
	layer int
	at    int // position in the layer
	w, h  float64
	y     float64 // of its middle

	left, right []int // slots in the layers beside this one
}

// layers is the graph cut into layers. Edges lead from one layer to the next.
type layers struct {
	slots []slot
	rows  [][]int // the slots of each layer, from top to bottom
}

// Layout lays the graph out in layers from left to right. The same graph always gives
// the same layout.
func (g *Graph) Layout() *Layout {
	l := g.cut()
	l.order()
	l.place()
	return g.draw(l)
}

// cut gives each node the first layer that is behind all that lead to it.
func (g *Graph) cut() *layers {
	depth := make([]int, len(g.Nodes))
	last := 0
	for i := range g.Nodes { // a node stands before those it leads to
		for _, next := range g.Nodes[i].next() {
			depth[next] = max(depth[next], depth[i]+1)
			last = max(last, depth[next])
		}
	}
	l := &layers{rows: make([][]int, last+1), slots: make([]slot, len(g.Nodes))}
	for i := range g.Nodes {
		w, h, _ := boxSize(g.Nodes[i].Label)
		l.slots[i] = slot{node: i, layer: depth[i], w: w, h: h}
	}
	type place struct{ node, layer int }
	passes := map[place]int{} // edges to the same node share their places on the way
	seen := make([]bool, len(g.Nodes), 2*len(g.Nodes))
	var visit func(i int)
	visit = func(i int) { // in the order of a walk, which a tree can be drawn in as it is
		seen[i] = true
		l.rows[depth[i]] = append(l.rows[depth[i]], i)
		for _, next := range g.Nodes[i].next() {
			from := i
			for layer := depth[i] + 1; layer < depth[next]; layer++ {
				p, made := passes[place{next, layer}]
				if !made {
					p = len(l.slots)
					passes[place{next, layer}] = p
					l.slots = append(l.slots, slot{node: next, pass: true, layer: layer, h: 4})
					l.rows[layer] = append(l.rows[layer], p)
				}
				l.link(from, p)
				from = p
			}
			l.link(from, next)
			if !seen[next] {
				visit(next)
			}
		}
	}
	visit(0)
	return l
}

func (l *layers) link(from, to int) {
	for _, r := range l.slots[from].right {
		if r == to {
			return
		}
	}
	l.slots[from].right = append(l.slots[from].right, to)
	l.slots[to].left = append(l.slots[to].left, from)
}

// draw turns the places into boxes, lines and labels.
func (g *Graph) draw(l *layers) *Layout {
	out := &Layout{Boxes: make([]Box, len(g.Nodes))}
	// x: a layer is as wide as its widest box and the labels behind it, beside which lines
	// are level; the space to the next one grows with how far lines go up or down.
	x := make([]float64, len(l.rows)) // where each layer begins
	end := make([]float64, len(l.rows))
	at := margin
	for i, row := range l.rows {
		wide, stub, far := 0.0, 0.0, 0.0
		for _, s := range row {
			wide = max(wide, l.slots[s].w)
			if !l.slots[s].pass {
				stub = max(stub, labelRoom(&g.Nodes[s]))
			}
			for _, r := range l.slots[s].right {
				far = max(far, l.slots[r].y-l.slots[s].y, l.slots[s].y-l.slots[r].y)
			}
		}
		x[i], end[i] = at, at+wide+stub
		at = end[i] + min(maxGutter, minGutter+far/6)
	}
	out.Width = end[len(end)-1] + margin
	top, bottom := l.slots[0].y, l.slots[0].y
	for i := range l.slots {
		s := &l.slots[i]
		top, bottom = min(top, s.y-s.h/2), max(bottom, s.y+s.h/2)
	}
	out.Height = bottom - top + heading + 2*margin
	for i := range l.slots {
		s := &l.slots[i]
		s.y += heading + margin - top
		if !s.pass {
			w, h, lines := boxSize(g.Nodes[i].Label)
			out.Boxes[i] = Box{X: x[s.layer], Y: s.y - h/2, W: w, H: h, Text: lines}
		}
	}
	out.Width = max(out.Width, 2*margin+charWidth*1.2*float64(len([]rune(g.Title))))
	for i := range l.slots {
		s := &l.slots[i]
		from := x[s.layer] // of a pass: nothing is there, so the line goes through
		if !s.pass {
			from += s.w
		}
		if s.pass || end[s.layer] > from {
			// straight through the rest of the layer, so that no line crosses a box
			for k := range s.right {
				y := s.y + l.port(s, k)
				out.Lines = append(out.Lines, Line{X1: from, Y1: y, X2: end[s.layer], Y2: y})
			}
		}
		for k, r := range s.right {
			to := &l.slots[r]
			out.Lines = append(out.Lines, Line{X1: end[s.layer], Y1: s.y + l.port(s, k), X2: x[to.layer], Y2: to.y, Arrow: !to.pass})
		}
		if !s.pass {
			out.label(g, l, s, from)
		}
	}
	return out
}

// port returns how far from the middle of a slot its k-th edge leaves: the two of a
// test above and below, in the order in which they go on.
func (l *layers) port(s *slot, k int) float64 {
	if len(s.right) < 2 || s.pass {
		return 0
	}
	if l.slots[s.right[k]].at < l.slots[s.right[1-k]].at {
		return -portGap
	}
	return portGap
}

// labelRoom is the width of the longer label of a node's edges, with some space.
func labelRoom(n *Node) float64 {
	then, other := n.EdgeLabels()
	if n.Kind != Test {
		return 0
	}
	return smallWidth*float64(max(len(then), len(other))) + 8
}

// label puts words to the edges of a test that begin at x.
func (out *Layout) label(g *Graph, l *layers, s *slot, x float64) {
	n := &g.Nodes[s.node]
	if n.Kind != Test {
		return
	}
	then, other := n.EdgeLabels()
	for k, r := range s.right {
		text := other
		if l.slots[r].node == n.Then {
			text = then
		}
		dy := l.port(s, k)
		if dy < 0 {
			dy -= portGap
		} else {
			dy += portGap
		}
		out.Labels = append(out.Labels, Text{X: x + 5, Y: s.y + dy, Text: text})
	}
}
