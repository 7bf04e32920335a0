package main

import (
	"fmt"

	"github.com/urfave/cli/v2"

	"github.com/runseal/runseal/seccomp"
)

// compileCommand prints the filter that a profile becomes.
func compileCommand() *cli.Command {
	return &cli.Command{
		Name:        "compile",
		Usage:       "print the filter that a profile becomes",
		ArgsUsage:   "PROFILE",
		Description: profileHelp,
		Flags: append([]cli.Flag{
			&cli.BoolFlag{Name: "strict-seccomp", Usage: "an unknown system call name is an error, not a warning"},
		}, profileFlags()...),
		OnUsageError: func(_ *cli.Context, err error, _ bool) error { return err },
		Action: func(c *cli.Context) error {
			if c.NArg() != 1 {
				return fmt.Errorf("compile takes one PROFILE behind its flags, got %d arguments", c.NArg())
			}
			profile, err := readProfile(c.Args().First(), c.App.Reader, profileOptions(c))
			if err != nil {
				return err
			}
			policy, err := seccomp.NewPolicy(profile, seccomp.Options{Strict: c.Bool("strict-seccomp")})
			if err != nil {
				return err
			}
			filter, err := policy.Compile()
			if err != nil {
				return err
			}
			for _, w := range filter.Warnings {
				fmt.Fprintf(c.App.ErrWriter, "sealctl: warning: %s\n", w)
			}
			if err := policy.AllowsExecve(); err != nil {
				fmt.Fprintf(c.App.ErrWriter, "sealctl: warning: %s\n", err)
			}
			return filter.WriteListing(c.App.Writer)
		},
	}
}
