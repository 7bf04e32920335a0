package refdoc

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/runseal/runseal/cmd/internal/verbs"
)

// page has a bit of everything.
func page() *Page {
	return &Page{
		Program: verbs.Program{
			Name: "prog", Usage: "do things", Flags: []verbs.Flag{{Names: []string{"root", "r"}, Arg: "DIR", Usage: "where it's kept", Default: "/run/prog"}},
			Verbs: []verbs.Verb{
				{Path: []string{"list"}, Usage: "list [all] of it", Synopsis: []string{"prog list [flags] FILE"},
					Flags:       []verbs.Flag{{Names: []string{"cap"}, Arg: "CAP", Usage: "a CAP_*", Repeated: true}},
					Description: "One\n.two *three*.\n\nFILE is a file,\nor not.\n\n   prog list 'a' \"b\"\n     -x ~\\n\n\nThe exit\nstatus is odd.\n\n   prog list c"},
				{Path: []string{"pod"}, Usage: "pods", Synopsis: []string{"prog pod"}, Group: true},
				{Path: []string{"pod", "add"}, Usage: "add", Synopsis: []string{"prog pod add A", "prog pod add --all"}},
				{Path: []string{"run"}, Usage: "run", Synopsis: []string{"prog run"}, Description: "The process runs. The exit\nstatus is its own."},
			},
		},
		Section: 8, Synopsis: "prog VERB", Text: "This is\n\n   an example", Status: "The exit status is 0.",
		Examples: map[string][]string{"run": {"prog run x"}},
		Shared:   []Shared{{Section{"The file", "FILE is a file,\nor not."}, "FILE is what it is"}},
		Sections: []Section{{"See also", "prog(1)"}},
		Command:  "make prog",
	}
}

const markdown = "<!-- Generated from the command line by: make prog -->\n\n# prog\n\nDo things.\n\n```\nprog VERB\n```\n\nThis is\n\n```\nan example\n```\n\n" +
	"| | |\n|---|---|\n| [`list`](#list) | list \\[all\\] of it |\n| [`pod`](#pod) | pods |\n| [`pod add`](#pod-add) | add |\n| [`run`](#run) | run |\n\n" +
	"## Global flags\n\n- `--root`, `-r DIR`: where it's kept (default: `/run/prog`)\n\n" +
	"## list\n\nList \\[all\\] of it.\n\n```\nprog list [flags] FILE\n```\n\nOne\n.two \\*three\\*.\n\nFILE is what it is: see [The file](#the-file).\n\n" +
	"**Flags**\n\n- `--cap CAP`: a CAP\\_\\* (may be repeated)\n\n" +
	"**Examples**\n\n```\nprog list 'a' \"b\"\n  -x ~\\n\n```\n\n```\nprog list c\n```\n\n**Exit status**\n\nThe exit\nstatus is odd.\n\n" +
	"## pod\n\nPods.\n\n```\nprog pod\n```\n\n" +
	"## pod add\n\nAdd.\n\n```\nprog pod add A\nprog pod add --all\n```\n\n**Exit status**\n\nThe exit status is 0.\n\n" +
	"## run\n\nRun.\n\n```\nprog run\n```\n\nThe process runs. The exit\nstatus is its own.\n\n**Examples**\n\n```\nprog run x\n```\n\n" +
	"## The file\n\nFILE is a file,\nor not.\n\n## See also\n\nprog(1)\n"

func TestMarkdown(t *testing.T) {
	if got := page().Markdown(); got != markdown {
		t.Errorf("got\n%s\nwant\n%s%s", got, markdown, firstDifference(got, markdown))
	}
}

