package graph

import (
	"bytes"
	"encoding/xml"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/runseal/runseal/seccomp/arch"
)

var update = flag.Bool("update", false, "rewrite the golden files in testdata")

// drawings are graphs of all kinds, as the verb draws them.
func drawings(t *testing.T) map[string]*Graph {
	list := map[string]*Graph{}
	for name, text := range map[string]string{"small": small, "wide": wide, "docker": "docker/default"} {
		_, filter := compile(t, text)
		for _, o := range []Options{
			{}, {Call: "clone"}, {Arch: arch.Lookup("SCMP_ARCH_X86_64")}, {Arch: arch.Lookup("SCMP_ARCH_ARM")},
			{Arch: arch.Lookup("SCMP_ARCH_X86"), Call: "personality"},
		} {
			o.Title = name + ` <&">\` // what the languages of drawings treat specially
			g, err := New(filter.Instructions, o)
			if err != nil {
				t.Fatal(err)
			}
			key := name + " " + o.Call
			if o.Arch != nil {
				key += " " + o.Arch.Scmp
			}
			list[key], list[key+" spread"] = g, g.Spread(4)
		}
	}
	return list
}

// The text for graphviz has each node and each edge of the graph, and nothing else.
func TestDOT(t *testing.T) {
	dot, notInstalled := exec.LookPath("dot")
	for name, g := range drawings(t) {
		var b bytes.Buffer
		if err := g.WriteDOT(&b); err != nil {
			t.Fatal(err)
		}
		labels, edges, err := parseDOT(b.String())
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		want := map[string]string{}
		for i, n := range g.Nodes {
			if labels[fmt.Sprintf("n%d", i)] != n.Label {
				t.Errorf("%s: node %d is %q, want %q", name, i, labels[fmt.Sprintf("n%d", i)], n.Label)
			}
			then, other := n.EdgeLabels()
			switch n.Kind {
			case Start:
				want[fmt.Sprintf("n%d -> n%d", i, n.Then)] = ""
			case Test:
				want[fmt.Sprintf("n%d -> n%d", i, n.Then)] = then
				want[fmt.Sprintf("n%d -> n%d", i, n.Else)] = other
			}
		}
		if len(labels) != len(g.Nodes) || len(edges) != len(want) {
			t.Errorf("%s: %d nodes and %d edges, want %d and %d", name, len(labels), len(edges), len(g.Nodes), len(want))
		}
		for e, label := range want {
			if got, ok := edges[e]; !ok || got != label {
				t.Errorf("%s: edge %s is %q, want %q", name, e, got, label)
			}
		}
		if notInstalled == nil && len(g.Nodes) < 50 {
			cmd := exec.Command(dot, "-Tplain")
			cmd.Stdin = &b
			if out, err := cmd.CombinedOutput(); err != nil || strings.Contains(string(out), "Warning") {
				t.Errorf("%s: dot: %v\n%.500s", name, err, out)
			}
		}
	}
}

// parseDOT reads the part of the language that is written here: a line for the
// beginning, for defaults, for a node, for an edge and for the end.
func parseDOT(text string) (labels, edges map[string]string, err error) {
	labels, edges = map[string]string{}, map[string]string{}
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	for i, line := range lines {
		switch {
		case i == 0:
			title, ok := strings.CutPrefix(line, "digraph ")
			if _, rest, err := dotValue(title); !ok || err != nil || rest != " {" {
				return nil, nil, fmt.Errorf("line 1: %q", line)
			}
			continue
		case i == len(lines)-1:
			if line != "}" {
				return nil, nil, fmt.Errorf("last line: %q", line)
			}
			continue
		}
		line, ok := strings.CutPrefix(line, "\t")
		line, end := strings.CutSuffix(line, ";")
		if !ok || !end {
			return nil, nil, fmt.Errorf("line %d: %q", i+1, line)
		}
		name, list, _ := strings.Cut(line, " [")
		if name == "node" || name == "edge" || name == "rankdir=LR" {
			continue
		}
		label := ""
		for list != "" && list != "]" {
			key, value, _ := strings.Cut(strings.TrimPrefix(list, ", "), "=")
			value, rest, err := dotValue(value)
			if err != nil {
				return nil, nil, fmt.Errorf("line %d: %w", i+1, err)
			}
			if key == "label" {
				label = value
			}
			list = rest
		}
		into := labels
		if strings.Contains(name, " -> ") {
			into = edges
		}
		if _, twice := into[name]; twice {
			return nil, nil, fmt.Errorf("line %d: %s twice", i+1, name)
		}
		into[name] = label
	}
	return labels, edges, nil
}

// dotValue reads a word, or a string in quotes, and returns what is behind it.
func dotValue(s string) (value, rest string, err error) {
	if !strings.HasPrefix(s, `"`) {
		end := strings.IndexAny(s, ",] ")
		if end < 0 {
			return "", "", fmt.Errorf("value %q has no end", s)
		}
		return s[:end], s[end:], nil
	}
	quoted, err := strconv.QuotedPrefix(s)
	if err != nil {
		return "", "", fmt.Errorf("value %q: %w", s, err)
	}
	value, err = strconv.Unquote(quoted)
	return value, s[len(quoted):], err
}

func TestDOTGolden(t *testing.T) {
	_, filter := compile(t, small)
	g, err := New(filter.Instructions, Options{Title: "small"})
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := g.Spread(4).WriteDOT(&b); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join("testdata", "small.dot")
	if *update {
		if err := os.WriteFile(file, b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if b.String() != string(want) {
		t.Errorf("not %s; -update writes it. Now:\n%s", file, b.String())
	}
}

// element is any element of the picture.
type element struct {
	XMLName  xml.Name
	Attrs    []xml.Attr `xml:",any,attr"`
	Text     string     `xml:",chardata"`
	Children []element  `xml:",any"`
}

func (e *element) attr(name string) string {
	for _, a := range e.Attrs {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

// The picture is XML with a title, has all labels, and is always the same.
func TestSVG(t *testing.T) {
	for name, g := range drawings(t) {
		var b, again bytes.Buffer
		if err := errors.Join(g.WriteSVG(&b), g.WriteSVG(&again)); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(b.Bytes(), again.Bytes()) {
			t.Errorf("%s: two pictures of one graph", name)
		}
		var svg element
		d := xml.NewDecoder(bytes.NewReader(b.Bytes()))
		if err := d.Decode(&svg); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if _, err := d.Token(); !errors.Is(err, io.EOF) {
			t.Logf("%s: behind the end: %v", name, err) // a line break
		}
		if svg.XMLName.Space != "http://www.w3.org/2000/svg" || svg.Children[0].XMLName.Local != "title" || svg.Children[0].Text != g.Title ||
			svg.attr("viewBox") != "0 0 "+svg.attr("width")+" "+svg.attr("height") {
			t.Errorf("%s: %v, title %q", name, svg.Attrs, svg.Children[0].Text)
		}
		var labels []string
		for _, e := range svg.Children {
			if c := e.attr("class"); e.XMLName.Local == "g" && c != "lines" && c != "edge" {
				var lines []string
				for _, t := range e.Children {
					if t.XMLName.Local == "text" {
						lines = append(lines, t.Text)
					}
				}
				labels = append(labels, strings.Join(lines, "\n"))
			}
		}
		if len(labels) != len(g.Nodes) {
			t.Fatalf("%s: %d boxes, want %d", name, len(labels), len(g.Nodes))
		}
		for i, n := range g.Nodes {
			if labels[i] != n.Label {
				t.Errorf("%s: box %d says %q, want %q", name, i, labels[i], n.Label)
			}
		}
	}
}

// widest is the width of a character of the fonts that the picture asks for, in units
// of the font's size: DejaVu Sans Mono and Menlo 0.602, Liberation Mono 0.600.
const widest = 0.602

// Boxes are apart, within the picture, and wide enough for their text; no label is in a
// box; no line goes through one.
func TestLayout(t *testing.T) {
	for name, g := range drawings(t) {
		l := g.Layout()
		if len(l.Boxes) != len(g.Nodes) {
			t.Fatalf("%s: %d boxes for %d nodes", name, len(l.Boxes), len(g.Nodes))
		}
		for i, b := range l.Boxes {
			if b.X < 0 || b.Y < heading || b.X+b.W > l.Width || b.Y+b.H > l.Height {
				t.Errorf("%s: box %d is outside: %+v", name, i, b)
			}
			for _, line := range b.Text {
				if widest*12*float64(len(line)) > b.W-10 {
					t.Errorf("%s: %q does not fit into %.0f", name, line, b.W)
				}
			}
			if b.H < 14*float64(len(b.Text)) {
				t.Errorf("%s: %d lines do not fit into %.0f", name, len(b.Text), b.H)
			}
			for k, c := range l.Boxes[:i] {
				if b.X < c.X+c.W+4 && c.X < b.X+b.W+4 && b.Y < c.Y+c.H+4 && c.Y < b.Y+b.H+4 {
					t.Errorf("%s: boxes %d and %d overlap", name, i, k)
				}
			}
			for _, e := range l.Labels {
				w := widest * 10 * float64(len(e.Text))
				if e.X < b.X+b.W && b.X < e.X+w && e.Y-4 < b.Y+b.H && b.Y < e.Y+4 {
					t.Errorf("%s: label %+v is in box %d", name, e, i)
				}
			}
			for _, e := range l.Lines {
				for _, p := range points(e) {
					if p[0] > b.X+0.1 && p[0] < b.X+b.W-0.1 && p[1] > b.Y && p[1] < b.Y+b.H {
						t.Fatalf("%s: line %+v goes through box %d: %+v", name, e, i, b)
					}
				}
			}
		}
	}
}

// points are places along a line as it is drawn.
func points(e Line) (list [][2]float64) {
	mid := (e.X1 + e.X2) / 2
	for i := range 21 {
		t := float64(i) / 20
		u := 1 - t
		x := u*u*u*e.X1 + 3*u*u*t*mid + 3*u*t*t*mid + t*t*t*e.X2
		y := u*u*u*e.Y1 + 3*u*u*t*e.Y1 + 3*u*t*t*e.Y2 + t*t*t*e.Y2
		list = append(list, [2]float64{x, y})
	}
	return list
}

// Whoever follows the lines from a box comes to the boxes that the node leads to.
func TestLines(t *testing.T) {
	for name, g := range drawings(t) {
		l := g.Layout()
		type point struct{ x, y float64 }
		from := map[point][]Line{}
		for _, e := range l.Lines {
			from[point{e.X1, e.Y1}] = append(from[point{e.X1, e.Y1}], e)
		}
		for i, b := range l.Boxes {
			got := map[int]bool{}
			var follow func(p point)
			follow = func(p point) {
				for k, c := range l.Boxes {
					if c.X == p.x && c.Y+c.H/2 == p.y {
						got[k] = true
						return
					}
				}
				for _, e := range from[p] {
					follow(point{e.X2, e.Y2})
				}
			}
			for p := range from {
				if p.x == b.X+b.W && p.y > b.Y && p.y < b.Y+b.H {
					follow(p)
				}
			}
			want := g.Nodes[i].next()
			for _, w := range want {
				if !got[w] {
					t.Errorf("%s: no line from %d to %d", name, i, w)
				}
			}
			if len(got) != len(want) {
				t.Errorf("%s: lines from %d to %v, want %v", name, i, got, want)
			}
		}
	}
}
