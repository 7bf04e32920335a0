// Command sealctl is the workbench for people who write, read and debug seccomp
// profiles. It changes nothing on the system, and needs privileges only to read the
// filters of a process.
//
//	sealctl VERB [FLAGS] ARGUMENTS
//
// The verbs are the table of commands.go, each in a file of its name: reading profiles
// (list, explain, diff, lint, report), writing them (resolve, merge, intersect, convert),
// processes and containers (ps, inspect, verify), Kubernetes (pod, scc), filters (compile,
// disasm, graph). docs/reference/sealctl.md is made of it.
//
// Results go to standard output, warnings and errors to standard error, one
// line each. The exit status is 1 if anything failed; diff and verify end with 1
// if there is a difference, lint with 1 if there are findings, pod and scc with 1 if a
// container is refused, and all five with 2 if anything failed.
//
// On a terminal there are colours, and progress where something takes its time
// (terminal.go). Flags may stand anywhere (argv.go).
package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/runseal/runseal/cmd/sealctl/internal/plain"
	"github.com/runseal/runseal/cmd/sealctl/internal/style"
)

// version is set by the linker: -ldflags "-X main.version=1.2.3".
var version = "dev"

func main() {
	os.Exit(run(os.Args, os.Stdin, os.Stdout, os.Stderr))
}

// run is main with its surroundings as arguments. It returns the exit status.
func run(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	return runApp(newApp(), args, stdin, stdout, stderr)
}

func runApp(app *cli.App, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	out, errs := style.NewWriter(stdout), style.NewWriter(stderr)
	app.Reader, app.Writer, app.ErrWriter = stdin, out, errs
	app.Before = func(c *cli.Context) error { return setColours(c, out, errs) }
	if len(args) > 0 {
		args = append(args[:1:1], arrange(app.Flags, app.Commands, args[1:])...)
	}
	err := app.Run(args)
	if err == nil {
		err = out.Err() // of what has no error to return, such as the help
	}
	if err != nil {
		status := statusFailed
		if e := (*exit)(nil); errors.As(err, &e) {
			status, err = e.status, e.err
		}
		if err != nil {
			fmt.Fprintf(errs, "%s %s\n", style.From(errs).Error("sealctl:"), plain.Text(err.Error()))
		}
		return status
	}
	return 0
}

// newApp constructs the command line, all but where it reads and writes.
func newApp() *cli.App {
	commands := commands()
	for _, cmd := range commands {
		if len(cmd.Subcommands) == 0 {
			cmd.HideHelpCommand = true // "h" is the name of a file, as any other
		}
	}
	return &cli.App{
		Name:            "sealctl",
		Usage:           "read, check and debug seccomp profiles",
		Description:     "sealctl COMMAND --help, or sealctl help COMMAND, says all about a command.",
		Version:         version,
		HideVersion:     true, // version is a verb
		HideHelpCommand: true,
		Flags:           globalFlags(),
		Commands:        commands,
		Action: func(c *cli.Context) error {
			if c.Args().Present() {
				var names []string
				for _, cmd := range commands {
					names = append(names, cmd.Name)
				}
				return fmt.Errorf("unknown command %q, expected one of %s", c.Args().First(), strings.Join(names, ", "))
			}
			return cli.ShowAppHelp(c)
		},
		OnUsageError:   func(_ *cli.Context, err error, _ bool) error { return err },
		ExitErrHandler: func(*cli.Context, error) {}, // the error is printed by run, once
	}
}
