package main

import (
	"strings"
	"testing"

	"github.com/runseal/runseal/cmd/internal/refdoc"
	"github.com/runseal/runseal/cmd/internal/verbs"
)

//go:generate go test -count=1 -run TestReference . -update

// reference is docs/reference/sealctl.md and docs/man/sealctl.8: what the command line
// says of itself, and what is about all of it.
func reference() refdoc.Page {
	return refdoc.Page{
		Program:  verbs.Of(newApp(), verbs.FlagOf),
		Section:  8,
		Synopsis: "sealctl [global flags] COMMAND [flags] ARGUMENTS",
		Text: `sealctl is the workbench for people who write, read and debug seccomp profiles. It changes
nothing on the system, and needs privileges only to read the filters of a process.

Results go to standard output, warnings and errors to standard error, one line each. Flags may
stand before and behind the arguments; what follows "--" is no flag. "sealctl COMMAND --help"
prints what stands here about a command.`,
		Status: "The exit status is 0, or 1 if anything failed.",
		Shared: []refdoc.Shared{{
			Section: refdoc.Section{Title: "Profiles", Text: profileHelp}, Short: "PROFILE is a file, - for standard input, or a name",
		}},
		Sections: []refdoc.Section{
			{Title: "Colours and progress", Text: `On a terminal the names of actions have colours: green where a call is executed, yellow where it
fails, red where it ends the process, blue where it is logged or somebody else decides. There
are none where the output is a file or a pipe, in output for programs (JSON, C, raw), with
TERM=dumb, and where the environment variable NO_COLOR is set to anything; --color overrides
all of that but the kind of output.

Work that takes more than half a second shows on standard error how far it is, if that is a
terminal and --quiet is not given. Nothing of it remains on the screen.`},
			{Title: "Files", Text: `/var/lib/kubelet/seccomp is the directory of the profiles localhost/NAME, unless
--seccomp-profile-root names another one.

/run/runseal has the state of runseal's containers, unless --root names another one.`},
			{Title: "See also", Text: `runseal(8), seccomp(2), bpf(2)`},
		},
		Command: "go test ./cmd/sealctl -run TestReference -update",
	}
}

func TestReference(t *testing.T) {
	page := reference()
	err := refdoc.Compare(map[string]string{"../../docs/reference/sealctl.md": page.Markdown(), "../../docs/man/sealctl.8": page.Man()}, *update)
	if err != nil {
		t.Errorf("%v; to rewrite it: %s", err, page.Command)
	}
}

// The page does not depend on whether the command line has been used.
func TestReferenceIsStable(t *testing.T) {
	before := reference()
	sealctl("", "list", "--help")
	after := reference()
	if a, b := before.Man(), after.Man(); a != b || strings.Contains(a, "show help") {
		t.Error("the parser's own flags are in the reference")
	}
}
