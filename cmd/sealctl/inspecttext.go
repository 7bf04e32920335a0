package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/runseal/runseal/cmd/sealctl/internal/enforced"
	"github.com/runseal/runseal/seccomp"
	"github.com/runseal/runseal/seccomp/profiles/export"
)

// enforcedListing is listing for what filters decide.
type enforcedListing struct {
	Architectures []enforcedArch `json:"architectures"`
	// Unlisted is for calls of all other architectures; null if they are not decided
	// alike.
	Unlisted *decision `json:"unlisted"`
	unlisted seccomp.Action
}

type enforcedArch struct {
	Architecture string         `json:"architecture"`
	Decisions    []decidedCalls `json:"decisions"`
	Others       []otherNumbers `json:"others"` // numbers that no call has that is known
	beyond       []enforced.Range
}

type otherNumbers struct {
	First    uint32          `json:"first"`
	Last     uint32          `json:"last"`
	Outcomes []otherOutcomes `json:"outcomes"`
	Complex  string          `json:"complex,omitempty"` // see listedCall
}

type otherOutcomes struct {
	decision
	conditions
}

func listingOf(a *enforced.Analysis) *enforcedListing {
	out := &enforcedListing{Architectures: []enforcedArch{}, unlisted: a.Unlisted}
	if !a.Mixed {
		d := decisionOf(a.Unlisted)
		out.Unlisted = &d
	}
	for _, t := range a.Archs {
		l := archListing{Architecture: t.Arch.Scmp}
		for _, c := range t.Calls {
			for _, o := range c.Outcomes {
				call := listedCall{Name: c.Name, Number: c.Number, conditions: conditions{o.If, o.Unless}, text: o.Conditions()}
				if c.Complex != nil {
					call.Complex = c.Complex.Error()
					call.text = "by conditions that are not listed: " + call.Complex
				}
				l.add(o.Action, call)
			}
		}
		l.sort()
		e := enforcedArch{Architecture: l.Architecture, Decisions: l.Decisions, Others: []otherNumbers{}, beyond: t.Others}
		for _, r := range t.Others {
			n := otherNumbers{First: r.First, Last: r.Last}
			if r.Complex != nil {
				n.Complex = r.Complex.Error()
			}
			for _, o := range r.Outcomes {
				n.Outcomes = append(n.Outcomes, otherOutcomes{decisionOf(o.Action), conditions{o.If, o.Unless}})
			}
			e.Others = append(e.Others, n)
		}
		out.Architectures = append(out.Architectures, e)
	}
	return out
}

func (l *enforcedListing) write(b *strings.Builder) {
	for _, a := range l.Architectures {
		fmt.Fprintf(b, "%s\n", a.Architecture)
		for _, d := range a.Decisions {
			d.write(b)
		}
		a.writeOthers(b)
	}
	if l.Unlisted != nil {
		fmt.Fprintf(b, "any other architecture: %s\n", l.unlisted)
	} else {
		b.WriteString("any other architecture: not all calls alike\n")
	}
}

// writeOthers writes the numbers without a call, those that are decided alike together.
func (a *enforcedArch) writeOthers(b *strings.Builder) {
	var order []string
	of := map[string][]string{}
	for _, r := range a.beyond {
		decided := r.Outcomes[0].Action.String()
		if len(r.Outcomes) > 1 {
			decided = "by arguments"
		}
		if of[decided] == nil {
			order = append(order, decided)
		}
		numbers := fmt.Sprintf("%d-%d", r.First, r.Last)
		if r.First == r.Last {
			numbers = fmt.Sprint(r.First)
		}
		of[decided] = append(of[decided], numbers)
	}
	for _, decided := range order {
		fmt.Fprintf(b, "  %s: numbers without a call\n", decided)
		writeWords(b, of[decided])
	}
}

// asConfigured is what is proved about the filters and the profile of config.json.
type asConfigured struct {
	Equal bool `json:"equal"`
	// Text says in what respect, or the difference.
	Text string `json:"text"`
}

// compareWithConfig proves whether the filters are what the configuration says.
func (p *process) compareWithConfig() *asConfigured {
	if p.seal != nil {
		return p.compareWithSeal()
	}
	switch {
	case p.profile == nil && len(p.installed) == 0:
		return &asConfigured{true, "no filter, and config.json has no linux.seccomp"}
	case p.profile == nil:
		return &asConfigured{false, fmt.Sprintf("%d filters, but config.json has no linux.seccomp", len(p.installed))}
	case len(p.installed) == 0:
		return &asConfigured{false, "no filter, but config.json has linux.seccomp"}
	}
	oldest := p.installed[len(p.installed)-1] // the runtime's; the program may have added others
	m, err := enforced.Matches(oldest, p.profile)
	which := "the filter"
	if len(p.installed) > 1 {
		which = "the oldest filter"
	}
	switch {
	case err != nil:
		return &asConfigured{false, fmt.Sprintf("not known whether %s is that of config.json: %s", which, err)}
	case m != nil:
		return &asConfigured{true, which + " decides all calls as config.json says (proved)" + matchText(m)}
	}
	text := which + " is not that of config.json"
	if err := enforced.Difference(oldest, p.profile); err != nil {
		text += ": " + strings.TrimPrefix(err.Error(), "seccomp: ")
	}
	return &asConfigured{false, text}
}

