package main

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/runseal/runseal/cmd/sealctl/internal/report"
	"github.com/runseal/runseal/cmd/sealctl/internal/style"
	"github.com/runseal/runseal/seccomp"
	"github.com/runseal/runseal/seccomp/arch"
)

// listCommand prints the calls of each architecture by what becomes of them.
func listCommand() *cli.Command {
	return &cli.Command{
		Name:      "list",
		Usage:     "print all system calls by decision",
		ArgsUsage: "PROFILE",
		Description: profileHelp + "\n\n" +
			"For each architecture the system calls stand below what becomes of them, the most permissive first. A\n" +
			"call that is decided by its arguments stands on a line of its own below each of its decisions.\n\n" +
			"   sealctl list profile.json\n" +
			"   sealctl list --arch x86_64 --cap CAP_SYS_ADMIN default.json\n" +
			"   sealctl list -o json profile.json | jq -r '.architectures[0].decisions[0].calls[].name'",
		Flags:        profileFlags(archFlag(), outputFlag("text", "json")),
		OnUsageError: func(_ *cli.Context, err error, _ bool) error { return err },
		Action: func(c *cli.Context) error {
			if c.NArg() != 1 {
				return fmt.Errorf("list takes one PROFILE, got %d arguments", c.NArg())
			}
			form, err := outputForm(c, "text", "json")
			if err != nil {
				return err
			}
			policy, err := readPolicy(c, c.Args().First())
			if err != nil {
				return err
			}
			archs, err := chosenArchs(c, policy)
			if err != nil {
				return err
			}
			var all listing
			if all.Architectures, err = listArchs(c, policy, archs); err != nil {
				return err
			}
			other, err := policy.Explain(0, 0) // no architecture has this AUDIT_ARCH value
			if err != nil {
				return err
			}
			all.unlisted, all.Unlisted = other[0].Action, decisionOf(other[0].Action)
			if form == "json" {
				return writeJSON(c, all)
			}
			return all.write(c.App.Writer)
		},
	}
}

type listing struct {
	Architectures []archListing `json:"architectures"`
	Unlisted      decision      `json:"unlisted"` // calls of all architectures that the profile does not list
	unlisted      seccomp.Action
}

type archListing struct {
	Architecture string         `json:"architecture"`
	Decisions    []decidedCalls `json:"decisions"`
	Beyond       decision       `json:"beyond"` // calls newer than the table of system calls
	beyond       seccomp.Action
}

type decidedCalls struct {
	decision
	Calls  []listedCall `json:"calls"`
	action seccomp.Action
}

type listedCall struct {
	Name   string `json:"name"`
	Number uint32 `json:"number"`
	conditions
	// Complex says why there are no conditions although the call has several decisions.
	Complex string `json:"complex,omitempty"`
	text    string // of the conditions
}

// listArchs asks for each call of each architecture.
func listArchs(c *cli.Context, policy *seccomp.Policy, archs []*arch.Arch) (list []archListing, err error) {
	p := startProgress(c, "listing", len(archs))
	defer p.Done()
	for _, a := range archs {
		l, err := listArch(policy, a)
		if err != nil {
			return nil, err
		}
		list = append(list, *l)
		p.Add(1)
	}
	return list, nil
}

// listArch asks for each call of the architecture.
func listArch(policy *seccomp.Policy, a *arch.Arch) (*archListing, error) {
	l := &archListing{Architecture: a.Scmp}
	calls, err := report.Calls(policy, a)
	if err != nil {
		return nil, err
	}
	for _, call := range calls {
		for _, o := range call.Outcomes {
			l.add(o.Action, listedCall{Name: call.Name, Number: call.Number, conditions: conditions{o.If, o.Unless}, text: o.Conditions()})
		}
	}
	l.sort()
	beyond, err := policy.Explain(a.Audit, a.Dense+1)
	if err != nil {
		return nil, err
	}
	l.beyond, l.Beyond = beyond[0].Action, decisionOf(beyond[0].Action)
	return l, nil
}

func (l *archListing) add(action seccomp.Action, call listedCall) {
	i := slices.IndexFunc(l.Decisions, func(d decidedCalls) bool { return d.action == action })
	if i < 0 {
		i = len(l.Decisions)
		l.Decisions = append(l.Decisions, decidedCalls{action: action, decision: decisionOf(action)})
	}
	l.Decisions[i].Calls = append(l.Decisions[i].Calls, call)
}

// sort puts the most permissive decision first.
func (l *archListing) sort() {
	slices.SortStableFunc(l.Decisions, func(x, y decidedCalls) int { return cmp.Compare(int32(y.action), int32(x.action)) })
}

// width is where lines of names are broken.
const width = 100

func (l *listing) write(w io.Writer) error {
	var b strings.Builder
	for _, a := range l.Architectures {
		fmt.Fprintf(&b, "%s\n", a.Architecture)
		for _, d := range a.Decisions {
			d.write(&b)
		}
		fmt.Fprintf(&b, "  newer calls: %s\n", a.beyond)
	}
	fmt.Fprintf(&b, "any other architecture: %s\n", l.unlisted)
	_, err := io.WriteString(w, style.From(w).Actions(b.String()))
	return err
}

func (d *decidedCalls) write(b *strings.Builder) {
	var names []string
	for _, call := range d.Calls {
		if call.text == "" {
			names = append(names, call.Name)
		}
	}
	fmt.Fprintf(b, "  %s: %d always, %d by arguments\n", d.action, len(names), len(d.Calls)-len(names))
	writeWords(b, names)
	for _, call := range d.Calls {
		if call.text != "" {
			fmt.Fprintf(b, "    %s %s\n", call.Name, call.text)
		}
	}
}

// writeWords writes words in lines of at most width characters.
func writeWords(b *strings.Builder, words []string) {
	column := 0
	for _, w := range words {
		switch {
		case column > 0 && column+1+len(w) <= width:
			b.WriteByte(' ')
			column++
		default:
			if column > 0 {
				b.WriteByte('\n')
			}
			b.WriteString("    ")
			column = 4
		}
		b.WriteString(w)
		column += len(w)
	}
	if column > 0 {
		b.WriteByte('\n')
	}
}
