package graph

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"
)

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
