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
	profile, err := readProfile(name, c.App.Reader, profileOptions(c))
	if err != nil {
		return nil, err
	}
	return newPolicy(c, called(name), profile)
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
