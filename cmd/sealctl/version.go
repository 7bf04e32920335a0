package main

import (
	"fmt"

	"github.com/urfave/cli/v2"

	"github.com/runseal/runseal/seccomp/arch"
)

// versionCommand prints the version, and where the system call tables are from.
func versionCommand() *cli.Command {
	return &cli.Command{
		Name:         "version",
		Usage:        "print the version",
		OnUsageError: func(_ *cli.Context, err error, _ bool) error { return err },
		Action: func(c *cli.Context) error {
			if c.Args().Present() {
				return fmt.Errorf("version takes no arguments, got %q", c.Args().First())
			}
			_, err := fmt.Fprintf(c.App.Writer, "sealctl %s\nsystem calls: %s\n", version, arch.Source)
			return err
		},
	}
}
