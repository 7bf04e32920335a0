package main

import (
	"errors"
	"fmt"
	"slices"

	"github.com/urfave/cli/v2"

	"github.com/runseal/runseal/cmd/sealctl/internal/report"
	"github.com/runseal/runseal/seccomp/arch"
)

// reportCommand writes a page about profiles.
func reportCommand() *cli.Command {
	return &cli.Command{
		Name:      "report",
		Usage:     "write a web page about one profile, or several side by side",
		ArgsUsage: "PROFILE...",
		Description: profileHelp + "\n\n" +
			"The page has a line for each system call with its decisions, in all architectures and all profiles that\n" +
			"agree, marks what differs from the first profile, and can be searched. It is one file that loads nothing,\n" +
			"and can be read without JavaScript and printed. The search is in its address, for links into it:\n" +
			"report.html#q=socket&decision=ALLOW&only=different,conditional\n\n" +
			"   sealctl report runtime/default > default.html\n" +
			"   sealctl report old.json new.json > differences.html\n" +
			"   sealctl report -o json --arch x86_64 a.json b.json | jq '.calls[] | select(.different) | .name'",
		Flags:        profileFlags(archFlag(), outputFlag("html", "json")),
		OnUsageError: func(_ *cli.Context, err error, _ bool) error { return err },
		Action: func(c *cli.Context) error {
			if c.NArg() == 0 {
				return errors.New("report takes one PROFILE or several, got 0 arguments")
			}
			form, err := outputForm(c, "html", "json")
			if err != nil {
				return err
			}
			profiles, archs, err := reportInput(c)
			if err != nil {
				return err
			}
			r, err := report.New(profiles, archs)
			if err != nil {
				return err
			}
			if form == "json" {
				return writeJSON(c, reportOf(r))
			}
			return r.WriteHTML(c.App.Writer)
		},
	}
}

// reportInput reads the profiles, and returns the architectures of --arch or all that
// one of the profiles lists.
func reportInput(c *cli.Context) (list []report.Profile, archs []*arch.Arch, err error) {
	for i, name := range c.Args().Slice() {
		if slices.Contains(c.Args().Slice()[:i], name) {
			return nil, nil, fmt.Errorf("report: %q is there twice, expected different profiles", name)
		}
		profile, err := readForArchs(c, name)
		if err != nil {
			return nil, nil, err
		}
		name = called(name)
		policy, err := newPolicy(c, name, profile)
		if err != nil {
			return nil, nil, err
		}
		list = append(list, report.Profile{Name: name, Spec: profile, Policy: policy})
		of, err := chosenArchs(c, policy)
		if err != nil {
			return nil, nil, err
		}
		for _, a := range of {
			if !slices.Contains(archs, a) {
				archs = append(archs, a)
			}
		}
	}
	return list, archs, nil
}

type reportJSON struct {
	Profiles []reportedProfile `json:"profiles"`
	Calls    []reportedCall    `json:"calls"`
}

type reportedProfile struct {
	Name          string         `json:"name"`
	DefaultAction decision       `json:"defaultAction"`
	Unlisted      decision       `json:"unlisted"` // calls of all architectures that the profile does not list
	Instructions  int            `json:"instructions"`
	Flags         []string       `json:"flags"`
	Warnings      []string       `json:"warnings"`
	Architectures []reportedArch `json:"architectures"`
}

type reportedArch struct {
	Architecture string          `json:"architecture"`
	Listed       bool            `json:"listed"`
	Beyond       decision        `json:"beyond"` // calls newer than the table of system calls
	Counts       []reportedCount `json:"counts"`
}

type reportedCount struct {
	decision
	Always      int `json:"always"`
	ByArguments int `json:"byArguments"`
}

// reportedCall is a call in the architectures in which each profile decides it alike.
type reportedCall struct {
	Name        string            `json:"name"`
	Numbers     map[string]uint32 `json:"numbers"` // by architecture
	Different   bool              `json:"different"`
	Conditional bool              `json:"conditional"`
	Decisions   [][]reportedWay   `json:"decisions"` // of each profile
}

type reportedWay struct {
	decision
	conditions
}

func reportOf(r *report.Report) reportJSON {
	out := reportJSON{Profiles: []reportedProfile{}, Calls: []reportedCall{}}
	for _, s := range r.Profiles {
		p := reportedProfile{
			Name: s.Name, DefaultAction: decisionOf(s.Default), Unlisted: decisionOf(s.Unlisted), Instructions: s.Instructions,
			Flags: append([]string{}, s.Flags...), Warnings: append([]string{}, s.Warnings...), Architectures: []reportedArch{},
		}
		for k, a := range s.Archs {
			ra := reportedArch{Architecture: r.Archs[k].Scmp, Listed: a.Listed, Beyond: decisionOf(a.Newer), Counts: []reportedCount{}}
			for _, n := range a.Counts {
				ra.Counts = append(ra.Counts, reportedCount{decisionOf(n.Action), n.Always, n.ByArguments})
			}
			p.Architectures = append(p.Architectures, ra)
		}
		out.Profiles = append(out.Profiles, p)
	}
	for i := range r.Rows {
		row := &r.Rows[i]
		call := reportedCall{Name: row.Name, Numbers: map[string]uint32{}, Different: row.Differs(), Conditional: row.Conditional}
		for _, n := range row.Numbers {
			call.Numbers[r.Archs[n.Arch].Scmp] = n.Number
		}
		for _, outcomes := range row.Outcomes {
			list := []reportedWay{}
			for _, o := range outcomes {
				list = append(list, reportedWay{decisionOf(o.Action), conditions{o.If, o.Unless}})
			}
			call.Decisions = append(call.Decisions, list)
		}
		out.Calls = append(out.Calls, call)
	}
	return out
}
