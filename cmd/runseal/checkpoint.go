package main

import (
	"errors"

	"github.com/urfave/cli/v2"
)

// notDone is one of runc's subcommands that runseal does not have. Whatever its
// arguments are, it answers with one line and status 1, `--help` included: podman and
// CRI-O take a runtime whose `checkpoint --help` ends with 0 for one that can do it.
func notDone(what string) *cli.Command {
	return &cli.Command{
		Hidden:          true,
		SkipFlagParsing: true,
		Action:          func(*cli.Context) error { return errors.New(what) },
	}
}

// checkpoint is `runseal checkpoint`.
func checkpoint() *cli.Command {
	return notDone("checkpoint: runseal cannot save the processes of a container (CRIU is not supported)")
}

// restore is `runseal restore`.
func restore() *cli.Command {
	return notDone("restore: runseal cannot make a container from saved processes (CRIU is not supported)")
}
