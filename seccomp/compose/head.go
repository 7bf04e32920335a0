package compose

import (
	"fmt"
	"slices"

	"github.com/opencontainers/runtime-spec/specs-go"

	"github.com/runseal/runseal/seccomp"
	"github.com/runseal/runseal/seccomp/arch"
)

// otherwise is the default.
func (c *composer) otherwise() (best seccomp.Action) {
	for i, part := range c.parts {
		a := actionOf(part.Profile.DefaultAction, part.Profile.DefaultErrnoRet)
		if i == 0 || c.wins(choice{a, rankDefault}, choice{best, rankDefault}) {
			best = a
		}
	}
	return best
}

// archs are the architectures to list.
func (c *composer) archs() []*arch.Arch {
	list := []*arch.Arch{arch.Lookup(c.options.Native)} // NewPolicy has found it
	for _, p := range c.policies {
		for _, a := range p.Archs() {
			if !slices.Contains(list, a) && (c.merge || c.allList(a)) {
				list = append(list, a)
			}
		}
	}
	return list
}

func (c *composer) allList(a *arch.Arch) bool {
	return !slices.ContainsFunc(c.policies, func(p *seccomp.Policy) bool { return !slices.Contains(p.Archs(), a) })
}

// flags returns the flags of the result. nil, the absent list, stands for SPEC_ALLOW.
func (c *composer) flags() []specs.LinuxSeccompFlag {
	absent := true
	has := map[specs.LinuxSeccompFlag]int{}
	var list []specs.LinuxSeccompFlag // in the order of the parts
	for _, part := range c.parts {
		flags := part.Profile.Flags
		if flags == nil {
			flags = []specs.LinuxSeccompFlag{specs.LinuxSeccompFlagSpecAllow}
		} else {
			absent = false
		}
		seen := map[specs.LinuxSeccompFlag]bool{}
		for _, f := range flags {
			if !seen[f] {
				seen[f] = true
				has[f]++
			}
			if !slices.Contains(list, f) {
				list = append(list, f)
			}
		}
	}
	if absent {
		return nil
	}
	out := []specs.LinuxSeccompFlag{}
	for _, f := range list {
		if c.merge || f != specs.LinuxSeccompFlagSpecAllow || has[f] == len(c.parts) {
			out = append(out, f)
		}
	}
	return out
}

// listener names the agent, if the rules that were found need one.
func (c *composer) listener(out *specs.LinuxSeccomp) error {
	if !notifies(out) {
		out.Flags = slices.DeleteFunc(out.Flags, func(f specs.LinuxSeccompFlag) bool { return f == specs.LinuxSeccompFlagWaitKillableRecv })
		return nil
	}
	first := -1
	for i, part := range c.parts {
		p := part.Profile
		if !notifies(p) {
			continue
		}
		if first < 0 {
			first, out.ListenerPath, out.ListenerMetadata = i, p.ListenerPath, p.ListenerMetadata
		}
		for _, m := range [...][3]string{{"listenerPath", out.ListenerPath, p.ListenerPath}, {"listenerMetadata", out.ListenerMetadata, p.ListenerMetadata}} {
			if m[1] != m[2] {
				return fmt.Errorf("linux.seccomp.%s: %q in %s, %q in %s, expected the same, since a process has one listener at most",
					m[0], m[1], c.parts[first].Name, m[2], part.Name)
			}
		}
	}
	return nil
}

// notifies says whether a rule of the profile asks an agent.
func notifies(p *specs.LinuxSeccomp) bool {
	return slices.ContainsFunc(p.Syscalls, func(s specs.LinuxSyscall) bool { return s.Action == specs.ActNotify })
}

// actionOf returns an action of a profile that NewPolicy has accepted.
func actionOf(a specs.LinuxSeccompAction, errno *uint) seccomp.Action {
	action, _ := seccomp.ParseAction(a, errno)
	return action
}
