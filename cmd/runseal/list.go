package main

import (
	"bytes"
	"cmp"
	"io"
	"slices"
	"strconv"
	"text/tabwriter"

	"github.com/runseal/runseal/runtime"
	"github.com/runseal/runseal/runtime/spec/jsonw"
	"github.com/urfave/cli/v2"
)

// list is `runseal list`.
func (in *invocation) list() *cli.Command {
	var quiet bool
	format := "table"
	return &cli.Command{
		Usage:     "list the containers below --root",
		UsageText: "runseal list [flags]",
		Description: `A container whose state on disk cannot be read is listed as "damaged";
"runseal delete --force" removes it. One of runc's, with which Docker has the state
directory in common, is listed as "foreign", and only runc can remove it.`,
		Flags: []cli.Flag{
			&option{name: "format", short: "f", arg: "FORMAT", usage: "form of the output: table, json", def: format, value: (*text)(&format)},
			&option{name: "quiet", short: "q", usage: "print the ids only", value: (*toggle)(&quiet)},
		},
		Action: func(c *cli.Context) error {
			if err := arguments(c, 0); err != nil {
				return err
			}
			write := listTable
			switch {
			case format != "table" && format != "json":
				return wrongUsage(c, "--format %q: expected table or json", format)
			case quiet:
				write = listIDs
			case format == "json":
				write = listJSON
			}
			all, err := in.containers(false).List()
			if err != nil {
				return err
			}
			slices.SortFunc(all, func(a, b *runtime.Container) int { return cmp.Compare(a.ID, b.ID) })
			var out bytes.Buffer
			write(&out, all)
			_, err = in.stdout.Write(out.Bytes())
			return err
		},
	}
}

// listTable writes runc's columns. What does not print is escaped: paths and
// owners come from outside and the reader is a terminal.
func listTable(out *bytes.Buffer, all []*runtime.Container) {
	w := tabwriter.NewWriter(out, 12, 1, 3, ' ', 0)
	io.WriteString(w, "ID\tPID\tSTATUS\tBUNDLE\tCREATED\tOWNER\n")
	for _, c := range all {
		if c.Err != nil {
			io.WriteString(w, oneLine(c.ID)+"\t-\t"+c.StatusText()+"\t"+oneLine(c.Err.Error())+"\t-\t-\n")
			continue
		}
		io.WriteString(w, oneLine(c.ID)+"\t"+strconv.Itoa(c.Pid)+"\t"+c.StatusText()+"\t"+
			oneLine(c.Bundle)+"\t"+c.CreatedText()+"\t"+oneLine(c.Owner)+"\n")
	}
	w.Flush()
}

func listIDs(out *bytes.Buffer, all []*runtime.Container) {
	for _, c := range all {
		out.WriteString(oneLine(c.ID) + "\n")
	}
}

// listJSON writes an array of state documents on one line.
func listJSON(out *bytes.Buffer, all []*runtime.Container) {
	b := []byte{'['}
	for _, c := range all {
		b = c.AppendState(jsonw.AppendComma(b), false)
	}
	out.Write(append(b, "]\n"...))
}
