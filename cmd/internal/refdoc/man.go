package refdoc

import (
	"fmt"
	"strings"

	"github.com/runseal/runseal/cmd/internal/verbs"
)

// Man returns the page for man(1), in the macros of man(7). It has no date, which would
// make it another page every day.
func (p *Page) Man() string {
	var b strings.Builder
	name := p.Program.Name
	fmt.Fprintf(&b, ".\\\" Generated from the command line by: %s\n.TH %s %d \"\" runseal\n", p.Command, strings.ToUpper(name), p.Section)
	fmt.Fprintf(&b, ".SH NAME\n%s \\- %s\n.SH SYNOPSIS\n", roff(name), roff(p.Program.Usage))
	manExample(&b, strings.Split(p.Synopsis, "\n"))
	b.WriteString(".SH DESCRIPTION\n")
	manBlocks(&b, blocks(p.Text))
	b.WriteString(".SH GLOBAL FLAGS\n")
	manFlags(&b, p.Program.Flags)
	b.WriteString(".SH COMMANDS\n")
	for i := range p.Program.Verbs {
		p.manVerb(&b, &p.Program.Verbs[i])
	}
	for _, s := range p.ending() {
		fmt.Fprintf(&b, ".SH %s\n", strings.ToUpper(roff(s.Title)))
		manBlocks(&b, blocks(s.Text))
	}
	return b.String()
}

func (p *Page) manVerb(b *strings.Builder, v *verbs.Verb) {
	parts := p.parts(v)
	fmt.Fprintf(b, ".SS %s\n%s\n", roff(v.Name()), roffLines(sentence(v.Usage)))
	b.WriteString(".PP\n")
	manExample(b, v.Synopsis)
	if parts.text != nil {
		b.WriteString(".PP\n")
		manBlocks(b, parts.text)
	}
	if len(v.Flags) > 0 {
		manFlags(b, v.Flags)
	}
	if parts.examples != nil {
		b.WriteString(".PP\nExamples:\n.PP\n")
		manBlocks(b, parts.examples)
	}
	if parts.status != nil {
		b.WriteString(".PP\n")
		manBlocks(b, parts.status)
	}
}

func manBlocks(b *strings.Builder, list []block) {
	for i, block := range list {
		if i > 0 {
			b.WriteString(".PP\n")
		}
		switch {
		case block.see != nil:
			fmt.Fprintf(b, "%s: see\n.BR \"%s\" .\n", roffLines(block.see.Short), strings.ToUpper(roff(block.see.Title)))
		case block.example:
			manExample(b, block.lines)
		default:
			b.WriteString(roffLines(strings.Join(block.lines, "\n")) + "\n")
		}
	}
}

// manExample shows lines as they are.
func manExample(b *strings.Builder, lines []string) {
	b.WriteString(".RS 4\n.nf\n")
	for _, line := range lines {
		b.WriteString(roffLines(line) + "\n")
	}
	b.WriteString(".fi\n.RE\n")
}

func manFlags(b *strings.Builder, list []verbs.Flag) {
	for _, f := range list {
		names, usage := flagText(&f)
		for i, n := range names {
			names[i] = `\fB` + roff(n) + `\fR`
		}
		b.WriteString(".TP\n" + strings.Join(names, ", "))
		if f.Arg != "" {
			b.WriteString(` \fI` + roff(f.Arg) + `\fR`)
		}
		b.WriteString("\n" + roffLines(usage))
		if f.Default != "" {
			b.WriteString(" (default: " + roff(f.Default) + ")")
		}
		b.WriteByte('\n')
	}
}

// roff keeps the characters of a text from being taken for escapes, and from being
// printed as their typographic relatives, with which an example could not be copied.
func roff(s string) string {
	return strings.NewReplacer(`\`, `\e`, "-", `\-`, "'", `\(aq`, "`", `\(ga`, "^", `\(ha`, "~", `\(ti`, `"`, `\(dq`).Replace(s)
}

// roffLines is roff for whole lines, which must not begin like a request.
func roffLines(s string) string {
	lines := strings.Split(roff(s), "\n")
	for i, line := range lines {
		if strings.HasPrefix(line, ".") {
			lines[i] = `\&` + line
		}
	}
	return strings.Join(lines, "\n")
}
