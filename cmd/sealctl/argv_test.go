package main

import (
	"slices"
	"strings"
	"testing"

	"github.com/urfave/cli/v2"
)

func TestArrange(t *testing.T) {
	globals := []cli.Flag{&cli.StringFlag{Name: "color"}, &cli.BoolFlag{Name: "quiet"}}
	verbs := []*cli.Command{
		{Name: "list", Aliases: []string{"ls"}, Flags: []cli.Flag{
			&cli.StringFlag{Name: "output", Aliases: []string{"o"}}, &cli.BoolFlag{Name: "strict"}, &cli.StringSliceFlag{Name: "cap"}}},
		{Name: "quietly", Flags: []cli.Flag{&cli.StringFlag{Name: "quiet"}}},
		{Name: "trace", ArgsUsage: "[PROFILE] COMMAND [ARG...]", Flags: []cli.Flag{&cli.BoolFlag{Name: "strict"}}},
		{Name: "raw", SkipFlagParsing: true},
		{Name: "version"},
		{Name: "pod", Subcommands: []*cli.Command{{Name: "list", Flags: []cli.Flag{&cli.IntFlag{Name: "n"}}}}},
	}
	for _, c := range []struct{ in, want string }{
		{"", ""},
		{"list p", "list -- p"},
		{"list p --strict", "list --strict -- p"},
		{"ls p -o json q", "ls -o json -- p q"},
		{"list p -o=json --cap=A --cap B", "list -o=json --cap=A --cap B -- p"},
		{"list --output -- p", "list --output -- -- p"}, // the value of a flag may be anything
		{"list -- p --strict", "list -- p --strict"},
		{"list p -- -o --", "list -- p -o --"},
		{"list - -1 -0x2", "list -- - -1 -0x2"},
		{"list p --help", "list --help -- p"},
		{"help", "--help"},
		{"help list", "list --help"},
		{"--quiet help pod list", "--quiet pod list --help"},
		{"help nothing", "nothing"}, // nor is that a verb
		{"list help", "list -- help"},
		{"-- help", "-- help"},
		{"--version", "version"},
		{"list --version", "list --version"},
		{"list p --bogus x", "list --bogus -- p x"},
		{"list p --color never --quiet", "--color never --quiet list -- p"},
		{"--color never list p --strict", "--color never list --strict -- p"},
		{"--quiet=false list p", "--quiet=false list -- p"},
		{"quietly --quiet x p", "quietly --quiet x -- p"}, // the verb's own flag goes first
		{"list p -o", "list -o"},
		{"list p --strict --cap", "list --strict --cap"},
		{"list p --color", "--color"},
		{"trace --strict p cmd --strict -x", "trace --strict -- p cmd --strict -x"},
		{"trace -- cmd --strict", "trace -- cmd --strict"},
		{"trace p -- cmd --strict", "trace -- p -- cmd --strict"},
		{"raw -x -- y --quiet", "raw -x -- y --quiet"},
		{"pod list -n 3 x", "pod list -n 3 -- x"},
		{"pod x list -n", "pod -n -- x list"},
		{"bogus --strict list", "--strict bogus list"},
		{"bogus --quiet", "--quiet bogus"},
		{"--strict list", "--strict list"},
		{"--quiet -- list", "--quiet -- list"},
	} {
		if got := strings.Join(arrange(globals, verbs, strings.Fields(c.in)), " "); got != c.want {
			t.Errorf("%q: %q, want %q", c.in, got, c.want)
		}
	}
}

// Whatever the line is, nothing is added to it but "--", only a line whose last flag
// lacks its value gets shorter, and what is in order stays so.
func FuzzArrange(f *testing.F) {
	for _, line := range []string{"list - -o json", "--color x explain - read -1 -- -2", "diff a --color", "bogus --quiet list", "-- list"} {
		f.Add(line)
	}
	globals, verbs := globalFlags(), commands()
	f.Fuzz(func(t *testing.T, line string) {
		in := strings.Fields(line)
		out := arrange(globals, verbs, in)
		if again := arrange(globals, verbs, out); !slices.Equal(again, out) {
			t.Errorf("%q: %q, and then %q", in, out, again)
		}
		rest := slices.Clone(in)
		for _, arg := range out {
			if i := slices.Index(rest, arg); i >= 0 {
				rest = slices.Delete(rest, i, i+1)
			} else if arg != "--" {
				t.Errorf("%q: %q, where %q is new", in, out, arg)
			}
		}
		lacks := len(in) > 0 && len(out) > 0 && in[len(in)-1] == out[len(out)-1] && strings.HasPrefix(in[len(in)-1], "-")
		if rest = slices.DeleteFunc(rest, func(s string) bool { return s == "--" }); len(rest) > 0 && !lacks {
			t.Errorf("%q: %q, without %q", in, out, rest)
		}
	})
}

// The same command line with its flags in front and behind gives the same.
func TestFlagsAnywhere(t *testing.T) {
	for _, c := range []struct{ front, behind string }{
		{"list --arch x86_64 -o json -", "list - --arch x86_64 -o json"},
		{"explain --arch x86_64 - personality -1", "explain - personality -1 --arch x86_64"},
		{"explain --arch x86_64 -- - personality -1", "explain - --arch x86_64 -- personality -1"},
		{"diff -o json - docker/default", "diff - docker/default -o json"},
		{"compile --strict-seccomp -o c -", "compile - -o c --strict-seccomp"},
		{"--color always list --arch x86 -", "list - --arch x86 --color=always"},
	} {
		wantStatus, want, _ := sealctl(byArgs, strings.Fields(c.front)...)
		status, got, stderr := sealctl(byArgs, strings.Fields(c.behind)...)
		if status != wantStatus || got != want || want == "" || stderr != "" {
			t.Errorf("%s: status %d, %s\n%s\nwant %d\n%s", c.behind, status, stderr, got, wantStatus, want)
		}
	}
}
