// Command sealctl is the workbench for people who write, read and debug seccomp
// profiles. It needs no privileges and changes nothing on the system.
//
//	sealctl compile PROFILE    the filter that a profile becomes, as a listing
//	sealctl version
//
// Results go to standard output, warnings and errors to standard error, one
// line each. The exit status is 1 if anything failed.
package main

import (
	"fmt"
	"io"
	"os"

	"github.com/urfave/cli/v2"
)

// version is set by the linker: -ldflags "-X main.version=1.2.3".
var version = "dev"

func main() {
	os.Exit(run(os.Args, os.Stdin, os.Stdout, os.Stderr))
}

// run is main with its surroundings as arguments. It returns the exit status.
func run(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	app := &cli.App{
		Name:            "sealctl",
		Usage:           "read, check and debug seccomp profiles",
		Version:         version,
		HideVersion:     true, // version is a verb
		HideHelpCommand: true,
		Reader:          stdin,
		Writer:          stdout,
		ErrWriter:       stderr,
		Commands:        []*cli.Command{compileCommand(), versionCommand()},
		Action: func(c *cli.Context) error {
			if c.Args().Present() {
				return fmt.Errorf("unknown command %q, expected compile or version", c.Args().First())
			}
			return cli.ShowAppHelp(c)
		},
		OnUsageError:   func(_ *cli.Context, err error, _ bool) error { return err },
		ExitErrHandler: func(*cli.Context, error) {}, // the error is printed below, once
	}
	if err := app.Run(args); err != nil {
		fmt.Fprintf(stderr, "sealctl: %s\n", err)
		return 1
	}
	return 0
}
