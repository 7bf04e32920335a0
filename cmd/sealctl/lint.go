package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/opencontainers/runtime-spec/specs-go"
	"github.com/urfave/cli/v2"
	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/runtime/spec"
	"github.com/runseal/runseal/seccomp/arch"
	"github.com/runseal/runseal/seccomp/lint"
	"github.com/runseal/runseal/seccomp/profiles"
	"github.com/runseal/runseal/seccomp/profiles/docker"
	"github.com/runseal/runseal/seccomp/profiles/spo"
	"github.com/runseal/runseal/seccomp/strictjson"
)

// lintCommand looks for mistakes in profiles.
func lintCommand() *cli.Command {
	return comparing(&cli.Command{
		Name:      "lint",
		Usage:     "look for mistakes and weaknesses in profiles",
		ArgsUsage: "PROFILE...",
		Description: profileHelp + "\n\n" +
			"Each finding has a severity (error: no container starts; warning: probably a mistake or a hole; note: worth\n" +
			"knowing), the field, and the id of its rule. linux.seccomp.syscalls[i] counts from 0; in Docker's format,\n" +
			"the entries that apply, and line and column are those of the file. --enable takes the place of all rules,\n" +
			"and --disable leaves rules out; both can be given several times.\n\n" +
			"   sealctl lint profile.json\n" +
			"   sealctl lint --severity note --disable filter-size config.json docker/default\n" +
			"   sealctl lint --explain int-argument-64-bit\n" +
			"   sealctl lint -o sarif profiles/*.json > findings.sarif\n\n" +
			"The exit status is 0 if there is no finding of the severity, 1 if there is one, and 2 if anything failed.",
		Flags: append(sourceFlags(),
			outputFlag("text", "json", "sarif"),
			&cli.StringFlag{Name: "severity", Usage: "the least `SEVERITY` that is reported: error, warning, note", Value: lint.Warning.String()},
			&cli.StringSliceFlag{Name: "enable", Usage: "only this `RULE`"},
			&cli.StringSliceFlag{Name: "disable", Usage: "not this `RULE`"},
			&cli.StringFlag{Name: "explain", Usage: "print what the `RULE` is about, and end"},
			&cli.BoolFlag{Name: "rules", Usage: "list all rules, and end"}),
	}, func(c *cli.Context) (bool, error) {
		form, err := outputForm(c, "text", "json", "sarif")
		if err != nil {
			return false, err
		}
		if c.IsSet("explain") || c.Bool("rules") {
			if c.NArg() > 0 {
				return false, fmt.Errorf("lint takes --rules, --explain, or a PROFILE, got %d arguments", c.NArg())
			}
			return false, writeRules(c)
		}
		if c.NArg() == 0 {
			return false, errors.New("lint takes one PROFILE or several, got 0 arguments")
		}
		severity, err := lint.ParseSeverity(c.String("severity"))
		if err != nil {
			return false, fmt.Errorf("--severity: %w", err)
		}
		skip, err := skippedRules(c)
		if err != nil {
			return false, err
		}
		// What cannot be read keeps nothing else from being checked.
		linted, missing := lintAll(c, skip)
		if len(linted) == 0 {
			return false, missing
		}
		hidden := 0
		for _, p := range linted {
			n := len(p.report.Findings)
			p.report.Findings = slices.DeleteFunc(p.report.Findings, func(f lint.Finding) bool { return f.Rule.Severity < severity })
			hidden += n - len(p.report.Findings)
		}
		found, err := writeFindings(c, form, linted, hidden)
		return found, cmp.Or(err, missing)
	})
}

// skippedRules reads --enable and --disable.
func skippedRules(c *cli.Context) (func(*lint.Rule) bool, error) {
	for _, flag := range []string{"enable", "disable"} {
		for _, id := range c.StringSlice(flag) {
			if lint.FindRule(id) == nil {
				return nil, fmt.Errorf("--%s %q: no such rule, expected one of sealctl lint --rules", flag, id)
			}
		}
	}
	only, not := c.StringSlice("enable"), c.StringSlice("disable")
	return func(r *lint.Rule) bool {
		return len(only) > 0 && !slices.Contains(only, r.ID) || slices.Contains(not, r.ID)
	}, nil
}

// linted is a profile with its findings.
type linted struct {
	name   string // of the profile in messages: a path, a name, or <stdin>
	report lint.Report
}

