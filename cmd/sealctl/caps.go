package main

import (
	"fmt"
	"slices"

	"github.com/urfave/cli/v2"

	"github.com/runseal/runseal/cmd/sealctl/internal/plain"
	"github.com/runseal/runseal/runtime/spec"
	"github.com/runseal/runseal/seccomp/lint"
	"github.com/runseal/runseal/seccomp/profiles"
	"github.com/runseal/runseal/seccomp/profiles/docker"
	"github.com/runseal/runseal/seccomp/strictjson"
)

// meantCap is ", did you mean \"CAP_SYS_ADMIN\"", or nothing.
func meantCap(name string) string {
	var known []string
	for i := range spec.LastCap + 1 {
		known = append(known, spec.CapName(i))
	}
	near := lint.Nearest(name, known)
	if near == "" {
		near = lint.Nearest("CAP_"+name, known) // as most tools say it
	}
	if near != "" {
		return fmt.Sprintf(", did you mean %q", near)
	}
	return ""
}

// maxCaps bounds the capabilities of a text that are said to be none.
const maxCaps = 20

// unknownCaps returns the conditions of a text in Docker's format that are on what is no
// capability. What else is wrong with the text is for its parser to say.
func unknownCaps(text []byte) []docker.Cap {
	if profiles.FormatOf(text) != profiles.Docker {
		return nil
	}
	list, err := docker.ConditionCaps(text)
	if err != nil {
		return nil
	}
	list = slices.DeleteFunc(list, func(c docker.Cap) bool {
		_, known := spec.CapByName(c.Name)
		return known
	})
	return list[:min(len(list), maxCaps)]
}

// unknownCapText is what a warning and a finding say of one.
func unknownCapText(c docker.Cap) string {
	does := "never applies"
	if c.Excluding() {
		does = "applies in spite of it"
	}
	return fmt.Sprintf("%s is no capability%s; the condition never holds, and the entry %s", strictjson.Quote(c.Name), meantCap(c.Name), does)
}

// warnCaps prints warnings about conditions on what is no capability, as [newPolicy] does
// about names of what is no system call.
func warnCaps(c *cli.Context, name string, text []byte) {
	for _, u := range unknownCaps(text) {
		warn(c, fmt.Sprintf("%s: %s.%s: %s", plain.Text(name), strictjson.Index("linux.seccomp.syscalls", u.Entry), u.Field, unknownCapText(u)))
	}
}

// capFindings is what lint says of them. Paths are those of the resolved profile, so that
// an entry which does not apply has none.
func capFindings(text []byte, entries []int) []lint.Finding {
	var list []lint.Finding
	for _, u := range unknownCaps(text) {
		f := lint.Finding{Rule: lint.UnknownCapability, Path: "linux.seccomp.syscalls", Message: unknownCapText(u)}
		if i := slices.Index(entries, u.Entry); i >= 0 {
			f.Path = strictjson.Index(f.Path, i) + "." + u.Field
		} else {
			f.Message = fmt.Sprintf("%s of the text, %s: %s", strictjson.Index("syscalls", u.Entry), u.Field, f.Message)
		}
		list = append(list, f)
	}
	return list
}
