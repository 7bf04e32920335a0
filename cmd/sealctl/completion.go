package main

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/runseal/runseal/cmd/internal/completion"
	"github.com/runseal/runseal/cmd/internal/verbs"
	"github.com/runseal/runseal/runtime/spec"
	"github.com/runseal/runseal/seccomp/arch"
	"github.com/runseal/runseal/seccomp/lint"
)

// completionCommand prints the script by which a shell completes command lines.
func completionCommand() *cli.Command {
	return &cli.Command{
		Name:      "completion",
		Usage:     "print a script that completes command lines in a shell",
		ArgsUsage: "bash|zsh|fish",
		Description: "Verbs, flags, most values of flags, profiles, system calls, rules and containers are completed. The script does\n" +
			"not call sealctl; another version has another script. make install puts all three where the shells\n" +
			"look for them.\n\n" +
			"   source <(sealctl completion bash)\n" +
			"   sealctl completion zsh > ~/.zfunc/_sealctl        # a directory of fpath\n" +
			"   sealctl completion fish > ~/.config/fish/completions/sealctl.fish",
		OnUsageError: func(_ *cli.Context, err error, _ bool) error { return err },
		Action: func(c *cli.Context) error {
			if c.NArg() != 1 {
				return fmt.Errorf("completion takes the name of a shell, bash, zsh or fish, got %d arguments", c.NArg())
			}
			script := completionScript()
			var text string
			switch shell := c.Args().First(); shell {
			case "bash":
				text = script.Bash()
			case "zsh":
				text = script.Zsh()
			case "fish":
				text = script.Fish()
			default:
				return fmt.Errorf("completion %q: expected bash, zsh or fish", shell)
			}
			_, err := io.WriteString(c.App.Writer, text)
			return err
		},
	}
}

// completionScript collects what the scripts complete. The command line is a new one:
// the parser has added to the one that is running.
func completionScript() *completion.Script {
	s := &completion.Script{
		Program:     verbs.Of(newApp(), verbs.FlagOf),
		Profiles:    []string{"runtime/default", "docker/default", "containerd/default", "crio/default", "localhost/", "unconfined"},
		ProfileRoot: "seccomp-profile-root",
		StateRoot:   "root",
	}
	for n := range spec.LastCap + 1 {
		s.Capabilities = append(s.Capabilities, spec.CapName(n))
	}
	archs := arch.All()
	for _, a := range archs {
		s.Architectures = append(s.Architectures, strings.ToLower(strings.TrimPrefix(a.Scmp, "SCMP_ARCH_")))
	}
	for id := range arch.ID(arch.NumIDs) {
		if slices.ContainsFunc(archs, func(a arch.Arch) bool { _, ok := a.NumberOf(id); return ok }) {
			s.Calls = append(s.Calls, id.String())
		}
	}
	for _, r := range lint.Rules() {
		s.Rules = append(s.Rules, r.ID)
	}
	return s
}