// compareWithSeal is compareWithConfig for a container under a node policy.
func (p *process) compareWithSeal() *asConfigured {
	var installed []seccomp.InstalledFilter // the runtime's
	which := "the filter"
	if n := len(p.installed); n > 0 {
		if installed = p.installed[n-1:]; n > 1 {
			which = "the oldest filter"
		}
	}
	if len(installed) == 0 || p.seal.Policy() == nil {
		equal := len(installed) == 0 && p.seal.Policy() == nil
		return &asConfigured{equal, fmt.Sprintf("%d filters; %s", len(p.installed), p.saidBySeal("decided about them"))}
	}
	if _, err := enforced.Equal(installed[0], p.seal.Policy()); err != nil {
		return &asConfigured{false, fmt.Sprintf("%s is not what %s: %s", which, p.saidBySeal("say"), strings.TrimPrefix(err.Error(), "seccomp: "))}
	}
	return &asConfigured{true, fmt.Sprintf("%s decides all calls as %s (proved)", which, p.saidBySeal("say"))}
}

// matchText says what a proof leaves out or takes for granted.
func matchText(m *enforced.Match) string {
	var parts []string
	if m.KillThread {
		parts = append(parts, "calls of other architectures kill the thread")
	}
	if m.AsRunc {
		parts = append(parts, "newer calls on 32-bit ARM and x32, and versions of ipc(2), are decided as runc has it")
	}
	if m.UpTo != 0 {
		parts = append(parts, fmt.Sprintf("the runtime did not know calls above %d", m.UpTo))
	}
	if m.Negative {
		parts = append(parts, "numbers from 0x80000000 on, which no call has, are left out")
	}
	if len(parts) == 0 {
		return ""
	}
	return "; " + strings.Join(parts, "; ")
}

// writeConfigured writes the profile that the container was to have, as far as it is one
// object: of config.json, or of the node policy's default. A floor is another one.
func writeConfigured(c *cli.Context, p *process, config *inspectedConfig) error {
	if p.seal != nil && p.seal.Floor != nil {
		warn(c, fmt.Sprintf("%s: this is without the floor of the node policy (%s); see --source both", p, p.seal.Decision))
	}
	if config.Seccomp == nil && p.seal != nil && p.seal.Default {
		text, err := export.OCI(p.seal.Profile)
		if err != nil {
			return err
		}
		return writeEncoded(c, text)
	}
	if config.Seccomp == nil {
		warn(c, fmt.Sprintf("%s: %s has no linux.seccomp", p, config.Path))
	}
	return writeSeccomp(c.App.Writer, config)
}

// writeSeccomp writes the object of config.json with indentation.
func writeSeccomp(w io.Writer, c *inspectedConfig) error {
	if c.Seccomp == nil {
		_, err := fmt.Fprintln(w, "null")
		return err
	}
	return writeIndented(w, c.Seccomp)
}

func writeIndented(w io.Writer, text json.RawMessage) error {
	var b bytes.Buffer
	if err := json.Indent(&b, text, "", "  "); err != nil {
		return err
	}
	b.WriteByte('\n')
	_, err := b.WriteTo(w)
	return err
}

func (i *inspection) write(w io.Writer, p *process) error {
	var b strings.Builder
	b.WriteString(p.String())
	if p.container == "" && p.in != "" {
		fmt.Fprintf(&b, " in container %s", p.in)
	}
	if text := runtimeText(i.Engine, i.Runtime); text != "-" {
		b.WriteString(", " + text)
	}
	mode, filters, nnp := i.cells()
	fmt.Fprintf(&b, "\nseccomp mode: %s, filters: %s, no_new_privs: %s\n", mode, filters, nnp)
	if i.Config != nil {
		if i.Config.Seccomp == nil {
			fmt.Fprintf(&b, "%s has no linux.seccomp\n", i.Config.Path)
		} else {
			fmt.Fprintf(&b, "linux.seccomp of %s:\n", i.Config.Path)
			if err := writeSeccomp(&b, i.Config); err != nil {
				return err
			}
		}
		if i.Config.Policy != nil {
			fmt.Fprintf(&b, "node policy when it was created:\n")
			if err := writeIndented(&b, i.Config.Policy); err != nil {
				return err
			}
		}
	}
	if k := i.Kernel; k != nil {
		k.write(&b, i.Mode)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func (k *inspectedKernel) write(b *strings.Builder, mode string) {
	switch mode {
	case "none":
		b.WriteString("kernel: no filter: every system call is executed\n")
	case "strict":
		b.WriteString("kernel: strict mode: read, write, exit and sigreturn are executed, every other call kills the thread\n")
	}
	if k.AsConfigured != nil {
		fmt.Fprintf(b, "kernel: %s\n", k.AsConfigured.Text)
	}
	for i, f := range k.Filters {
		flags := "no flags"
		if len(f.Flags) > 0 {
			flags = strings.Join(f.Flags, ", ")
		}
		fmt.Fprintf(b, "filter %d of %d, %d instructions, %s:\n", len(k.Filters)-i, len(k.Filters), f.Instructions, flags)
		f.Decisions.write(b)
	}
	if k.Together != nil {
		fmt.Fprintf(b, "all %d filters together:\n", len(k.Filters))
		k.Together.write(b)
	}
}
