// Package graph turns a seccomp filter into a decision graph that people can look
// at: as a drawing (SVG) or as text for graphviz (DOT).
//
// # Model
//
// A [Graph] has one start, tests that compare something of the call with a
// constant and go on in one of two ways, and returns, each an action. Nothing in it
// is repeated: parts of the program that do the same are one node, and loads, masks
// and jumps have become part of the tests that they serve.
//
//	g, err := graph.New(filter.Instructions, graph.Options{Arch: arch.Lookup("SCMP_ARCH_X86_64")})
//	if err == nil {
//		err = g.Spread(8).WriteSVG(os.Stdout)
//	}
//
// The graph is made of the BPF instructions and not of a profile, so that it shows
// filters from anywhere. [New] executes the program for all calls at once, as far as
// registers are concerned (build.go): a state is a place in the program and what
// the registers hold there, as a term over the words of struct seccomp_data (term.go).
// [Options] say which calls to look at; a test that has the same result for all of
// them is no node (domain.go). The tests walk the graph for one call after the other and
// compare what it returns with the policy (decide_test.go).
//
// Drawing is a layered layout from left to right (layout.go, order.go, place.go).
//
// # Limits
//
// A test is not left out because of an earlier one on the same way, unless it is
// about the architecture: filters that repeat themselves are drawn as they are. A
// program whose registers have too many different contents (none that a compiler
// makes) is an error.
package graph

import (
	"github.com/runseal/runseal/seccomp"
	"github.com/runseal/runseal/seccomp/arch"
	"github.com/runseal/runseal/seccomp/bpf"
)

// Graph is what a program does with the calls that were asked for.
type Graph struct {
	Title string
	Nodes []Node // the first is the start, and every node stands before those it leads to

	terms   *terms
	arch    *arch.Arch // of the calls; nil: any, or there is one call only
	numbers []interval // of the calls, if arch is not nil
}

// Kind is what a node does.
type Kind uint8

// Kinds.
const (
	Start  Kind = iota // goes on to Then
	Test               // goes to Then or to Else
	Return             // ends with an action
)

// Node is a node of the graph.
type Node struct {
	Kind Kind
	// Label is what the node does, in one or several lines: "nr >= 57 (fork)",
	// "SCMP_ACT_ALLOW".
	Label string
	// Note is more about it, for whoever points at the node; it may be empty.
	Note string
	// Then and Else are indexes of nodes. Then is where a test goes that holds.
	Then, Else int

	test  test
	value ref // of a Return
}

// test compares a term with another one, or with several constants of which one
// must be equal.
type test struct {
	cond        bpf.Cond
	left, right ref
	equal       []uint32 // of JEQ instead of right; ascending
}

// Action returns the action of a Return. It is false for programs that compute their
// return value of the call, and for other nodes.
func (g *Graph) Action(n *Node) (seccomp.Action, bool) {
	if n.Kind != Return {
		return 0, false
	}
	k, constant := g.terms.constant(n.value)
	return seccomp.Action(k), constant
}

// EdgeLabels are what a test's two ways say: ">=" and "<".
func (n *Node) EdgeLabels() (then, otherwise string) {
	switch {
	case n.Kind != Test:
		return "", ""
	case n.test.cond == bpf.JGE:
		return ">=", "<"
	case n.test.cond == bpf.JGT:
		return ">", "<="
	case n.test.cond == bpf.JSET:
		return "!= 0", "== 0"
	}
	return "==", "!="
}

// parents returns how many edges lead to each node.
func (g *Graph) parents() []int {
	count := make([]int, len(g.Nodes))
	for i := range g.Nodes {
		for _, next := range g.Nodes[i].next() {
			count[next]++
		}
	}
	return count
}

// next returns the nodes that a node leads to: Else first, which for >= are the
// smaller values.
func (n *Node) next() []int {
	switch {
	case n.Kind == Return:
		return nil
	case n.Kind == Start:
		return []int{n.Then}
	case n.test.cond == bpf.JEQ:
		return []int{n.Then, n.Else}
	}
	return []int{n.Else, n.Then}
}

// Spread returns a graph for drawing, in which a return that more than limit edges
// lead to stands once at each test that ends there: a hundred lines to one box would
// hide all others. Tests stay as they are. In a graph of one architecture the notes of
// returns then say which calls end there.
func (g *Graph) Spread(limit int) *Graph {
	count := g.parents()
	out := &Graph{Title: g.Title, terms: g.terms, arch: g.arch, numbers: g.numbers}
	at := make([]int, len(g.Nodes)) // where nodes are in out
	for i := len(g.Nodes) - 1; i >= 0; i-- {
		n := g.Nodes[i]
		if n.Kind == Return && count[i] > limit {
			continue
		}
		own := map[int]int{} // this node's copies of returns; both ways can share one
		follow := func(to int) int {
			if g.Nodes[to].Kind != Return || count[to] <= limit {
				return at[to]
			}
			if _, made := own[to]; !made {
				own[to] = len(out.Nodes)
				out.Nodes = append(out.Nodes, g.Nodes[to])
			}
			return own[to]
		}
		if n.Kind != Return {
			n.Then = follow(n.Then)
		}
		if n.Kind == Test {
			n.Else = follow(n.Else)
		}
		at[i] = len(out.Nodes)
		out.Nodes = append(out.Nodes, n)
	}
	out.reverse()
	out.annotate()
	return out
}

// reverse turns the order of the nodes around.
func (g *Graph) reverse() {
	last := len(g.Nodes) - 1
	for i, j := 0, last; i < j; i, j = i+1, j-1 {
		g.Nodes[i], g.Nodes[j] = g.Nodes[j], g.Nodes[i]
	}
	for i := range g.Nodes {
		n := &g.Nodes[i]
		if n.Kind != Return {
			n.Then = last - n.Then
		}
		if n.Kind == Test {
			n.Else = last - n.Else
		}
	}
}
