package main

import (
	"fmt"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/urfave/cli/v2"

	"github.com/runseal/runseal/cmd/sealctl/internal/procs"
)

// profileText is the cell of PROFILE.
func (e *psEntry) profileText() string {
	if e.Waiting {
		return "(not started)"
	}
	if len(e.Profiles) == 0 {
		return "-"
	}
	var names []string
	for _, p := range e.Profiles {
		names = append(names, p.String())
	}
	text := strings.Join(names, " + ")
	if e.ProfileFrom == "config" {
		return "[" + text + "]"
	}
	return text
}

// maxCell is the width beyond which commands and ids are cut.
const maxCell = 40

func shorten(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n-3]) + "..."
	}
	return s
}

// shortID returns the id as engines show it.
func shortID(id string) string {
	const digits = 12
	if len(id) > digits && strings.Trim(id, "0123456789abcdef") == "" {
		return id[:digits]
	}
	return shorten(id, maxCell)
}

// runtimeText joins engine and runtime, where they differ.
func runtimeText(engine, runtime string) string {
	switch {
	case engine == "" && runtime == "":
		return "-"
	case engine == "" || engine == runtime:
		return runtime
	case runtime == "":
		return engine
	}
	return engine + "/" + runtime
}

func (s *seccompState) cells() (mode, filters, nnp string) {
	filters, nnp = "-", "-"
	if s.Filters != nil {
		filters = strconv.Itoa(*s.Filters)
	}
	if s.NoNewPrivs != nil {
		nnp = map[bool]string{true: "yes", false: "no"}[*s.NoNewPrivs]
	}
	return s.Mode, filters, nnp
}

// differText is "2 unfiltered, 1 stricter".
func (e *psEntry) differText() string {
	var parts []string
	for _, r := range []procs.Relation{procs.Unfiltered, procs.Weaker, procs.Stricter, procs.NotKnown} {
		if n := e.counts[r]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, r))
		}
	}
	if len(parts) == 0 {
		return "-"
	}
	return strings.Join(parts, ", ")
}

func writeContainers(c *cli.Context, list []psEntry) error {
	t := tabwriter.NewWriter(c.App.Writer, 0, 8, 2, ' ', 0)
	if !c.Bool("no-headers") {
		fmt.Fprintln(t, "CONTAINER\tPID\tRUNTIME\tMODE\tFILTERS\tNNP\tDIFFER\tPROFILE\tCOMMAND")
	}
	for _, e := range list {
		mode, filters, nnp := e.cells()
		fmt.Fprintf(t, "%s\t%d\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", shortID(e.ID), e.Pid, runtimeText(e.Engine, e.Runtime),
			mode, filters, nnp, e.differText(), e.profileText(), shorten(e.Command, maxCell))
		if !c.Bool("threads") {
			continue
		}
		for _, d := range e.Differing {
			mode, filters, nnp := d.cells()
			what := shorten(d.Command, maxCell)
			if d.Tid != d.Pid {
				what = fmt.Sprintf("thread %d (%s) of %s", d.Tid, d.Name, what)
			}
			fmt.Fprintf(t, "  \t%d\t\t%s\t%s\t%s\t%s\t\t%s\n", d.Pid, mode, filters, nnp, d.Relation, what)
		}
	}
	return t.Flush()
}
