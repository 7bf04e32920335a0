package main

import (
	"bytes"
	"strconv"

	"github.com/runseal/runseal/runtime/spec/jsonw"
	"github.com/urfave/cli/v2"
)

// ps is `runseal ps`.
func (in *invocation) ps() *cli.Command {
	format := "table"
	return &cli.Command{
		Usage:     "list the processes of a container",
		UsageText: "runseal ps [flags] " + idArgument + " [ARGUMENT...]",
		Description: `The table is what ps(1) of the host prints, called with the arguments or else
with -ef, without the lines of other processes; it must have a column PID. The
JSON form is an array of process ids. Flags stand before the id: what follows
it belongs to ps(1).`,
		Flags: []cli.Flag{
			&option{name: "format", short: "f", arg: "FORMAT", usage: "form of the output: table, json", def: format, value: (*text)(&format)},
		},
		Action: func(c *cli.Context) error {
			if err := arguments(c, -1, idArgument); err != nil {
				return err
			}
			if format != "table" && format != "json" {
				return wrongUsage(c, "--format %q: expected table or json", format)
			}
			pids, err := in.containers(false).Pids(c.Args().First())
			if err != nil {
				return err
			}
			var out bytes.Buffer
			if format == "json" {
				list := []byte{'['}
				for _, pid := range pids {
					list = strconv.AppendInt(jsonw.AppendComma(list), int64(pid), 10)
				}
				out.Write(append(list, "]\n"...))
			} else {
				table, err := runPS(c.Args().Tail())
				if err != nil {
					return err
				}
				if err := filterPS(&out, table, pids); err != nil {
					return err
				}
			}
			_, err = in.stdout.Write(out.Bytes())
			return err
		},
	}
}
