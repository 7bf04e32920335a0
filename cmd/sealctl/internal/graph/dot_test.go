package graph

import (
	"bytes"
	"flag"
	"fmt"
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
