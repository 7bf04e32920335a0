package main

import (
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/opencontainers/runtime-spec/specs-go"
	"github.com/urfave/cli/v2"

	"github.com/runseal/runseal/cmd/sealctl/internal/style"
	"github.com/runseal/runseal/seccomp"
	"github.com/runseal/runseal/seccomp/arch"
	"github.com/runseal/runseal/seccomp/lint"
)

// explainCommand prints what becomes of one call, and why.
func explainCommand() *cli.Command {
	return &cli.Command{
		Name:      "explain",
		Usage:     "print what becomes of a system call, and what in the profile decides it",
		ArgsUsage: "PROFILE CALL [ARG...]",
		Description: profileHelp + "\n\n" +
			"CALL is a name, or a number, which then is meant in each architecture. ARGs are the values of its\n" +
			"arguments, in decimal, 0x... or negative; _ and those that are missing may be anything, and the answer\n" +
			"says on which values of them it depends. On x86 and others that make socket and IPC calls through\n" +
			"socketcall and ipc too, that way has lines of its own; there the arguments are in memory.\n" +
			"linux.seccomp.syscalls[i] counts from 0; in Docker's format, the entries that apply.\n\n" +
			"   sealctl explain profile.json personality\n" +
			"   sealctl explain --arch x86_64 default.json socket 40\n" +
			"   sealctl explain -o json default.json clone _ 0",
		Flags:        profileFlags(archFlag(), outputFlag("text", "json")),
		OnUsageError: func(_ *cli.Context, err error, _ bool) error { return err },
		Action: func(c *cli.Context) error {
			if c.NArg() < 2 || c.NArg() > 8 {
				return fmt.Errorf("explain takes PROFILE, CALL and up to 6 ARGs, got %d arguments", c.NArg())
			}
			form, err := outputForm(c, "text", "json")
			if err != nil {
				return err
			}
			call, err := parseCall(c.Args().Get(1))
			if err != nil {
				return err
			}
			given, err := parseArgs(c.Args().Slice()[2:])
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
			all := explanations{}
			for _, a := range archs {
				if err := all.add(policy, a, call, given); err != nil {
					return err
				}
			}
			if len(all) == 0 {
				return fmt.Errorf("no call %q in the architectures that were asked for", c.Args().Get(1))
			}
			if form == "json" {
				return writeJSON(c, all)
			}
			return all.write(c.App.Writer)
		},
	}
}

// callName is a system call of any architecture: by name, or else by number.
type callName struct {
	id     arch.ID
	nr     uint32
	number bool
}

func parseCall(s string) (callName, error) {
	if id, ok := arch.Find(s); ok {
		return callName{id: id}, nil
	}
	nr, err := strconv.ParseUint(s, 0, 32)
	if err != nil {
		meant := ""
		if near := lint.Suggest(s, []*arch.Arch{arch.Lookup(arch.Native)}); near != "" {
			meant = fmt.Sprintf(", did you mean %q", near)
		}
		return callName{}, fmt.Errorf("CALL %q: expected the name of a system call of any architecture, or a number from 0 to 0xffffffff%s", s, meant)
	}
	return callName{nr: uint32(nr), number: true}, nil
}

// unknownArg stands for an argument that may have any value.
const unknownArg = "_"

// parseArgs returns the values as conditions that hold.
func parseArgs(list []string) (given []specs.LinuxSeccompArg, err error) {
	for i, s := range list {
		if s == unknownArg {
			continue
		}
		v, err := strconv.ParseUint(s, 0, 64)
		if strings.HasPrefix(s, "-") {
			var n int64
			n, err = strconv.ParseInt(s, 0, 64)
			v = uint64(n)
		}
		if errors.Is(err, strconv.ErrRange) {
			return nil, fmt.Errorf("ARG %q: expected a number of at most 64 bits", s)
		}
		if err != nil {
			return nil, fmt.Errorf("ARG %q: expected a number, or %s for any", s, unknownArg)
		}
		given = append(given, specs.LinuxSeccompArg{Index: uint(i), Value: v, Op: specs.OpEqualTo})
	}
	return given, nil
}

type explanations []explanation

