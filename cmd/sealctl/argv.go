package main

import (
	"slices"
	"strings"

	"github.com/urfave/cli/v2"
)

// commandLine is the arguments of the program, sorted.
type commandLine struct {
	global []string // global flags with their values
	path   []string // the verb, and verbs below it
	flags  []string // the verb's flags with their values
	rest   []string // what is no flag, or stands behind "--"
}

// arrange puts a command line (without the program's name) into the order that the
// parser wants: global flags, verb, the verb's flags, "--", arguments. So flags may
// stand anywhere, as people type them; the parser, which is Go's package flag, would
// take all that follows the first argument for arguments. What follows "--" is no
// flag, nor is what follows the first argument of a verb whose usage names a COMMAND:
// the flags there are the command's.
//
// "help VERB" is "VERB --help", and "--version" before any verb is "version".
//
// A flag that nobody knows is put where the parser reports it. A number such as -1 is
// an argument.
func arrange(globals []cli.Flag, verbs []*cli.Command, args []string) []string {
	var l commandLine
	var verb *cli.Command // the last of l.path
	for i := 0; i < len(args); i++ {
		name, isFlag := flagName(args[i])
		first := verb == nil && len(l.rest) == 0
		switch {
		case first && args[i] == "help":
			args = slices.Concat(args[:i+1], helpFor(verbs, args[i+1:]))
			continue
		case first && args[i] == "--version":
			verb, verbs, l.path = findVerb(verbs, "version"), nil, []string{"version"}
			continue
		case args[i] == "--" && verb == nil: // the parser has something to say
			l.rest = append(l.rest, args[i:]...)
			return l.line(verb)
		case args[i] == "--":
			l.rest = append(l.rest, args[i+1:]...)
			return l.line(verb)
		case !isFlag:
			if next := findVerb(verbs, args[i]); next != nil && len(l.rest) == 0 {
				verb, verbs, l.path = next, next.Subcommands, append(l.path, args[i])
				if verb.SkipFlagParsing {
					l.rest = args[i+1:]
					return l.line(verb)
				}
				continue
			}
			l.rest = append(l.rest, args[i])
			if verb != nil && strings.Contains(verb.ArgsUsage, "COMMAND") {
				l.rest = append(l.rest, args[i+1:]...)
				return l.line(verb)
			}
			continue
		}
		f, to := findFlag(globals, name), &l.global
		if verb != nil {
			if own := findFlag(verb.Flags, name); own != nil || f == nil {
				f, to = own, &l.flags
			}
		}
		*to = append(*to, args[i])
		if f == nil || !takesValue(f) || strings.Contains(name, "=") {
			continue
		}
		if i++; i < len(args) {
			*to = append(*to, args[i])
			continue
		}
		// The last flag lacks its value. It has to stay the last, or it would take
		// what is not meant for it; the parser then says so.
		if to == &l.global {
			return l.global
		}
		return slices.Concat(l.global, l.path, l.flags)
	}
	return l.line(verb)
}

// helpFor is the verb that "help" is asked for, with --help behind it. What is no verb
// stays alone, for the error that it is.
func helpFor(verbs []*cli.Command, args []string) []string {
	n := 0
	for ; n < len(args); n++ {
		v := findVerb(verbs, args[n])
		if v == nil {
			break
		}
		verbs = v.Subcommands
	}
	if n == 0 && len(args) > 0 {
		return args
	}
	return append(slices.Clone(args[:n]), "--help")
}

// line is the whole line. "--" keeps arguments that look like flags from being some.
func (l *commandLine) line(verb *cli.Command) []string {
	var end []string
	if len(l.rest) > 0 && verb != nil && !verb.SkipFlagParsing {
		end = []string{"--"}
	}
	return slices.Concat(l.global, l.path, l.flags, end, l.rest)
}

// flagName strips the dashes from a flag, one or two as in Go's package flag. A lone
// "-" is standard input, and -1 a number.
func flagName(arg string) (name string, isFlag bool) {
	if len(arg) < 2 || arg[0] != '-' || arg[1] >= '0' && arg[1] <= '9' {
		return "", false
	}
	return strings.TrimPrefix(arg[1:], "-"), true
}

func findVerb(verbs []*cli.Command, name string) *cli.Command {
	for _, v := range verbs {
		if v.HasName(name) {
			return v
		}
	}
	return nil
}

// findFlag returns the flag of this name, behind which there may be "=" and a value,
// or nil.
func findFlag(flags []cli.Flag, name string) cli.Flag {
	name, _, _ = strings.Cut(name, "=")
	for _, f := range flags {
		if slices.Contains(f.Names(), name) {
			return f
		}
	}
	return nil
}

// takesValue says whether the next argument belongs to the flag.
func takesValue(f cli.Flag) bool {
	d, ok := f.(cli.DocGenerationFlag)
	return ok && d.TakesValue()
}
