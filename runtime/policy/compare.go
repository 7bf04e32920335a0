package policy

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/seccomp"
	"github.com/runseal/runseal/seccomp/arch"
)

// admit returns the entry of allowed that a container's own profile is, by meaning:
// config.json has no names.
func (p *Policy) admit(profile *specs.LinuxSeccomp, own *seccomp.Policy, entries []loaded, scan *seccomp.Scanner) (string, error) {
	// What needs no comparison comes first: neither "*" nor the very profile that is
	// allowed is refused because it cannot be compared with another entry.
	for i, e := range entries {
		if p.Allowed[i] == wildcard || e.profile != nil && reflect.DeepEqual(profile, e.profile) {
			return fmt.Sprintf("allowed[%d] %s", i, p.Allowed[i]), nil
		}
	}
	nearest, name, fewest := "", "", 0
	for i, e := range entries {
		if e.policy == nil {
			continue
		}
		calls, err := scan.Scan(e.policy, func(a, b seccomp.Action) bool { return true })
		if err != nil {
			return "", fmt.Errorf("allowed[%d]: compared with %s: %w", i, p.Allowed[i], err)
		}
		text := differences(calls, profile, e.profile)
		if text == "" {
			text = otherwise(profile, own, e)
		}
		if text == "" {
			return fmt.Sprintf("allowed[%d] %s", i, p.Allowed[i]), nil
		}
		if nearest == "" || len(calls) < fewest {
			nearest, name, fewest = text, p.Allowed[i], len(calls)
		}
	}
	if nearest == "" {
		return "", fmt.Errorf("allowed: the container has a profile in linux.seccomp, expected %s", strings.Join(p.Allowed, " or "))
	}
	return "", fmt.Errorf("allowed: linux.seccomp is not %s; it differs from %s in %s", strings.Join(p.Allowed, " or "), name, nearest)
}

// demand makes sure that the container's profile is at least as strict as require.
func (p *Policy) demand(who string, profile *specs.LinuxSeccomp, own *seccomp.Policy, r loaded, scan *seccomp.Scanner) error {
	if own == nil {
		return fmt.Errorf("require: the container has no linux.seccomp and would run without a filter, expected a profile at least as strict as %s", p.Require)
	}
	if reflect.DeepEqual(profile, r.profile) {
		return nil
	}
	calls, err := scan.Scan(r.policy, func(a, b seccomp.Action) bool { return b.StricterThan(a) })
	if err != nil {
		return fmt.Errorf("require: compared with %s: %w", p.Require, err)
	}
	text := differences(calls, profile, r.profile)
	if text == "" {
		text = otherwise(profile, own, r)
	}
	if text != "" {
		return fmt.Errorf("require: %s is less strict than %s: %s", who, p.Require, text)
	}
	return nil
}

// otherwise says what is weaker though all calls are decided alike: who answers for
// SCMP_ACT_NOTIFY and what for, since agents choose their rules by listenerMetadata, and
// whether the filter keeps the mitigation of speculative execution.
func otherwise(profile *specs.LinuxSeccomp, own *seccomp.Policy, e loaded) string {
	switch {
	case own.Listener() && e.policy.Listener() && profile.ListenerPath != e.profile.ListenerPath:
		return fmt.Sprintf("listenerPath %q instead of %q", profile.ListenerPath, e.profile.ListenerPath)
	case own.Listener() && e.policy.Listener() && profile.ListenerMetadata != e.profile.ListenerMetadata:
		return fmt.Sprintf("listenerMetadata %q instead of %q", profile.ListenerMetadata, e.profile.ListenerMetadata)
	case own.Flags()&^e.policy.Flags()&unix.SECCOMP_FILTER_FLAG_SPEC_ALLOW != 0:
		return "flags, which have (or have by default) SECCOMP_FILTER_FLAG_SPEC_ALLOW"
	}
	return ""
}

// maxNamed is how many calls an error names.
const maxNamed = 8

// differences names calls, "" if there are none. For an architecture that one of the
// profiles lists and the other does not, that is what is named: its hundreds of calls
// would hide it.
func differences(calls []seccomp.Calls, a, b *specs.LinuxSeccomp) string {
	var list []string
	for _, d := range calls {
		names := d.Names
		switch {
		case d.Arch == "":
			names = []string{"all calls of architectures that are not listed"}
		case lists(a, d.Arch) != lists(b, d.Arch):
			names = []string{fmt.Sprintf("calls of %s", d.Arch)}
		case len(names) == 0:
			names = []string{fmt.Sprintf("numbers without a name on %s", d.Arch)}
		}
		for _, name := range names {
			if !slices.Contains(list, name) {
				list = append(list, name)
			}
		}
	}
	// Real names first: a range of numbers is the least of it.
	slices.SortStableFunc(list, func(a, b string) int { return strings.Count(a, " ") - strings.Count(b, " ") })
	if more := len(list) - maxNamed; more > 1 {
		list = append(list[:maxNamed], fmt.Sprintf("%d more", more))
	}
	return strings.Join(list, ", ")
}

// lists says whether a profile has tables for the architecture. It has those of the native
// one in any case.
func lists(p *specs.LinuxSeccomp, name string) bool {
	return name == arch.Native || slices.Contains(p.Architectures, specs.Arch(name))
}
