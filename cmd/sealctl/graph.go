package main

import (
	"errors"
	"fmt"

	"github.com/urfave/cli/v2"

	"github.com/runseal/runseal/cmd/sealctl/internal/graph"
	"github.com/runseal/runseal/cmd/sealctl/internal/plain"
	"github.com/runseal/runseal/seccomp/arch"
	"github.com/runseal/runseal/seccomp/bpf"
)

// graphCommand draws what a filter does.
func graphCommand() *cli.Command {
	return &cli.Command{
		Name:      "graph",
		Usage:     "draw the decision graph of a filter",
		ArgsUsage: "PROFILE | --raw FILE",
		Description: profileHelp + "\n\n" +
			"The graph shows how the filter that the profile becomes decides: the tests that it makes, of the number\n" +
			"and of the arguments, and the actions that they lead to, as a picture (svg) or for graphviz (dot). It is\n" +
			"for the calls of one architecture; with --call, for one of them. Halves of arguments are named arg0.low\n" +
			"and arg0.high, as in listings. With --raw it is made of an array of struct sock_filter in the byte order\n" +
			"of this machine, from a file or from standard input (-), as sealctl compile -o raw writes it.\n\n" +
			"   sealctl graph profile.json > profile.svg\n" +
			"   sealctl graph --arch all --call clone docker/default > clone.svg\n" +
			"   sealctl graph -o dot --raw filter.bpf | dot -Tpdf > filter.pdf",
		Flags: profileFlags(
			&cli.StringFlag{Name: "arch", Usage: "the `ARCHITECTURE` of the calls, such as SCMP_ARCH_X86 or x86, or all (default: this machine's)"},
			&cli.StringFlag{Name: "call", Usage: "show only what decides the system call `NAME`"},
			&cli.BoolFlag{Name: "raw", Usage: "the argument is a FILE with a filter, not a PROFILE"},
			outputFlag("svg", "dot"),
		),
		OnUsageError: func(_ *cli.Context, err error, _ bool) error { return err },
		Action: func(c *cli.Context) error {
			if c.NArg() != 1 {
				return fmt.Errorf("graph takes one PROFILE, or --raw and a FILE, got %d arguments", c.NArg())
			}
			form, err := outputForm(c, "svg", "dot")
			if err != nil {
				return err
			}
			o := graph.Options{Call: c.String("call"), Title: graphTitle(c)}
			if o.Arch, err = graphArch(c); err != nil {
				return err
			}
			prog, err := graphProgram(c)
			if err != nil {
				return err
			}
			g, err := graph.New(prog, o)
			if err != nil {
				return err
			}
			if g = g.Spread(maxLines); len(g.Nodes) > maxDrawn {
				return fmt.Errorf("the graph has %d boxes, more than the %d that can be drawn: --call shows a part of it", len(g.Nodes), maxDrawn)
			}
			if form == "dot" {
				return g.WriteDOT(c.App.Writer)
			}
			return g.WriteSVG(c.App.Writer)
		},
	}
}

const (
	maxLines = 4    // that lead to one action; with more it stands beside each test
	maxDrawn = 6000 // boxes; filters that people look at have some hundred
)

// graphArch returns the architecture that the command line asks for, nil for all.
func graphArch(c *cli.Context) (*arch.Arch, error) {
	switch name := c.String("arch"); {
	case name == "all":
		return nil, nil
	case name != "":
		return findArch(name)
	case c.IsSet("arch"):
		return nil, errors.New("--arch: expected an architecture, got an empty string")
	}
	a := arch.Lookup(arch.Native)
	if a == nil {
		return nil, errors.New("--arch: missing, and this machine's architecture has no system call table")
	}
	return a, nil
}

// graphProgram returns the instructions of the filter.
func graphProgram(c *cli.Context) ([]bpf.Instruction, error) {
	if c.Bool("raw") {
		return readProgram(c.Args().First(), c.App.Reader)
	}
	policy, err := readPolicy(c, c.Args().First())
	if err != nil {
		return nil, err
	}
	filter, err := policy.Compile()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", called(c.Args().First()), err)
	}
	return filter.Instructions, nil
}

// graphTitle is the input's name, and what of it is shown.
func graphTitle(c *cli.Context) string {
	title := called(c.Args().First())
	if call := c.String("call"); call != "" {
		title += ": " + call
	}
	return plain.Text(title)
}
