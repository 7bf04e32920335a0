package main

import (
	"fmt"
	"slices"

	"github.com/urfave/cli/v2"

	"github.com/runseal/runseal/seccomp"
	"github.com/runseal/runseal/seccomp/compose"
)

// intersectCommand prints the profile that allows what all profiles allow.
func intersectCommand() *cli.Command {
	return &cli.Command{
		Name:      "intersect",
		Usage:     "print a profile that allows what all of the profiles allow",
		ArgsUsage: "A B...",
		Description: "For each call and its arguments the strictest decision of A, B... counts: what the kernel does with the\n" +
			"filters of all of them on one process. Of equally strict decisions with different errnos that of the profile\n" +
			"that is named first counts, as if its filter was installed last. Architectures are those that all profiles\n" +
			"list. Flags are those of all profiles, but SECCOMP_FILTER_FLAG_SPEC_ALLOW, which weakens, has to be in each.\n\n" +
			composeHelp + " With -o text or\n-o raw the output is the filter instead, as compile prints it, which has no such limits.\n\n" + profileHelp + "\n\n" +
			"   sealctl intersect own.json docker/default > tight.json\n" +
			"   sealctl intersect -o raw floor.json own.json > filter.bpf",
		Flags:        profileFlags(hostArchFlag(), outputFlag("json", "text", "raw")),
		OnUsageError: func(_ *cli.Context, err error, _ bool) error { return err },
		Action: func(c *cli.Context) error {
			form, err := outputForm(c, "json", "text", "raw")
			if err != nil {
				return err
			}
			parts, o, err := readParts(c)
			if err != nil {
				return err
			}
			if form != "json" {
				return writeStack(c, form, parts, o)
			}
			r, err := compose.Intersect(parts, o)
			if err != nil {
				return fmt.Errorf("intersect: %w", err)
			}
			return writeResult(c, r)
		},
	}
}

// writeStack prints the filter that decides as those of all parts do, the first one
// installed last.
func writeStack(c *cli.Context, form string, parts []compose.Part, o seccomp.Options) error {
	var all *seccomp.Policy
	var warnings []string
	for _, part := range slices.Backward(parts) {
		p, err := seccomp.NewPolicy(part.Profile, o)
		if err == nil {
			for _, w := range p.Warnings {
				warnings = append(warnings, part.Name+": "+w)
			}
		}
		if err == nil && all != nil {
			p, err = seccomp.Intersect(all, p)
		}
		if err != nil {
			return fmt.Errorf("intersect: %s: %w", part.Name, err)
		}
		all = p
	}
	filter, err := all.Compile()
	if err != nil {
		return err
	}
	for _, w := range warnings {
		warn(c, w)
	}
	if form == "raw" {
		_, err = c.App.Writer.Write(filter.Bytes())
		return err
	}
	return filter.WriteListing(c.App.Writer)
}
