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
			"or the same as a C array (c) or a Go source file (go), with the listing as comments. The Go file is of the\n" +
			"package of --package and has a []unix.SockFilter (golang.org/x/sys/unix).\n\n" +
			"   sealctl compile profile.json\n" +
			"   sealctl compile -o raw profile.json > filter.bpf\n" +
			"   sealctl compile -o c - < profile.json > filter.h\n" +
			"   sealctl compile -o go --package sandbox profile.json > filter.go",
		Flags: profileFlags(outputFlag("text", "raw", "c", "go"),
			&cli.StringFlag{Name: "package", Usage: "with -o go: the `NAME` in the package clause", Value: "main"}),
		OnUsageError: func(_ *cli.Context, err error, _ bool) error { return err },
		Action: func(c *cli.Context) error {
			if c.NArg() != 1 {
				return fmt.Errorf("compile takes one PROFILE, got %d arguments", c.NArg())
			}
			form, err := outputForm(c, "text", "raw", "c", "go")
			if err != nil {
				return err
			}
			if form != "go" && c.IsSet("package") {
				return fmt.Errorf("--package: only -o go has a package, got -o %s", form)
			}
			if err := checkPackage(c.String("package")); err != nil {
				return err
			}
			policy, err := readPolicy(c, c.Args().First())
			if err != nil {
				return err
			}
			name := called(c.Args().First())
			filter, err := policy.Compile()
			if err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
			if err := policy.AllowsExecve(); err != nil {
				warn(c, name+": "+err.Error())
			}
			switch form {
			case "raw":
				_, err = c.App.Writer.Write(filter.Bytes())
				return err
			case "c":
				return writeC(c.App.Writer, filter)
			case "go":
				return writeGo(c.App.Writer, filter, c.String("package"))
			}
			return filter.WriteListing(c.App.Writer)
		},
	}
}
