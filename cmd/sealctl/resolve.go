package main

import (
	"fmt"

	"github.com/urfave/cli/v2"

	"github.com/runseal/runseal/seccomp/profiles/export"
)

// resolveCommand prints a profile as a config.json has it.
func resolveCommand() *cli.Command {
	return &cli.Command{
		Name:      "resolve",
		Usage:     "print a profile as the linux.seccomp object that an engine would make of it",
		ArgsUsage: "PROFILE",
		Description: profileHelp + "\n\n" +
			"The output is a linux.seccomp object in which nothing depends on the host any more: of Docker's format the\n" +
			"rules whose conditions hold for --cap, --arch and --kernel, in their order. It means what the input means\n" +
			"there, and is the same text each time.\n\n" +
			"   sealctl resolve docker/default > default.json\n" +
			"   sealctl resolve --cap CAP_SYS_ADMIN --kernel 4.19 --arch aarch64 docker/default\n" +
			"   sealctl resolve containerd/default | jq '.syscalls | length'",
		Flags:        append(sourceFlags(), hostArchFlag()),
		OnUsageError: func(_ *cli.Context, err error, _ bool) error { return err },
		Action: func(c *cli.Context) error {
			if c.NArg() != 1 {
				return fmt.Errorf("resolve takes one PROFILE, got %d arguments", c.NArg())
			}
			o, _, err := hostOptions(c)
			if err != nil {
				return err
			}
			p, err := readProfile(c.Args().First(), c.App.Reader, o)
			if err != nil {
				return err
			}
			text, err := export.OCI(p)
			if err != nil {
				return err
			}
			return writeEncoded(c, text)
		},
	}
}
