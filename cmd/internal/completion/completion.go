// Package completion writes the scripts by which bash, zsh and fish complete command
// lines of runseal and sealctl.
//
//	s := completion.Script{Program: verbs.Of(app, verbs.FlagOf), Calls: names, ...}
//	text := s.Bash()
//
// A script has all that it needs in it: verbs, flags, the words that are valid as their
// values, system call names. The shell starts no program for a completion, so it is
// quick, and works where the program itself could not be executed. (urfave/cli's own
// completion starts the program, knows no values, and nothing of what stands before the
// last word.) The price is that it has to be written again for another version of
// the program; `make install` does.
//
// What can stand for an argument or the value of a flag follows from what the usage
// calls it:
//
//	PROFILE, A, B      names of profiles, files; behind localhost/, files below the profile root
//	CALL               system calls
//	CONTAINER          containers below the state root
//	ARCHITECTURE       architectures
//	CAPABILITY, CAP    capabilities
//	SIGNAL             signals
//	RULE               rules of sealctl lint
//	DIR, BUNDLE        directories
//	COMMAND            programs
//	lower case         the word itself
//	ARG, PID, N, ...   nothing (see kindOf)
//	all others         files
//
// and the words that the usage of a flag lists are those of its value.
package completion

import (
	"slices"
	"strings"

	"github.com/runseal/runseal/cmd/internal/verbs"
)

// Script is what the scripts are made of.
type Script struct {
	Program       verbs.Program
	Profiles      []string // names; one that ends in "/" is the beginning of some
	Calls         []string
	Architectures []string
	Capabilities  []string
	Signals       []string
	Rules         []string

	// ProfileRoot and StateRoot are the names of the flags with the directories of the
	// profiles localhost/NAME and of the containers; empty if there is none.
	ProfileRoot, StateRoot string
	// UserState is where the containers of a user are, below XDG_RUNTIME_DIR, who cannot read
	// StateRoot's default, which is root's; empty if there are none.
	UserState string

	GlobalFirst bool     // flags of the program stand before the verb only
	FlagsFirst  []string // verbs whose flags stand before the first argument: what follows it is another program's
}

// kind is what completes a word.
type kind string

// The values are part of the names of shell functions.
const (
	literal      kind = "" // of one of a list of words
	profile      kind = "profile"
	call         kind = "call"
	container    kind = "container"
	architecture kind = "architecture"
	capability   kind = "capability"
	signal       kind = "signal"
	rule         kind = "rule"
	file         kind = "file"
	dir          kind = "dir"
	command      kind = "command"
)

// value is what can stand at a place: any of the words, and what any of the kinds gives.
type value struct {
	words []string
	kinds []kind
}

// kindOf returns what completes a name in a usage; ok is false if nothing does.
func kindOf(name string) (k kind, ok bool) {
	switch name {
	case "PROFILE", "A", "B":
		return profile, true
	case "CALL":
		return call, true
	case "CONTAINER", "CONTAINER-ID":
		return container, true
	case "ARCHITECTURE", "ARCH":
		return architecture, true
	case "CAPABILITY", "CAP":
		return capability, true
	case "SIGNAL":
		return signal, true
	case "RULE":
		return rule, true
	case "DIR", "BUNDLE":
		return dir, true
	case "COMMAND":
		return command, true
	case "ARG", "ARGUMENT", "PID", "ID", "N", "NUMBER", "VERSION", "KERNEL", "VALUE", "TIME", "DURATION", "ADDRESS", "NAME", "TEXT",
		"FORM", "FORMAT", "WHEN", "SEVERITY", "SOURCE", "BOOL", "SIZE", "LIST", "LABEL", "CGROUP", "WORKDIR", "GID", "UID[:GID]", "NAME=VALUE":
		return literal, false
	}
	return file, true
}

// valueOf collects what any of the names stands for.
func valueOf(names ...string) (v value) {
	for _, name := range names {
		if verbs.IsWord(name) {
			v.words = append(v.words, name)
		} else if k, ok := kindOf(name); ok && !slices.Contains(v.kinds, k) {
			v.kinds = append(v.kinds, k)
		}
	}
	return v
}

// flagValue is what can follow the flag.
func flagValue(f *verbs.Flag) value {
	if words := f.Choices(); words != nil {
		return value{words: words}
	}
	return valueOf(strings.Split(f.Arg, "|")...)
}

