package main

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/runseal/runseal/cmd/sealctl/internal/plain"
	"github.com/runseal/runseal/cmd/sealctl/internal/style"
	"github.com/runseal/runseal/seccomp"
	"github.com/runseal/runseal/seccomp/arch"
)

// diffCommand compares what two profiles mean.
func diffCommand() *cli.Command {
	return comparing(&cli.Command{
		Name:      "diff",
		Usage:     "print the calls that two profiles decide differently",
		ArgsUsage: "A B",
		Description: profileHelp + "\n\n" +
			"What is compared is the meaning, arguments included: profiles that are written differently can be equal.\n" +
			"Each line is a set of calls, with A's decision and then B's. The last line says whether one of the two\n" +
			"is at least as strict as the other: for no call has it an action that lets more happen, whatever the\n" +
			"errno. Flags and listeners are not compared. With --arch only calls of these architectures are.\n\n" +
			"   sealctl diff old.json new.json\n" +
			"   sealctl diff --arch x86_64 profile.json runtime/default\n" +
			"   sealctl diff -o json floor.json profile.json | jq .bAtLeastAsStrict\n\n" +
			"The exit status is 0 if the profiles are equal, 1 if they are not, and 2 if anything failed.",
		Flags: profileFlags(&cli.StringSliceFlag{Name: "arch", Usage: "an `ARCHITECTURE`, such as SCMP_ARCH_X86 or x86 (repeatable; default: all)"}, outputFlag("text", "json")),
	}, func(c *cli.Context) (bool, error) {
		if c.NArg() != 2 {
			return false, fmt.Errorf("diff takes two profiles, A and B, got %d arguments", c.NArg())
		}
		form, err := outputForm(c, "text", "json")
		if err != nil {
			return false, err
		}
		nameA, nameB := c.Args().Get(0), c.Args().Get(1)
		if nameA == "-" && nameB == "-" {
			return false, errors.New("diff - -: expected at most one profile from standard input")
		}
		a, err := readPolicy(c, nameA)
		if err != nil {
			return false, err
		}
		b, err := readPolicy(c, nameB)
		if err != nil {
			return false, err
		}
		p := startProgress(c, "comparing", 0)
		r, err := seccomp.Compare(a, b)
		p.Done()
		if err != nil {
			return false, err
		}
		if c.IsSet("arch") {
			archs, err := chosenArchs(c, a)
			if err != nil {
				return false, err
			}
			only(r, archs)
		}
		if form == "json" {
			err = writeJSON(c, comparisonOf(r))
		} else {
			err = writeComparison(c.App.Writer, r, nameA, nameB)
		}
		return len(r.Differences) > 0, err
	})
}

// only reduces a comparison to the calls of these architectures.
func only(r *seccomp.Comparison, archs []*arch.Arch) {
	r.Differences = slices.DeleteFunc(r.Differences, func(d seccomp.Difference) bool {
		return !slices.ContainsFunc(archs, func(a *arch.Arch) bool { return a.Scmp == d.Arch })
	})
	r.AtLeastAsStrict, r.AtMostAsStrict = true, true
	for _, d := range r.Differences {
		r.AtLeastAsStrict = r.AtLeastAsStrict && !d.B.StricterThan(d.A)
		r.AtMostAsStrict = r.AtMostAsStrict && !d.A.StricterThan(d.B)
	}
}

func writeComparison(w io.Writer, r *seccomp.Comparison, a, b string) error {
	var out strings.Builder
	paint := style.From(w)
	a, b = plain.Text(a), plain.Text(b)
	for _, d := range r.Differences {
		fmt.Fprintln(&out, paint.Actions(d.String()))
	}
	switch {
	case len(r.Differences) == 0:
		fmt.Fprintf(&out, "%s and %s decide all calls alike\n", a, b)
	case r.AtLeastAsStrict && r.AtMostAsStrict:
		fmt.Fprintf(&out, "%s and %s are equally strict\n", a, b) // they differ in errnos
	case r.AtLeastAsStrict:
		fmt.Fprintf(&out, "%s is at least as strict as %s\n", a, b)
	case r.AtMostAsStrict:
		fmt.Fprintf(&out, "%s is at least as strict as %s\n", b, a)
	default:
		fmt.Fprintf(&out, "neither of %s and %s is at least as strict as the other\n", a, b)
	}
	_, err := io.WriteString(w, out.String())
	return err
}

type comparison struct {
	Equal            bool         `json:"equal"`
	AAtLeastAsStrict bool         `json:"aAtLeastAsStrict"`
	BAtLeastAsStrict bool         `json:"bAtLeastAsStrict"`
	Differences      []difference `json:"differences"`
}

type difference struct {
	Architecture string   `json:"architecture,omitempty"` // absent: all that neither profile lists
	First        uint32   `json:"first"`
	Last         uint32   `json:"last"`
	Names        []string `json:"names,omitempty"`
	conditions
	A       decision `json:"a"`
	B       decision `json:"b"`
	Example example  `json:"example"`
}

// example is one call, as struct seccomp_data has it.
type example struct {
	Arch   uint32    `json:"arch"`
	Number uint32    `json:"number"`
	Args   [6]uint64 `json:"args"`
}

func comparisonOf(r *seccomp.Comparison) comparison {
	c := comparison{
		Equal: len(r.Differences) == 0, AAtLeastAsStrict: r.AtLeastAsStrict, BAtLeastAsStrict: r.AtMostAsStrict,
		Differences: []difference{},
	}
	for _, d := range r.Differences {
		c.Differences = append(c.Differences, difference{
			Architecture: d.Arch, First: d.First, Last: d.Last, Names: d.Names, conditions: conditions{d.If, d.Unless},
			A: decisionOf(d.A), B: decisionOf(d.B), Example: example{d.Example.Arch, d.Example.Nr, d.Example.Args},
		})
	}
	return c
}