// explanation is for one way to make the call in one architecture.
type explanation struct {
	Architecture string    `json:"architecture"`
	Exists       bool      `json:"exists"`             // the architecture has a call of this name or number
	Call         string    `json:"call,omitempty"`     // the name, if there is one
	Number       *uint32   `json:"number,omitempty"`   // absent if there is no such call
	Selector     *uint32   `json:"selector,omitempty"` // of a multiplexer: its first argument
	Outcomes     []decided `json:"outcomes,omitempty"`
}

type decided struct {
	decision
	conditions
	DecidedBy string `json:"decidedBy"`
	Entry     *int   `json:"entry,omitempty"` // i of linux.seccomp.syscalls[i]
	outcome   seccomp.Outcome
}

// add appends the ways to make the call in an architecture.
func (all *explanations) add(policy *seccomp.Policy, a *arch.Arch, call callName, given []specs.LinuxSeccompArg) error {
	if call.number {
		if !belongs(a, call.nr) {
			return nil
		}
		return all.explain(policy, a, call.nr, nil, given)
	}
	nr, exists := a.NumberOf(call.id)
	if exists {
		if err := all.explain(policy, a, nr, nil, given); err != nil {
			return err
		}
	}
	_, nr, selector, muxed := a.Mux(call.id)
	if muxed {
		return all.explain(policy, a, nr, &selector, []specs.LinuxSeccompArg{{Value: uint64(selector), Op: specs.OpEqualTo}})
	}
	if !exists {
		*all = append(*all, explanation{Architecture: a.Scmp, Call: call.id.String()})
	}
	return nil
}

// belongs says whether the number can be one of the architecture: x86_64 and x32
// share them out.
func belongs(a *arch.Arch, nr uint32) bool {
	const noCall = 1<<32 - 1 // a tracer's "no call" is not x32's, despite its bit 30
	if nr == noCall {
		return !a.IsX32()
	}
	of := arch.ByCall(a.Audit, nr)
	return of == a
}

// explain appends one way to make the call.
func (all *explanations) explain(policy *seccomp.Policy, a *arch.Arch, nr uint32, selector *uint32, given []specs.LinuxSeccompArg) error {
	outcomes, err := policy.Explain(a.Audit, nr, given...)
	if err != nil {
		return err
	}
	e := explanation{Architecture: a.Scmp, Call: a.Name(nr), Number: &nr, Selector: selector}
	e.Exists = e.Call != ""
	for _, o := range outcomes {
		d := decided{decision: decisionOf(o.Action), conditions: conditions{o.If, o.Unless}, DecidedBy: o.Cause.String(), outcome: o}
		if o.Cause.By == seccomp.ByRule {
			d.Entry = &o.Cause.Entry
		}
		e.Outcomes = append(e.Outcomes, d)
	}
	*all = append(*all, e)
	return nil
}

// title is "socket (41)", or "socketcall (102), 1".
func (e *explanation) title() string {
	switch {
	case e.Number == nil:
		return "no " + e.Call
	case !e.Exists:
		return fmt.Sprintf("call %d", *e.Number)
	case e.Selector != nil:
		return fmt.Sprintf("%s (%d), %d", e.Call, *e.Number, *e.Selector)
	}
	return fmt.Sprintf("%s (%d)", e.Call, *e.Number)
}

// write makes a table with a line for each outcome.
func (all explanations) write(w io.Writer) error {
	var b strings.Builder
	t := tabwriter.NewWriter(&b, 0, 8, 2, ' ', 0)
	fmt.Fprint(t, "ARCHITECTURE\tCALL\tDECISION\tDECIDED BY\tCONDITIONS\n")
	for _, e := range all {
		first, title := e.Architecture, e.title()
		if e.Number == nil {
			fmt.Fprintf(t, "%s\t%s\t\t\t\n", first, title)
		}
		for _, d := range e.Outcomes {
			fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\n", first, title, d.outcome.Action, d.DecidedBy, d.outcome.Conditions())
			first, title = "", ""
		}
	}
	if err := t.Flush(); err != nil {
		return err
	}
	paint := style.From(w)
	for line := range strings.Lines(b.String()) { // without the padding of empty last cells
		if _, err := fmt.Fprintln(w, paint.Actions(strings.TrimRight(line, " \n"))); err != nil {
			return err
		}
	}
	return nil
}