const man = `.\" Generated from the command line by: make prog
.TH PROG 8 "" runseal
.SH NAME
prog \- do things
.SH SYNOPSIS
.RS 4
.nf
prog VERB
.fi
.RE
.SH DESCRIPTION
This is
.PP
.RS 4
.nf
an example
.fi
.RE
.SH GLOBAL FLAGS
.TP
\fB\-\-root\fR, \fB\-r\fR \fIDIR\fR
where it\(aqs kept (default: /run/prog)
.SH COMMANDS
.SS list
List [all] of it.
.PP
.RS 4
.nf
prog list [flags] FILE
.fi
.RE
.PP
One
\&.two *three*.
.PP
FILE is what it is: see
.BR "THE FILE" .
.TP
\fB\-\-cap\fR \fICAP\fR
a CAP_* (may be repeated)
.PP
Examples:
.PP
.RS 4
.nf
prog list \(aqa\(aq \(dqb\(dq
  \-x \(ti\en
.fi
.RE
.PP
.RS 4
.nf
prog list c
.fi
.RE
.PP
The exit
status is odd.
.SS pod
`

func TestMan(t *testing.T) {
	if got := page().Man(); !strings.HasPrefix(got, man) || !strings.HasSuffix(got, ".SH SEE ALSO\nprog(1)\n") {
		t.Errorf("got\n%s\nwant\n%s%s", got, man, firstDifference(got, man))
	}
}

// The programs for manual pages find nothing wrong, and a reader sees the text.
func TestManIsRead(t *testing.T) {
	files := []string{"../../../docs/man/sealctl.8", "../../../docs/man/runseal.8"}
	own := filepath.Join(t.TempDir(), "prog.8")
	if err := os.WriteFile(own, []byte(page().Man()), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Run("mandoc", func(t *testing.T) {
		mandoc, err := exec.LookPath("mandoc")
		if err != nil {
			t.Skip("mandoc is not installed here")
		}
		for _, file := range append(files, own) {
			out, _ := exec.Command(mandoc, "-T", "lint", "-W", "warning", file).CombinedOutput()
			for line := range strings.Lines(string(out)) {
				if !strings.Contains(line, "WARNING: missing date") { // see Man
					t.Errorf("%s: %s", file, line)
				}
			}
		}
	})
	t.Run("groff", func(t *testing.T) {
		groff, err := exec.LookPath("groff")
		if err != nil {
			t.Skip("groff is not installed here")
		}
		for _, file := range append(files, own) {
			if out, err := exec.Command(groff, "-man", "-ww", "-z", file).CombinedOutput(); err != nil || len(out) > 0 {
				t.Errorf("%s: %v, %s", file, err, out)
			}
		}
		out, err := exec.Command(groff, "-man", "-Tascii", "-P-cbou", own).Output()
		for _, want := range []string{"prog list 'a' \"b\"\n", "  -x ~\\n\n", "--root, -r DIR", "One .two *three*."} {
			if err != nil || !strings.Contains(string(out), want) {
				t.Errorf("%v, no %q in\n%s", err, want, out)
			}
		}
	})
}

func TestCompare(t *testing.T) {
	dir := t.TempDir()
	a, b := filepath.Join(dir, "a"), filepath.Join(dir, "below", "b")
	files := map[string]string{a: "1\n2\n", b: "x\n"}
	if err := Compare(files, false); err == nil || !strings.HasPrefix(err.Error(), a+": not what the command line gives, line 1: \"\", expected \"1\"") {
		t.Errorf("files that are missing: %v", err)
	}
	if err := Compare(files, true); err != nil {
		t.Fatal(err)
	}
	if err := Compare(files, false); err != nil {
		t.Errorf("what was written: %v", err)
	}
	files[b] = "x\ny\n"
	if err := Compare(files, false); err == nil || !strings.HasPrefix(err.Error(), b+": not what the command line gives, line 2: \"\", expected \"y\"") {
		t.Errorf("a longer file: %v", err)
	}
	if err := os.Mkdir(filepath.Join(dir, "d"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := Compare(map[string]string{filepath.Join(dir, "d"): ""}, true); err == nil {
		t.Error("a directory can be written")
	}
}
