package refdoc

import (
	"fmt"
	"strings"

	"github.com/runseal/runseal/cmd/internal/verbs"
)

// Markdown returns the page in the dialect of GitHub.
func (p *Page) Markdown() string {
	var b strings.Builder
	fmt.Fprintf(&b, "<!-- Generated from the command line by: %s -->\n\n# %s\n\n%s\n\n```\n%s\n```\n", p.Command, p.Program.Name,
		mdText(sentence(p.Program.Usage)), p.Synopsis)
	mdBlocks(&b, blocks(p.Text))
	b.WriteString("\n| | |\n|---|---|\n")
	for _, v := range p.Program.Verbs {
		fmt.Fprintf(&b, "| [`%s`](#%s) | %s |\n", v.Name(), anchor(v.Name()), mdText(v.Usage))
	}
	b.WriteString("\n## Global flags\n")
	mdFlags(&b, p.Program.Flags)
	for i := range p.Program.Verbs {
		p.mdVerb(&b, &p.Program.Verbs[i])
	}
	for _, s := range p.ending() {
		fmt.Fprintf(&b, "\n## %s\n", s.Title)
		mdBlocks(&b, blocks(s.Text))
	}
	return b.String()
}

func (p *Page) mdVerb(b *strings.Builder, v *verbs.Verb) {
	parts := p.parts(v)
	fmt.Fprintf(b, "\n## %s\n\n%s\n\n```\n%s\n```\n", v.Name(), mdText(sentence(v.Usage)), strings.Join(v.Synopsis, "\n"))
	mdBlocks(b, parts.text)
	if len(v.Flags) > 0 {
		b.WriteString("\n**Flags**\n")
		mdFlags(b, v.Flags)
	}
	if parts.examples != nil {
		b.WriteString("\n**Examples**\n")
		mdBlocks(b, parts.examples)
	}
	if parts.status != nil {
		b.WriteString("\n**Exit status**\n")
		mdBlocks(b, parts.status)
	}
}

func mdBlocks(b *strings.Builder, list []block) {
	for _, block := range list {
		text := strings.Join(block.lines, "\n")
		switch {
		case block.see != nil:
			fmt.Fprintf(b, "\n%s: see [%s](#%s).\n", mdText(block.see.Short), block.see.Title, anchor(block.see.Title))
		case block.example:
			fmt.Fprintf(b, "\n```\n%s\n```\n", text)
		default:
			fmt.Fprintf(b, "\n%s\n", mdText(text))
		}
	}
}

func mdFlags(b *strings.Builder, list []verbs.Flag) {
	b.WriteByte('\n')
	for _, f := range list {
		names, usage := flagText(&f)
		if f.Arg != "" {
			names[len(names)-1] += " " + f.Arg
		}
		fmt.Fprintf(b, "- `%s`: %s", strings.Join(names, "`, `"), mdText(usage))
		if f.Default != "" {
			fmt.Fprintf(b, " (default: `%s`)", f.Default)
		}
		b.WriteByte('\n')
	}
}

// mdText keeps the characters of a text from being taken for marks.
func mdText(s string) string {
	return strings.NewReplacer(`\`, `\\`, "`", "\\`", "*", `\*`, "_", `\_`, "<", `\<`, ">", `\>`, "[", `\[`, "]", `\]`, "|", `\|`, "#", `\#`).Replace(s)
}

// anchor is the fragment that GitHub makes of a heading.
func anchor(title string) string { return strings.ReplaceAll(strings.ToLower(title), " ", "-") }

// sentence makes one of a usage.
func sentence(usage string) string {
	if usage == "" {
		return ""
	}
	return strings.ToUpper(usage[:1]) + usage[1:] + "."
}
