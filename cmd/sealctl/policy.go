package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/opencontainers/runtime-spec/specs-go"
	"github.com/urfave/cli/v2"

	"github.com/runseal/runseal/cmd/sealctl/internal/plain"
	"github.com/runseal/runseal/cmd/sealctl/internal/style"
	"github.com/runseal/runseal/seccomp"
	"github.com/runseal/runseal/seccomp/arch"
	"github.com/runseal/runseal/seccomp/profiles"
	"github.com/runseal/runseal/seccomp/profiles/containerd"
)

// profileFlags are the flags of every verb that reads a profile, before its own.
func profileFlags(own ...cli.Flag) []cli.Flag {
	return append(append([]cli.Flag{
		&cli.BoolFlag{Name: "strict-seccomp", Usage: "an unknown system call name is an error, not a warning"},
	}, sourceFlags()...), own...)
}

// readPolicy reads the profile that the command line names, as the flags say, and
// prints its warnings.
func readPolicy(c *cli.Context, name string) (*seccomp.Policy, error) {
	profile, err := readForArchs(c, name)
	if err != nil {
		return nil, err
	}
	return newPolicy(c, called(name), profile)
}

// readForArchs reads a profile for a verb that has archFlag, and says of each of these
// architectures that the profile was resolved for this machine and without it. All calls
// are killed there, which is not what an engine on such a machine does.
func readForArchs(c *cli.Context, name string) (*specs.LinuxSeccomp, error) {
	o := profileOptions(c)
	resolved, note := profiles.IsName(name), o.Text // but for a file of that name, if it says otherwise
	o.Text = func(path string, text []byte) {
		note(path, text)
		resolved = profiles.FormatOf(text) == profiles.Docker
	}
	profile, err := readProfile(name, c.App.Reader, o)
	if err != nil || !resolved {
		return profile, err
	}
	var missing []string
	for _, given := range c.StringSlice("arch") {
		a, err := findArch(given)
		if err != nil || a.Scmp == arch.Native || slices.Contains(profile.Architectures, specs.Arch(a.Scmp)) {
			continue // the error is chosenArchs'
		}
		missing = append(missing, a.Scmp)
	}
	if len(missing) == 0 {
		return profile, nil
	}
	text := fmt.Sprintf("%s: resolved for this machine, and so without %s", called(name), strings.Join(missing, ", "))
	if input := name; name != containerd.Name { // which its own machine alone knows
		if name == "-" {
			input = "FILE"
		}
		first := strings.ToLower(strings.TrimPrefix(missing[0], "SCMP_ARCH_"))
		text += fmt.Sprintf("; for a machine that has it: sealctl resolve --arch %s %s | sealctl %s --arch %s -", first, input, c.Command.Name, first)
	}
	warn(c, text)
	return profile, nil
}

// called is what errors and warnings are to call a profile of the command line.
func called(name string) string {
	if name == "-" {
		return "standard input"
	}
	return name
}

// newPolicy spells a profile out and prints its warnings, which begin with the name, as
// errors do: a command line can have several. Flags that the verb does not have are off.
func newPolicy(c *cli.Context, name string, profile *specs.LinuxSeccomp) (*seccomp.Policy, error) {
	policy, err := seccomp.NewPolicy(profile, seccomp.Options{Strict: c.Bool("strict-seccomp"), KillThread: c.Bool("kill-thread")})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	for _, w := range policy.Warnings {
		warn(c, name+": "+w)
	}
	return policy, nil
}

func warn(c *cli.Context, text string) {
	fmt.Fprintf(c.App.ErrWriter, "sealctl: %s %s\n", style.From(c.App.ErrWriter).Warning("warning:"), plain.Text(text))
}

// archFlag chooses architectures, see chosenArchs.
func archFlag() cli.Flag {
	return &cli.StringSliceFlag{Name: "arch", Usage: "an `ARCHITECTURE`, such as SCMP_ARCH_X86 or x86 (repeatable; default: " +
		"this machine's and all that the profile lists)"}
}

// chosenArchs returns the architectures of --arch, which the policy need not list,
// or all that it lists.
func chosenArchs(c *cli.Context, policy *seccomp.Policy) ([]*arch.Arch, error) {
	if !c.IsSet("arch") {
		return policy.Archs(), nil
	}
	var list []*arch.Arch
	for _, name := range c.StringSlice("arch") {
		a, err := findArch(name)
		if err != nil {
			return nil, err
		}
		if !slices.Contains(list, a) {
			list = append(list, a)
		}
	}
	if len(list) == 0 {
		return nil, errors.New("--arch: expected an architecture, got an empty string")
	}
	return list, nil
}

// findArch returns the architecture with a name such as SCMP_ARCH_X86 or x86.
func findArch(name string) (*arch.Arch, error) {
	if a := arch.Lookup(name); a != nil {
		return a, nil
	}
	if a := arch.Lookup("SCMP_ARCH_" + strings.ToUpper(name)); a != nil {
		return a, nil
	}
	var known []string
	for _, a := range arch.All() {
		known = append(known, a.Scmp)
	}
	return nil, fmt.Errorf("--arch %q: expected one of %s", name, strings.Join(known, ", "))
}
