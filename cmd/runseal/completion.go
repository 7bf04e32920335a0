package main

import (
	_ "embed" // of strings, which costs no time at the start
	"io"

	"github.com/urfave/cli/v2"
)

// The scripts are generated (TestReferenceCompletion): the generator reads the whole
// command line, which runseal itself never constructs.
var (
	//go:embed completion/runseal.bash
	bashCompletion string
	//go:embed completion/runseal.zsh
	zshCompletion string
	//go:embed completion/runseal.fish
	fishCompletion string
)

// completion is `runseal completion`.
func (in *invocation) completion() *cli.Command {
	return &cli.Command{
		Usage:     "print a script that completes command lines in a shell",
		UsageText: "runseal completion bash|zsh|fish",
		Description: `Subcommands, flags, most of their values, signals and the containers below
--root are completed. The script does not call runseal; another version has
another script. "make install" puts all three where the shells look for them.

  source <(runseal completion bash)
  runseal completion zsh > ~/.zfunc/_runseal        # a directory of fpath
  runseal completion fish > ~/.config/fish/completions/runseal.fish`,
		Action: func(c *cli.Context) error {
			if err := arguments(c, 0, "bash|zsh|fish"); err != nil {
				return err
			}
			script := ""
			switch shell := c.Args().First(); shell {
			case "bash":
				script = bashCompletion
			case "zsh":
				script = zshCompletion
			case "fish":
				script = fishCompletion
			default:
				return wrongUsage(c, "shell %q: expected bash, zsh or fish", shell)
			}
			_, err := io.WriteString(in.stdout, script)
			return err
		},
	}
}
