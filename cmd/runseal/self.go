package main

import (
	"fmt"
	"os"
	"slices"

	"github.com/runseal/runseal/nsenter/selfexe"
)

// protectSelf takes the binary out of the reach of containers before a
// subcommand that starts a process in one. It comes before everything else
// because it may execute the binary again, and it looks for the subcommand's
// name anywhere in the arguments: protecting once too often does no harm.
func protectSelf(args []string) {
	if !slices.ContainsFunc(args, func(a string) bool { return a == "create" || a == "run" || a == "exec" }) {
		return
	}
	if err := selfexe.Protect(); err != nil {
		fmt.Fprintln(os.Stderr, "runseal: "+err.Error())
		os.Exit(1)
	}
}
