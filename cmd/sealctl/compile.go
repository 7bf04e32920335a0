package main

import (
	"fmt"

	"github.com/urfave/cli/v2"
)

// compileCommand prints the filter that a profile becomes.
func compileCommand() *cli.Command {
	return &cli.Command{
		Name:      "compile",
		Usage:     "print the filter that a profile becomes",
		ArgsUsage: "PROFILE",
		Description: profileHelp + "\n\n" +
			"The output is a listing (text), an array of struct sock_filter in the byte order of this machine (raw),\n" +
			"or the same as a C array with the listing as comments (c).\n\n" +
			"   sealctl compile profile.json\n" +
			"   sealctl compile -o raw profile.json > filter.bpf\n" +
			"   sealctl compile -o c - < profile.json > filter.h",
		Flags:        profileFlags(outputFlag("text", "raw", "c")),
		OnUsageError: func(_ *cli.Context, err error, _ bool) error { return err },
		Action: func(c *cli.Context) error {
			if c.NArg() != 1 {
				return fmt.Errorf("compile takes one PROFILE, got %d arguments", c.NArg())
			}
			form, err := outputForm(c, "text", "raw", "c")
			if err != nil {
				return err
			}
			policy, err := readPolicy(c, c.Args().First())
			if err != nil {
				return err
			}
			filter, err := policy.Compile()
			if err != nil {
				return err
			}
			if err := policy.AllowsExecve(); err != nil {
				warn(c, err.Error())
			}
			switch form {
			case "raw":
				_, err = c.App.Writer.Write(filter.Bytes())
				return err
			case "c":
				return writeC(c.App.Writer, filter)
			}
			return filter.WriteListing(c.App.Writer)
		},
	}
}
