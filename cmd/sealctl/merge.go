package main

import (
	"errors"
	"fmt"
	"slices"

	"github.com/urfave/cli/v2"

	"github.com/runseal/runseal/seccomp"
	"github.com/runseal/runseal/seccomp/compose"
	"github.com/runseal/runseal/seccomp/profiles/export"
)

// composeHelp explains what merge and intersect have in common.
const composeHelp = "The output is a linux.seccomp object for kernels of --arch. It is printed only if it is proved to decide all\n" +
	"calls with all arguments as described. Not everything can be said in a profile, whose rules are by name and\n" +
	"for all of its architectures alike: then the error names a call. Profiles in Docker's format are resolved\n" +
	"first, see resolve."

// mergeCommand prints the profile that allows what any profile allows.
func mergeCommand() *cli.Command {
	return &cli.Command{
		Name:      "merge",
		Usage:     "print a profile that allows what any of the profiles allows",
		ArgsUsage: "A B...",
		Description: "For each call and its arguments the most permissive decision of A, B... counts, in the kernel's order\n" +
			"(KILL_PROCESS, KILL_THREAD, TRAP, ERRNO, NOTIFY, TRACE, LOG, ALLOW), defaults included. Of equally strict\n" +
			"decisions with different errnos a rule's counts before a default's, and that before ENOSYS for calls newer\n" +
			"than a profile; between equals that of the profile that is named first. Calls of an architecture are as\n" +
			"strict as in the profiles that list it. Flags are those of all profiles.\n\n" +
			composeHelp + "\n\n" + profileHelp + "\n\n" +
			"   sealctl merge docker/default containerd/default > engines.json\n" +
			"   sealctl merge monday.json tuesday.json | sealctl diff monday.json -\n" +
			"   sealctl merge --arch aarch64 docker/default own.json",
		Flags:        profileFlags(hostArchFlag()),
		OnUsageError: func(_ *cli.Context, err error, _ bool) error { return err },
		Action: func(c *cli.Context) error {
			parts, o, err := readParts(c)
			if err != nil {
				return err
			}
			r, err := compose.Merge(parts, o)
			if err != nil {
				return fmt.Errorf("merge: %w", err)
			}
			return writeResult(c, r)
		},
	}
}

// readParts reads the profiles that the command line names.
func readParts(c *cli.Context) ([]compose.Part, seccomp.Options, error) {
	names := c.Args().Slice()
	if len(names) < 2 {
		return nil, seccomp.Options{}, fmt.Errorf("%s takes two profiles or more, got %d arguments", c.Command.Name, len(names))
	}
	if i := slices.Index(names, "-"); i >= 0 && slices.Contains(names[i+1:], "-") {
		return nil, seccomp.Options{}, errors.New(c.Command.Name + " - -: expected at most one profile from standard input")
	}
	o, native, err := hostOptions(c)
	if err != nil {
		return nil, seccomp.Options{}, err
	}
	var parts []compose.Part
	for _, name := range names {
		p, err := readProfile(name, c.App.Reader, o)
		if err != nil {
			return nil, seccomp.Options{}, err
		}
		parts = append(parts, compose.Part{Name: called(name), Profile: p})
	}
	return parts, seccomp.Options{Native: string(native), Strict: c.Bool("strict-seccomp")}, nil
}

func writeResult(c *cli.Context, r *compose.Result) error {
	text, err := export.OCI(r.Profile)
	if err != nil {
		return err
	}
	for _, w := range r.Warnings {
		warn(c, w)
	}
	return writeEncoded(c, text)
}
