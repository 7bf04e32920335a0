// Package refdoc writes the reference of a program from its command line: a page in
// Markdown and a manual page, with the same content.
//
//	page := refdoc.Page{Program: verbs.Of(app, verbs.FlagOf), Section: 8, Synopsis: "prog VERB", ...}
//	err := refdoc.Compare(map[string]string{"docs/reference/prog.md": page.Markdown(), "docs/man/prog.8": page.Man()}, *update)
//
// The test of the program's main package does so, and fails if the files in the
// repository are not what the command line gives; with -update it writes them.
//
// Each verb has its usage lines, description, flags with defaults, examples and exit
// status. They are found in the description that --help prints: paragraphs are
// separated by empty lines, an indented one is an example, and one that begins with
// "The exit status" is that. What several verbs repeat word for word is told once, see
// Page.Shared.
package refdoc

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/runseal/runseal/cmd/internal/verbs"
)

// Page is a reference.
type Page struct {
	Program  verbs.Program
	Section  int    // of the manual
	Synopsis string // of the whole program
	// Text stands at the start. It has paragraphs as the description of a verb.
	Text string
	// Status is the exit status of verbs whose description says nothing about it.
	Status string
	// Examples are those of verbs, by name, whose description has none. They are
	// command lines.
	Examples map[string][]string
	// Shared are paragraphs that descriptions of verbs have in common. They get a
	// section each behind the verbs, and a line instead of themselves in the verb.
	Shared []Shared
	// Sections come last.
	Sections []Section
	// Command regenerates the files.
	Command string
}

// Section has a title, "Exit status", and paragraphs.
type Section struct{ Title, Text string }

// Shared is a section, with what stands in a verb instead of it: the beginning of a
// sentence that refers to the section, "PROFILE is a file or a name".
type Shared struct {
	Section
	Short string
}

// block is a paragraph.
type block struct {
	lines   []string
	example bool    // lines to be shown as they are
	see     *Shared // instead of lines
}

// blocks splits a text into paragraphs. Examples lose the indentation that all their
// lines have.
func blocks(text string) []block {
	var list []block
	var b block
	end := func() {
		if b.lines != nil {
			b.dedent()
			list = append(list, b)
			b = block{}
		}
	}
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, " \t\n")
		if line == "" {
			end()
			continue
		}
		if b.lines == nil {
			b.example = line[0] == ' ' || line[0] == '\t'
		}
		b.lines = append(b.lines, line)
	}
	end()
	return list
}

func (b *block) dedent() {
	if !b.example {
		return
	}
	cut := len(b.lines[0])
	for _, line := range b.lines {
		cut = min(cut, len(line)-len(strings.TrimLeft(line, " \t")))
	}
	for i, line := range b.lines {
		b.lines[i] = line[cut:]
	}
}

// ending are the sections behind the verbs.
func (p *Page) ending() []Section {
	var list []Section
	for _, s := range p.Shared {
		list = append(list, s.Section)
	}
	return append(list, p.Sections...)
}

// verb is a verb's description by its parts.
type verb struct {
	*verbs.Verb
	text, examples, status []block
}

func (p *Page) parts(v *verbs.Verb) verb {
	out := verb{Verb: v}
	own := false
	for _, b := range blocks(v.Description) {
		text := strings.Join(b.lines, "\n")
		for i, s := range p.Shared {
			if text == strings.TrimSpace(s.Text) {
				b = block{see: &p.Shared[i]}
			}
		}
		line := strings.Join(b.lines, " ")
		own = own || !b.example && strings.Contains(line, "exit status")
		switch {
		case b.example:
			out.examples = append(out.examples, b)
		case strings.HasPrefix(line, "The exit status"):
			out.status = append(out.status, b)
		default:
			out.text = append(out.text, b)
		}
	}
	if list := p.Examples[v.Name()]; list != nil {
		out.examples = append(out.examples, block{lines: list, example: true})
	}
	if !own && !v.Group {
		out.status = blocks(p.Status)
	}
	return out
}

// flagText is the line of a flag: names with the value, what it does, its default.
func flagText(f *verbs.Flag) (names []string, usage string) {
	for _, n := range f.Names {
		n = "--" + n
		if len(n) == 3 {
			n = n[1:]
		}
		names = append(names, n)
	}
	usage = f.Usage
	if f.Repeated && !strings.Contains(usage, "repeat") {
		usage += " (may be repeated)"
	}
	return names, usage
}

// Compare compares files, by their names, with what should be in them. With update it
// writes those that differ. The error names the first one that is different.
func Compare(files map[string]string, update bool) error {
	names := make([]string, 0, len(files))
	for name := range files {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		have, err := os.ReadFile(name)
		if err != nil && !os.IsNotExist(err) {
			return err
		}
		if err == nil && bytes.Equal(have, []byte(files[name])) {
			continue
		}
		if !update {
			return fmt.Errorf("%s: not what the command line gives%s", name, firstDifference(string(have), files[name]))
		}
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(name, []byte(files[name]), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// firstDifference says where two texts differ: ", line 3: "a", expected "b"".
func firstDifference(have, want string) string {
	a, b := strings.Split(have, "\n"), strings.Split(want, "\n")
	for i := range max(len(a), len(b)) {
		x, y := "end of file", "end of file"
		if i < len(a) {
			x = a[i]
		}
		if i < len(b) {
			y = b[i]
		}
		if x != y {
			return fmt.Sprintf(", line %d: %q, expected %q", i+1, x, y)
		}
	}
	return ""
}
