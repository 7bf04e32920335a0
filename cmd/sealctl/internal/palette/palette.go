// Package palette has the colours of actions, which drawings and pages share: green
// passes, blue asks or tells someone, yellow fails, red ends the program. What is in a
// colour is text as well, so that nobody depends on seeing it.
package palette

import "github.com/runseal/runseal/seccomp"

// Colour is how an action looks.
type Colour struct {
	Class                        string // a word for it, in style sheets
	Fill, Line, Text             string // on a light background: box, its border, text in it
	DarkFill, DarkLine, DarkText string // on a dark one
}

// All returns the colours, from the most permissive action to the strictest; the last
// one is for values that are no action.
func All() []Colour {
	return []Colour{
		{"allow", "#dff3e3", "#2e7d46", "#17502a", "#153d24", "#4f9a68", "#a5e0b7"},
		{"log", "#dcf1f1", "#23777c", "#0f4f53", "#0f3a3d", "#3f8f95", "#9bdde0"},
		{"agent", "#e1e9fb", "#3a5fb5", "#25438a", "#1c2f5c", "#6684cc", "#b4c8f6"},
		{"errno", "#fdf0cf", "#a37a12", "#664700", "#443200", "#a98a3a", "#f1d382"},
		{"trap", "#fde4d3", "#b8601f", "#7d3304", "#512306", "#bb703c", "#f7b98e"},
		{"kill", "#fadbdb", "#b94a4a", "#8a1c1c", "#561717", "#bd5f5f", "#f7b4b4"},
		{"other", "#e8e8ea", "#70747c", "#3c3f45", "#35373c", "#7d828b", "#d2d4d9"},
	}
}

// Of returns the colour of an action.
func Of(a seccomp.Action) Colour {
	c := All()
	switch a.Kind() {
	case seccomp.Allow:
		return c[0]
	case seccomp.Log:
		return c[1]
	case seccomp.Trace(0), seccomp.Notify:
		return c[2]
	case seccomp.Errno(0):
		return c[3]
	case seccomp.Trap:
		return c[4]
	case seccomp.KillThread, seccomp.KillProcess:
		return c[5]
	}
	return Other()
}

// Other returns the colour of values that are no action.
func Other() Colour { return All()[6] }
