package verbs

import (
	"reflect"
	"testing"
	"time"

	"github.com/urfave/cli/v2"
)

func TestOf(t *testing.T) {
	app := &cli.App{Name: "prog", Usage: "do things", Flags: []cli.Flag{&cli.BoolFlag{Name: "quiet", Usage: "say less"}},
		Commands: []*cli.Command{
			{Name: "list", Usage: "list things", ArgsUsage: "PROFILE [ARG...]", Description: "All.", Flags: []cli.Flag{
				&cli.StringFlag{Name: "secret", Hidden: true},
				&cli.StringFlag{Name: "output", Aliases: []string{"o"}, Value: "text", Usage: "`FORM` of it: text, json"},
			}},
			{Name: "hidden", Hidden: true},
			{Name: "pod", Usage: "pods", Subcommands: []*cli.Command{
				{Name: "add", UsageText: "prog pod add FILE\n      prog pod add --all\n"},
			}},
			{Name: "version"},
		}}
	want := Program{Name: "prog", Usage: "do things", Flags: []Flag{{Names: []string{"quiet"}, Usage: "say less"}},
		Verbs: []Verb{
			{Path: []string{"list"}, Usage: "list things", Synopsis: []string{"prog list [flags] PROFILE [ARG...]"}, Description: "All.",
				Args:  []Arg{{Names: []string{"PROFILE"}}, {Names: []string{"ARG"}, Optional: true, Repeated: true}},
				Flags: []Flag{{Names: []string{"output", "o"}, Arg: "FORM", Usage: "FORM of it: text, json", Default: "text"}}},
			{Path: []string{"pod"}, Usage: "pods", Synopsis: []string{"prog pod"}, Group: true},
			{Path: []string{"pod", "add"}, Synopsis: []string{"prog pod add FILE", "prog pod add --all"}},
			{Path: []string{"version"}, Synopsis: []string{"prog version"}},
		}}
	if got := Of(app, FlagOf); !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, want\n%+v", got, want)
	}
	if got := want.Verbs[2].Name(); got != "pod add" {
		t.Errorf("%q", got)
	}
}

func TestFlagOf(t *testing.T) {
	for _, c := range []struct {
		in      cli.Flag
		want    Flag
		choices []string
	}{
		{&cli.BoolFlag{Name: "strict", Usage: "an `error`: yes, no"}, Flag{Names: []string{"strict"}, Usage: "an error: yes, no"}, nil},
		{&cli.StringFlag{Name: "root", Usage: "`DIR` with it", Value: "/run"}, Flag{Names: []string{"root"}, Arg: "DIR", Usage: "DIR with it", Default: "/run"}, nil},
		{&cli.StringFlag{Name: "to", Usage: "where"}, Flag{Names: []string{"to"}, Arg: "VALUE", Usage: "where"}, nil},
		{&cli.IntFlag{Name: "pid", Usage: "the `PID`"}, Flag{Names: []string{"pid"}, Arg: "PID", Usage: "the PID"}, nil},
		{&cli.IntFlag{Name: "n", Usage: "`N` times", Value: 3}, Flag{Names: []string{"n"}, Arg: "N", Usage: "N times", Default: "3"}, nil},
		{&cli.DurationFlag{Name: "for", Usage: "`TIME`", Value: time.Second}, Flag{Names: []string{"for"}, Arg: "TIME", Usage: "TIME", Default: "1s"}, nil},
		{&cli.StringSliceFlag{Name: "cap", Usage: "a `CAP` (repeatable)"}, Flag{Names: []string{"cap"}, Arg: "CAP", Usage: "a CAP (repeatable)", Repeated: true}, nil},
		{&cli.StringFlag{Name: "w", Usage: "`W`: auto, never; auto: it depends", Value: "auto"},
			Flag{Names: []string{"w"}, Arg: "W", Usage: "W: auto, never; auto: it depends", Default: "auto"}, []string{"auto", "never"}},
		{&cli.StringFlag{Name: "w", Usage: "`W`: a, b-2 (c: d)"}, Flag{Names: []string{"w"}, Arg: "W", Usage: "W: a, b-2 (c: d)"}, []string{"a", "b-2"}},
		{&cli.StringFlag{Name: "w", Usage: "`W`: a"}, Flag{Names: []string{"w"}, Arg: "W", Usage: "W: a"}, nil},
		{&cli.StringFlag{Name: "w", Usage: "`W`: a, b", Value: "c"}, Flag{Names: []string{"w"}, Arg: "W", Usage: "W: a, b", Default: "c"}, nil},
		{&cli.StringFlag{Name: "w", Usage: "`W`: one thing, or two"}, Flag{Names: []string{"w"}, Arg: "W", Usage: "W: one thing, or two"}, nil},
	} {
		got := FlagOf(c.in)
		if !reflect.DeepEqual(got, c.want) {
			t.Errorf("%+v, want %+v", got, c.want)
		}
		if choices := got.Choices(); !reflect.DeepEqual(choices, c.choices) {
			t.Errorf("%q: choices %q, want %q", got.Usage, choices, c.choices)
		}
	}
}

func TestArgs(t *testing.T) {
	for in, want := range map[string][]Arg{
		"":                           nil,
		"A B":                        {{Names: []string{"A"}}, {Names: []string{"B"}}},
		"PID|CONTAINER":              {{Names: []string{"PID", "CONTAINER"}}},
		"PROFILE | --raw FILE":       {{Names: []string{"PROFILE"}}},
		"[--all] --pod POD [-x X] F": {{Names: []string{"F"}}},
		"bash|zsh":                   {{Names: []string{"bash", "zsh"}}},
		"FILE...":                    {{Names: []string{"FILE"}, Repeated: true}},
		"[FILE]... [DIR...]":         {{Names: []string{"FILE"}, Optional: true, Repeated: true}, {Names: []string{"DIR"}, Optional: true, Repeated: true}},
		"[PROFILE] -- COMMAND [ARG]": {{Names: []string{"PROFILE"}, Optional: true}, {Names: []string{"COMMAND"}}, {Names: []string{"ARG"}, Optional: true}},
	} {
		if got := args(in); !reflect.DeepEqual(got, want) {
			t.Errorf("%q: %+v, want %+v", in, got, want)
		}
	}
}