// help is the flag that urfave/cli adds to everything.
var help = verbs.Flag{Names: []string{"help", "h"}, Usage: "show help"}

// flagsOf are the flags that can stand behind a verb, the global ones included unless
// they stand first; of the program, if it is nil or has no name.
func (s *Script) flagsOf(v *verbs.Verb) []verbs.Flag {
	var list []verbs.Flag
	if v != nil {
		list = append(list, v.Flags...)
	}
	global := append(slices.Clone(s.Program.Flags), help)
	if s.GlobalFirst && v != nil && v.Path != nil {
		global = []verbs.Flag{help}
	}
	for _, f := range global {
		if !slices.ContainsFunc(list, func(own verbs.Flag) bool { return own.Names[0] == f.Names[0] }) {
			list = append(list, f)
		}
	}
	return list
}

// below are the verbs directly below a path.
func (s *Script) below(path []string) []verbs.Verb {
	var list []verbs.Verb
	for _, v := range s.Program.Verbs {
		if n := len(v.Path) - 1; n == len(path) && slices.Equal(v.Path[:n], path) {
			list = append(list, v)
		}
	}
	return list
}

// uses says whether anything is completed with this kind.
func (s *Script) uses(k kind) bool {
	found := k == file && s.uses(profile) // which are files too
	s.eachFlag(func(_ string, f *verbs.Flag) { found = found || slices.Contains(flagValue(f).kinds, k) })
	for _, v := range s.Program.Verbs {
		for _, a := range v.Args {
			found = found || slices.Contains(valueOf(a.Names...).kinds, k)
		}
	}
	return found
}

// functions are those of the kinds that are used.
func (s *Script) functions(of map[kind]string) string {
	var b strings.Builder
	for _, k := range []kind{call, architecture, capability, signal, rule, command, file, dir, container, profile} {
		if s.uses(k) {
			b.WriteString(of[k])
		}
	}
	return b.String()
}

// eachFlag calls do for every flag behind every verb, and before all verbs (verb is "").
func (s *Script) eachFlag(do func(verb string, f *verbs.Flag)) {
	for _, v := range append([]verbs.Verb{{}}, s.Program.Verbs...) {
		list := s.flagsOf(&v)
		for i := range list {
			do(v.Name(), &list[i])
		}
	}
}

// defaultOf is the default of the flag, of the first verb that has it.
func (s *Script) defaultOf(name string) string {
	for _, v := range append([]verbs.Verb{{Flags: s.Program.Flags}}, s.Program.Verbs...) {
		for _, f := range v.Flags {
			if slices.Contains(f.Names, name) {
				return f.Default
			}
		}
	}
	return ""
}

// fill puts the words and directories into a text with their names in capitals. Lines
// about a directory that no flag has are left out. quote makes a text one word of the
// shell.
func (s *Script) fill(text string, quote func(string) string) string {
	var kept strings.Builder
	for line := range strings.Lines(text) {
		if s.ProfileRoot == "" && strings.Contains(line, "PROFILE_") || s.StateRoot == "" && strings.Contains(line, "STATE_") ||
			s.UserState == "" && strings.Contains(line, "USER_STATE") {
			continue
		}
		kept.WriteString(line)
	}
	return strings.NewReplacer("NAME", s.Program.Name, "PROFILES", strings.Join(s.Profiles, " "), "CALLS", strings.Join(s.Calls, " "),
		"ARCHITECTURES", strings.Join(s.Architectures, " "), "CAPABILITIES", strings.Join(s.Capabilities, " "), "SIGNALS", strings.Join(s.Signals, " "), "RULES", strings.Join(s.Rules, " "),
		"PROFILE_FLAG", dashed(s.ProfileRoot), "PROFILE_ROOT", quote(s.defaultOf(s.ProfileRoot)),
		"STATE_FLAG", dashed(s.StateRoot), "STATE_ROOT", quote(s.defaultOf(s.StateRoot)), "USER_STATE", s.UserState).Replace(kept.String())
}

// dashed is the name of a flag as people type it.
func dashed(name string) string {
	if len(name) == 1 {
		return "-" + name
	}
	return "--" + name
}

// short is the beginning of a usage, for the line beside a word. It is one clause.
func short(usage string) string {
	for _, end := range []string{";", " (", ": "} {
		usage, _, _ = strings.Cut(usage, end)
	}
	return usage
}

// quote makes a text one word of sh and zsh.
func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }
