package main

import (
	"errors"

	"github.com/urfave/cli/v2"
)

// commandNames has the subcommands in the order of the help. It does not list those
// that only say that they are not done (checkpoint.go).
var commandNames = [...]string{
	"run", "create", "start", "exec", "state", "list", "ps", "events",
	"pause", "resume", "update", "kill", "delete", "spec", "plan", "features", "completion",
}

// command constructs one subcommand. It returns nil if there is none of this
// name.
func (in *invocation) command(name string) *cli.Command {
	var cmd *cli.Command
	switch name {
	case "create":
		cmd = in.create()
	case "start":
		cmd = in.start()
	case "run":
		cmd = in.runCommand()
	case "exec":
		cmd = in.exec()
	case "state":
		cmd = in.state()
	case "list":
		cmd = in.list()
	case "ps":
		cmd = in.ps()
	case "events":
		cmd = in.events()
	case "pause":
		cmd = in.pause()
	case "resume":
		cmd = in.resume()
	case "update":
		cmd = in.update()
	case "kill":
		cmd = in.kill()
	case "delete":
		cmd = in.delete()
	case "spec":
		cmd = in.spec()
	case "plan":
		cmd = in.plan()
	case "features":
		cmd = in.features()
	case "completion":
		cmd = in.completion()
	case "checkpoint":
		cmd = checkpoint()
	case "restore":
		cmd = restore()
	default:
		return nil
	}
	cmd.Name = name
	if cmd.SkipFlagParsing {
		return cmd
	}
	cmd.Flags = append(cmd.Flags, in.helpOption())
	action := cmd.Action
	cmd.Action = func(c *cli.Context) error {
		switch {
		case in.global.version:
			return printVersion(in.stdout)
		case in.global.help:
			return in.commandHelp(cmd)
		case in.global.root == noRoot && usesState(name):
			return errors.New("--root: expected a directory: for a user who is not root it has no default where XDG_RUNTIME_DIR is not set")
		}
		return action(c)
	}
	return cmd
}
