package main

import (
	"io"
	"strings"
	"text/tabwriter"

	"github.com/urfave/cli/v2"
)

const appDescription = `A bundle is a directory with a config.json and a root filesystem. To make one
and run it:

  mkdir -p bundle/rootfs/bin
  cp /bin/busybox bundle/rootfs/bin/sh    # a static one, or any root filesystem
  runseal spec -b bundle       # writes bundle/config.json
  runseal plan bundle          # shows every system call that will be made
  runseal run -b bundle ID     # runs it`

// helpOption is the same flag before and behind the subcommand.
func (in *invocation) helpOption() cli.Flag {
	return &option{name: "help", short: "h", usage: "show this text", value: (*toggle)(&in.global.help)}
}

// appHelp prints the text of `runseal --help`.
func (in *invocation) appHelp(app *cli.App) error {
	var b strings.Builder
	b.WriteString(app.Name + ": " + app.Usage + "\n\nUsage: " + app.UsageText + "\n\n" + app.Description + "\n\nSubcommands:\n")
	w := columns(&b)
	for _, cmd := range app.Commands {
		io.WriteString(w, "  "+cmd.Name+"\t"+cmd.Usage+"\n")
	}
	w.Flush()
	b.WriteString("\nGlobal flags, which stand before the subcommand:\n")
	writeOptions(&b, app.Flags)
	b.WriteString("\n`runseal help SUBCOMMAND` explains a subcommand and its flags.\n")
	_, err := io.WriteString(in.stdout, b.String())
	return err
}

// commandHelp prints the text of `runseal SUBCOMMAND --help`.
func (in *invocation) commandHelp(cmd *cli.Command) error {
	var b strings.Builder
	b.WriteString("runseal " + cmd.Name + ": " + cmd.Usage + "\n\nUsage: " + cmd.UsageText + "\n")
	if cmd.Description != "" {
		b.WriteString("\n" + cmd.Description + "\n")
	}
	b.WriteString("\nFlags:\n")
	writeOptions(&b, cmd.Flags)
	_, err := io.WriteString(in.stdout, b.String())
	return err
}

// writeOptions writes one line per flag, the texts below each other.
func writeOptions(b *strings.Builder, flags []cli.Flag) {
	w := columns(b)
	for _, f := range flags {
		if o, ok := f.(*option); ok && o.hidden {
			continue
		}
		io.WriteString(w, "  "+f.String()+"\n")
	}
	w.Flush()
}

func columns(b *strings.Builder) *tabwriter.Writer {
	return tabwriter.NewWriter(b, 0, 8, 2, ' ', 0)
}
