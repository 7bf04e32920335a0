package main

import (
	"fmt"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/runseal/runseal/cmd/sealctl/internal/progress"
	"github.com/runseal/runseal/cmd/sealctl/internal/style"
)

// globalFlags stand before the verb or anywhere behind it.
func globalFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: "color", Usage: "`WHEN` there are colours: " + strings.Join(style.Modes(), ", ") +
			"; auto is on a terminal, unless NO_COLOR is set or TERM is dumb", Value: style.Modes()[style.Auto]},
		&cli.BoolFlag{Name: "quiet", Usage: "no progress on a terminal"},
	}
}

// setColours does what --color says.
func setColours(c *cli.Context, writers ...*style.Writer) error {
	mode, err := style.ParseMode(c.String("color"))
	if err != nil {
		return fmt.Errorf("--color %w", err)
	}
	for _, w := range writers {
		w.SetMode(mode)
	}
	return nil
}

// startProgress begins work that may take a while, of total steps or, if total is 0,
// without any to count. The result may be nil, which is fine to use; the caller calls
// Done before anything else is written.
func startProgress(c *cli.Context, what string, total int) *progress.Bar {
	if c.Bool("quiet") {
		return nil
	}
	return progress.Start(c.App.ErrWriter, what, total)
}
