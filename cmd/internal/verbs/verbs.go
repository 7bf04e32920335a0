// Package verbs has a command line as data: its verbs, their flags and arguments. The
// completion for shells and the reference are generated from it, so that a new verb
// appears in both by itself.
//
//	program := verbs.Of(app, verbs.FlagOf)
//	for _, v := range program.Verbs {
//		fmt.Println(v.Name(), v.Args, v.Flags)
//	}
//
// All of it is read from urfave/cli's tables, by conventions that those follow anyway:
//
//   - The usage of a flag names its value in backquotes: "`DIR` with the state".
//   - Where only certain words are valid as a value, the usage lists them behind a
//     colon: "`FORM` of the output: text, json".
//   - ArgsUsage is "PROFILE CALL [ARG...]": capitals stand for something, brackets for
//     what may be absent, "|" for a choice, dots for any number; lower case is a word
//     to be typed as it is. Flags with their values are not counted, nor is what follows
//     a "|" with spaces, another way to call the verb.
package verbs

import (
	"slices"
	"strings"

	"github.com/urfave/cli/v2"
)

// Program is a whole command line.
type Program struct {
	Name  string
	Usage string // one line, lower case, without a full stop
	Flags []Flag // that stand before the verb
	Verbs []Verb // in the order of the help; verbs below a verb follow it
}

// Verb is what is done.
type Verb struct {
	Path        []string // one word, or several for a verb below a verb
	Usage       string   // as Program.Usage
	Synopsis    []string // usage lines: "sealctl list [flags] PROFILE"
	Args        []Arg
	Flags       []Flag
	Description string // paragraphs; those that are indented are examples
	Group       bool   // there are verbs below it
}

// Name is the path with spaces.
func (v *Verb) Name() string { return strings.Join(v.Path, " ") }

// Arg is an argument.
type Arg struct {
	Names    []string // the choices: "PID", "CONTAINER"
	Optional bool
	Repeated bool // any number of them
}

// Flag is a flag.
type Flag struct {
	Names    []string // without dashes, the long one first
	Arg      string   // what the value is: "DIR"; empty for a switch
	Usage    string   // one line
	Default  string   // empty if there is none worth telling
	Repeated bool     // may be given several times
}

// Of reads a command line. flag reads one flag; it is [FlagOf] unless the program has
// flags of a type of its own.
func Of(app *cli.App, flag func(cli.Flag) Flag) Program {
	p := Program{Name: app.Name, Usage: app.Usage, Flags: flags(app.Flags, flag)}
	p.add(nil, app.Commands, flag)
	return p
}

func (p *Program) add(path []string, commands []*cli.Command, flag func(cli.Flag) Flag) {
	for _, c := range commands {
		if c.Hidden {
			continue
		}
		v := Verb{
			Path: append(slices.Clone(path), c.Name), Usage: c.Usage, Args: args(c.ArgsUsage), Flags: flags(c.Flags, flag),
			Description: c.Description, Group: len(c.Subcommands) > 0,
		}
		for line := range strings.Lines(c.UsageText) {
			v.Synopsis = append(v.Synopsis, strings.TrimSpace(line))
		}
		if v.Synopsis == nil {
			line := p.Name + " " + v.Name()
			if len(v.Flags) > 0 {
				line += " [flags]"
			}
			if c.ArgsUsage != "" {
				line += " " + c.ArgsUsage
			}
			v.Synopsis = []string{line}
		}
		p.Verbs = append(p.Verbs, v)
		p.add(v.Path, c.Subcommands, flag)
	}
}

func flags(list []cli.Flag, flag func(cli.Flag) Flag) []Flag {
	var out []Flag
	for _, f := range list {
		if v, ok := f.(cli.VisibleFlag); ok && !v.IsVisible() {
			continue
		}
		out = append(out, flag(f))
	}
	return out
}

// FlagOf reads a flag of one of urfave/cli's types.
func FlagOf(f cli.Flag) Flag {
	out := Flag{Names: f.Names()}
	d, ok := f.(cli.DocGenerationFlag)
	if !ok {
		return out
	}
	out.Usage = d.GetUsage()
	if before, rest, ok := strings.Cut(out.Usage, "`"); ok {
		if name, after, ok := strings.Cut(rest, "`"); ok {
			out.Arg, out.Usage = name, before+name+after
		}
	}
	if !d.TakesValue() {
		out.Arg = ""
		return out
	}
	if out.Arg == "" {
		out.Arg = "VALUE"
	}
	if s, ok := f.(cli.DocGenerationSliceFlag); ok {
		out.Repeated = s.IsSliceFlag()
	}
	switch text := strings.Trim(d.GetDefaultText(), `"`); text {
	case "", "0", "0s", "false", "[]":
	default:
		out.Default = text
	}
	return out
}

// Choices are the words that are valid as a value, in the order of the usage, or nil if
// it does not list any.
func (f *Flag) Choices() []string {
	_, list, ok := strings.Cut(f.Usage, ": ")
	if !ok || f.Arg == "" {
		return nil
	}
	list, _, _ = strings.Cut(list, ";")
	list, _, _ = strings.Cut(list, " (")
	words := strings.Split(list, ", ")
	for _, w := range words {
		if !isWord(w) {
			return nil
		}
	}
	if len(words) < 2 || f.Default != "" && !slices.Contains(words, f.Default) {
		return nil
	}
	return words
}

// isWord says whether s is to be typed as it is.
func isWord(s string) bool {
	return s != "" && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789-_") == ""
}

// IsWord says whether the choice of an argument is a word to be typed as it is, rather
// than the name of what is expected.
func IsWord(choice string) bool { return isWord(choice) }

// args reads an ArgsUsage.
func args(usage string) []Arg {
	var list []Arg
	fields := strings.Fields(usage)
	for i := 0; i < len(fields); i++ {
		field := fields[i]
		name := strings.Trim(field, "[]")
		if name == "|" {
			break
		}
		if len(name) > 1 && name[0] == '-' && name != "--" {
			if !strings.HasSuffix(field, "]") { // the value of the flag
				i++
			}
			continue
		}
		a := Arg{Optional: strings.HasPrefix(field, "[")}
		a.Repeated = strings.HasSuffix(name, "...")
		name = strings.Trim(name, ".[]")
		if name == "" || name == "--" {
			continue
		}
		a.Names = strings.Split(name, "|")
		list = append(list, a)
	}
	return list
}
