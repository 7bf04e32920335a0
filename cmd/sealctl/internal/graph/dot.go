package graph

import (
	"fmt"
	"io"
	"strings"
)

// WriteDOT writes the graph in the language of graphviz, for dot(1).
func (g *Graph) WriteDOT(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "digraph %s {\n", dotString(g.Title))
	b.WriteString("\trankdir=LR;\n\tnode [fontname=\"monospace\", fontsize=12];\n\tedge [fontname=\"monospace\", fontsize=10];\n")
	for i := range g.Nodes {
		n := &g.Nodes[i]
		fmt.Fprintf(&b, "\tn%d [label=%s", i, dotString(n.Label))
		switch n.Kind {
		case Start:
			b.WriteString(", shape=plaintext")
		case Test:
			b.WriteString(", shape=box")
		case Return:
			c := g.colour(n)
			fmt.Fprintf(&b, ", shape=box, style=\"rounded,filled\", fillcolor=%q, color=%q", c.Fill, c.Line)
		}
		if n.Note != "" {
			fmt.Fprintf(&b, ", tooltip=%s", dotString(n.Note))
		}
		b.WriteString("];\n")
	}
	for i := range g.Nodes {
		n := &g.Nodes[i]
		then, other := n.EdgeLabels()
		switch n.Kind {
		case Start:
			fmt.Fprintf(&b, "\tn%d -> n%d;\n", i, n.Then)
		case Test:
			fmt.Fprintf(&b, "\tn%d -> n%d [label=%s];\n\tn%d -> n%d [label=%s];\n",
				i, n.Then, dotString(then), i, n.Else, dotString(other))
		}
	}
	b.WriteString("}\n")
	_, err := io.WriteString(w, b.String())
	return err
}

// dotString is a quoted string of the language, in which a backslash begins an
// escape and \n is a new line.
func dotString(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(s) + `"`
}
