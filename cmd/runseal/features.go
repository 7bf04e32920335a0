package main

import (
	"github.com/runseal/runseal/runtime/features"
	"github.com/urfave/cli/v2"
)

// features is `runseal features`.
func (in *invocation) features() *cli.Command {
	return &cli.Command{
		Usage:       "print what this runtime supports as JSON",
		UsageText:   "runseal features",
		Description: `The document is the features structure of the OCI runtime specification.`,
		Action: func(c *cli.Context) error {
			if err := arguments(c, 0); err != nil {
				return err
			}
			return features.Write(in.stdout, version, commit())
		},
	}
}
