package graph

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"

	"github.com/runseal/runseal/cmd/sealctl/internal/palette"
)

// WriteSVG lays the graph out and draws it as a picture by itself, which follows the
// colour scheme of whatever shows it.
func (g *Graph) WriteSVG(w io.Writer) error {
	l := g.Layout()
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" width="%.0f" height="%.0f" viewBox="0 0 %.0f %.0f" role="img" aria-labelledby="title desc">`+"\n",
		l.Width, l.Height, l.Width, l.Height)
	fmt.Fprintf(&b, "<title id=\"title\">%s</title>\n", xmlText(g.Title))
	fmt.Fprintf(&b, "<desc id=\"desc\">%s</desc>\n", xmlText(g.summary()))
	style(&b)
	b.WriteString(`<defs><marker id="arrow" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path class="tip" d="M0 0.8 L8 4 L0 7.2 Z"/></marker></defs>` + "\n")
	fmt.Fprintf(&b, "<rect class=\"paper\" width=\"%.0f\" height=\"%.0f\"/>\n", l.Width, l.Height)
	fmt.Fprintf(&b, "<text class=\"heading\" x=\"%.0f\" y=\"%.0f\">%s</text>\n", margin, margin+12, xmlText(g.Title))
	b.WriteString("<g class=\"lines\">\n")
	for _, e := range l.Lines {
		path(&b, e)
	}
	b.WriteString("</g>\n")
	for i, box := range l.Boxes {
		g.box(&b, &g.Nodes[i], box)
	}
	b.WriteString("<g class=\"edge\">\n")
	for _, t := range l.Labels {
		fmt.Fprintf(&b, "<text x=\"%.1f\" y=\"%.1f\">%s</text>\n", t.X, t.Y+3.5, xmlText(t.Text))
	}
	b.WriteString("</g>\n</svg>\n")
	_, err := io.WriteString(w, b.String())
	return err
}

// summary is what who cannot see the drawing is told.
func (g *Graph) summary() string {
	tests, returns := 0, map[string]bool{}
	var list []string
	for i := range g.Nodes {
		switch n := &g.Nodes[i]; n.Kind {
		case Test:
			tests++
		case Return:
			if !returns[n.Label] {
				returns[n.Label] = true
				list = append(list, n.Label)
			}
		}
	}
	return fmt.Sprintf("A decision graph with %d tests that ends in %s. Each test goes on in one of two ways.", tests, strings.Join(list, ", "))
}

// style writes the style sheet.
func style(b *strings.Builder) {
	b.WriteString("<style>\n" +
		"text{font:12px 'DejaVu Sans Mono',Menlo,Consolas,'Liberation Mono',monospace;fill:#1d2126}\n" +
		".paper{fill:#fff}\n.heading{font-size:14px;font-weight:bold}\n" +
		".edge text{font-size:10px;fill:#4a5058;stroke:#fff;stroke-width:3px;paint-order:stroke}\n" +
		".lines path{fill:none;stroke:#8d949e;stroke-width:1.2px}\n.tip{fill:#8d949e}\n" +
		".start rect{fill:none;stroke:none}\n.start text{font-weight:bold}\n" +
		".test rect{fill:#f6f7f9;stroke:#8d949e}\n")
	for _, c := range palette.All() {
		fmt.Fprintf(b, ".%s rect{fill:%s;stroke:%s}\n.%s text{fill:%s}\n", c.Class, c.Fill, c.Line, c.Class, c.Text)
	}
	b.WriteString("@media (prefers-color-scheme:dark){\n" +
		"text{fill:#e4e6ea}\n.paper{fill:#16181c}\n.edge text{fill:#b9bec7;stroke:#16181c}\n" +
		".lines path{stroke:#6d747f}\n.tip{fill:#6d747f}\n.test rect{fill:#23262c;stroke:#6d747f}\n")
	for _, c := range palette.All() {
		fmt.Fprintf(b, ".%s rect{fill:%s;stroke:%s}\n.%s text{fill:%s}\n", c.Class, c.DarkFill, c.DarkLine, c.Class, c.DarkText)
	}
	b.WriteString("}\n</style>\n")
}

// path draws a line: straight if it is level, else bent so that it begins and ends
// level.
func path(b *strings.Builder, e Line) {
	arrow := ""
	if e.Arrow {
		arrow = ` marker-end="url(#arrow)"`
	}
	if e.Y1 == e.Y2 {
		fmt.Fprintf(b, "<path d=\"M%.1f %.1fH%.1f\"%s/>\n", e.X1, e.Y1, e.X2, arrow)
		return
	}
	mid := (e.X1 + e.X2) / 2
	fmt.Fprintf(b, "<path d=\"M%.1f %.1fC%.1f %.1f %.1f %.1f %.1f %.1f\"%s/>\n", e.X1, e.Y1, mid, e.Y1, mid, e.Y2, e.X2, e.Y2, arrow)
}

// box draws a node.
func (g *Graph) box(b *strings.Builder, n *Node, box Box) {
	class, round := "start", 0
	switch n.Kind {
	case Test:
		class, round = "test", 3
	case Return:
		class, round = g.colour(n).Class, 12
	}
	fmt.Fprintf(b, "<g class=\"%s\">", class)
	if n.Note != "" {
		fmt.Fprintf(b, "<title>%s</title>", xmlText(n.Note))
	}
	fmt.Fprintf(b, "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" rx=\"%d\"/>", box.X, box.Y, box.W, box.H, round)
	for i, line := range box.Text {
		fmt.Fprintf(b, "<text x=\"%.1f\" y=\"%.1f\">%s</text>", box.X+padX, box.Y+padY+lineHeight*float64(i)+12, xmlText(line))
	}
	b.WriteString("</g>\n")
}

// xmlText escapes text; what XML has no way to write becomes U+FFFD.
func xmlText(s string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(s)) // a strings.Builder does not fail
	return b.String()
}

// colour returns how a return looks.
func (g *Graph) colour(n *Node) palette.Colour {
	if action, ok := g.Action(n); ok {
		return palette.Of(action)
	}
	return palette.Other()
}
