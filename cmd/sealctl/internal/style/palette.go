package style

import (
	"strings"

	"github.com/runseal/runseal/seccomp"
)

// Palette colours text. Its methods return the text unchanged where there are no
// colours, and where the text is empty.
type Palette struct{ on bool }

// Sequences of ECMA-48 (SGR). The eight colours are those that every terminal and
// colour scheme has; none is used that could be the background.
const (
	bold   = "\x1b[1m"
	red    = "\x1b[31m"
	green  = "\x1b[32m"
	yellow = "\x1b[33m"
	blue   = "\x1b[34m"
	reset  = "\x1b[0m"
)

func (p Palette) paint(text, colour string) string {
	if !p.on || text == "" {
		return text
	}
	return colour + text + reset
}

// Action colours a text by what becomes of the call that it is about: green where the
// call is executed, yellow where it fails, red where it ends the process or thread (by
// a signal too), blue where somebody else sees it or decides.
func (p Palette) Action(text string, a seccomp.Action) string { return p.paint(text, colourOf(a)) }

func colourOf(a seccomp.Action) string {
	switch a.Kind() {
	case seccomp.Allow:
		return green
	case seccomp.Log, seccomp.Notify, seccomp.Trace(0):
		return blue
	case seccomp.Errno(0):
		return yellow
	}
	return red // KILL_PROCESS, KILL_THREAD, TRAP; and what the kernel does not know, which kills
}

// prefix begins the name of every action in a profile.
const prefix = "SCMP_ACT_"

// named has an action of each name; SCMP_ACT_KILL is another one for KILL_THREAD.
func named(name string) (seccomp.Action, bool) {
	switch name {
	case "ALLOW":
		return seccomp.Allow, true
	case "LOG":
		return seccomp.Log, true
	case "NOTIFY":
		return seccomp.Notify, true
	case "TRACE":
		return seccomp.Trace(0), true
	case "ERRNO":
		return seccomp.Errno(0), true
	case "TRAP":
		return seccomp.Trap, true
	case "KILL", "KILL_THREAD":
		return seccomp.KillThread, true
	case "KILL_PROCESS":
		return seccomp.KillProcess, true
	}
	return 0, false
}

// Actions colours each name of an action in a text, with what stands in parentheses
// behind it, as [Palette.Action] does: "SCMP_ACT_ERRNO(1 EPERM)". It is for text that
// is laid out already.
func (p Palette) Actions(text string) string {
	if !p.on {
		return text
	}
	var b strings.Builder
	for {
		at := strings.Index(text, prefix)
		if at < 0 {
			b.WriteString(text)
			return b.String()
		}
		end := at + len(prefix)
		for end < len(text) && (text[end] >= 'A' && text[end] <= 'Z' || text[end] == '_') {
			end++
		}
		action, ok := named(text[at+len(prefix) : end])
		if n := strings.IndexAny(text[end:], ")\n"); n > 0 && text[end] == '(' && text[end+n] == ')' {
			end += n + 1
		}
		b.WriteString(text[:at])
		if ok {
			b.WriteString(p.Action(text[at:end], action))
		} else {
			b.WriteString(text[at:end])
		}
		text = text[end:]
	}
}

// Warning is for the word by which a warning begins.
func (p Palette) Warning(text string) string { return p.paint(text, bold+yellow) }

// Error is for the words by which an error begins.
func (p Palette) Error(text string) string { return p.paint(text, bold+red) }

// Good is for the words that say that all is as it should be.
func (p Palette) Good(text string) string { return p.paint(text, green) }
