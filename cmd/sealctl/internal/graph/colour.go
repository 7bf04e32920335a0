package graph

import "github.com/runseal/runseal/seccomp"

// colour is how a return looks, by the strictness of its action: green passes, blue
// asks or tells someone, yellow fails, red ends the program. What is in it is text as
// well, so that nobody depends on the colour.
type colour struct {
	class            string // in the SVG
	fill, line       string // on a light background
	darkFill, darkOn string // on a dark one: box and text
}

// colours by action, the strictest last.
func colours() []colour {
	return []colour{
		{"allow", "#dff3e3", "#2e7d46", "#153d24", "#a5e0b7"},
		{"log", "#dcf1f1", "#23777c", "#0f3a3d", "#9bdde0"},
		{"agent", "#e1e9fb", "#3a5fb5", "#1c2f5c", "#b4c8f6"},
		{"errno", "#fdf0cf", "#8a6100", "#443200", "#f1d382"},
		{"trap", "#fde4d3", "#a8480f", "#512306", "#f7b98e"},
		{"kill", "#fadbdb", "#b02a2a", "#561717", "#f5abab"},
		{"other", "#e8e8ea", "#5c5f66", "#35373c", "#d2d4d9"},
	}
}

// colour returns how a node looks.
func (g *Graph) colour(n *Node) colour {
	class := "other"
	if action, ok := g.Action(n); ok {
		class = Class(action)
	}
	for _, c := range colours() {
		if c.class == class {
			return c
		}
	}
	return colour{}
}

// Class is a word for how strict an action is, under which drawings and pages have its
// colour.
func Class(a seccomp.Action) string {
	switch a.Kind() {
	case seccomp.Allow:
		return "allow"
	case seccomp.Log:
		return "log"
	case seccomp.Trace(0), seccomp.Notify:
		return "agent"
	case seccomp.Errno(0):
		return "errno"
	case seccomp.Trap:
		return "trap"
	case seccomp.KillThread, seccomp.KillProcess:
		return "kill"
	}
	return "other"
}