// lintAll checks the profiles that the command line names. The error is about those that
// could not be read; if it is about the command line, nothing is checked.
func lintAll(c *cli.Context, skip func(*lint.Rule) bool) ([]*linted, error) {
	if err := checkHost(profileOptions(c).Host); err != nil {
		return nil, err
	}
	var all []*linted
	var missing []string
	stdin := false
	for _, name := range c.Args().Slice() {
		if name == "-" && stdin {
			return nil, errors.New("lint - -: expected at most one profile from standard input")
		}
		stdin = stdin || name == "-"
		p, err := lintProfile(name, c.App.Reader, profileOptions(c), skip)
		if err != nil {
			missing = append(missing, err.Error())
			continue
		}
		all = append(all, p)
	}
	if len(missing) == 0 {
		return all, nil
	}
	return all, errors.New(strings.Join(missing, "; "))
}

// lintProfile reads and checks one profile. What is wrong with its content is a
// finding; an error is a profile that could not be read at all.
func lintProfile(name string, stdin io.Reader, o profiles.Options, skip func(*lint.Rule) bool) (*linted, error) {
	p := &linted{name: name}
	var profile *specs.LinuxSeccomp
	var source *lint.Source
	var err error
	resolved := false
	var named *lint.Source // the text behind a name, which has no place in a file for whoever reads this
	if profiles.IsName(name) {
		o.Text = func(_ string, text []byte) {
			named = &lint.Source{Text: text}
			if profiles.FormatOf(text) == profiles.Docker {
				_, named.Entries, _ = docker.ResolveEntries(text, o.Host) // the error is Load's
			}
		}
		profile, err = readProfile(name, stdin, o)
		if field := (*strictjson.FieldError)(nil); err != nil && !errors.As(err, &field) {
			return nil, err // no such profile
		}
		resolved = name == "docker/default" || name == "runtime/default"
	} else {
		var data []byte
		if data, _, err = readInput(name, stdin, spec.MaxSize); err != nil {
			return nil, err
		}
		if name == "-" {
			p.name = "<stdin>"
		} else {
			p.report.File = name
		}
		if len(data) <= spec.MaxSize && spo.Is(data) {
			var object *spo.Object // in YAML as a rule, where findings have no line
			if object, err = parseObject(data, o); err == nil {
				profile = object.Profile
			}
		} else {
			source = &lint.Source{Text: data}
			profile, err = parseSource(source, o)
			resolved = source.Entries != nil
		}
	}
	if err != nil {
		if !skip(lint.FindRule("invalid-profile")) {
			p.report.Findings = []lint.Finding{lint.Invalid(err)}
		}
	} else {
		text := cmp.Or(source, named)
		p.report.Findings = lint.Check(profile, lint.Options{Skip: skip, Source: text})
		if text != nil && text.Entries != nil && !skip(lint.UnknownCapability) {
			p.report.Findings = slices.Insert(p.report.Findings, 0, capFindings(text.Text, text.Entries)...)
		}
		if resolved && !skip(lint.Resolved) {
			p.report.Findings = slices.Insert(p.report.Findings, 0, resolution(profile, o.Host))
		}
	}
	if source != nil {
		p.report.Positions = source.Locate(p.report.Findings)
	}
	return p, nil
}

// parseSource is [parseProfile], which notes what the text is.
func parseSource(s *lint.Source, o profiles.Options) (profile *specs.LinuxSeccomp, err error) {
	if len(s.Text) > spec.MaxSize {
		return parseProfile(s.Text, o)
	}
	switch profiles.FormatOf(s.Text) {
	case profiles.Config:
		s.Config = true
	case profiles.Docker:
		profile, s.Entries, err = docker.ResolveEntries(s.Text, o.Host)
		return profile, err
	}
	return parseProfile(s.Text, o)
}

// resolution notes for whom a profile in Docker's format was resolved.
func resolution(profile *specs.LinuxSeccomp, host docker.Host) lint.Finding {
	kernel := host.Kernel
	if kernel == "" {
		var uts unix.Utsname
		if unix.Uname(&uts) == nil { // it has been asked before, without an error
			kernel = unix.ByteSliceToString(uts.Release[:])
		}
	}
	caps := strings.Join(host.Caps, ", ")
	if caps == "" {
		caps = "none"
	}
	return lint.Finding{Rule: lint.Resolved, Path: "linux.seccomp", Message: fmt.Sprintf(
		"in Docker's format, of which %d entries apply on %s with Linux %s and the capabilities %s", len(profile.Syscalls), arch.Native, kernel, caps)}
}
