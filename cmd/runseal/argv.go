package main

import (
	"strings"

	"github.com/urfave/cli/v2"
)

// subcommandIndex returns where in args (without the program's name) the
// subcommand is named, past the global flags and their values. It is -1 where
// there is none, and where a flag is unknown: the parser will say so.
func subcommandIndex(globals []cli.Flag, args []string) int {
	for i := 0; i < len(args); i++ {
		arg := args[i]
		if arg == "--" {
			i++
			if i == len(args) {
				return -1
			}
			return i
		}
		name, isFlag := flagName(arg)
		if !isFlag {
			return i
		}
		if strings.Contains(name, "=") {
			continue
		}
		o := findOption(globals, name)
		if o == nil {
			return -1
		}
		if !o.isSwitch() {
			i++
		}
	}
	return -1
}

// hoist moves flags that stand behind a subcommand's other arguments in front
// of them, because runc takes `delete ID --force` and Go's flag package stops
// at ID. What follows "--" is not looked at. An unknown flag is moved too, so
// that it is reported instead of becoming an argument.
//
// The result has "--" before the other arguments. It has nothing but flags
// where the last one lacks its value: the parser then reports that one.
func hoist(flags []cli.Flag, args []string) []string {
	out := make([]string, 0, len(args)+1)
	var rest []string
	for i := 0; i < len(args); i++ {
		arg := args[i]
		if arg == "--" {
			rest = append(rest, args[i+1:]...)
			break
		}
		name, isFlag := flagName(arg)
		if !isFlag {
			rest = append(rest, arg)
			continue
		}
		out = append(out, arg)
		if strings.Contains(name, "=") {
			continue
		}
		if o := findOption(flags, name); o != nil && !o.isSwitch() {
			i++
			if i == len(args) {
				return out
			}
			out = append(out, args[i])
		}
	}
	if len(rest) > 0 {
		out = append(append(out, "--"), rest...)
	}
	return out
}

// flagName strips the dashes from a flag, one or two as in Go's flag package.
// A lone "-" is not a flag.
func flagName(arg string) (name string, isFlag bool) {
	if len(arg) < 2 || arg[0] != '-' {
		return "", false
	}
	return strings.TrimPrefix(arg[1:], "-"), true
}
