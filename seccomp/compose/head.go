package compose

import (
	"fmt"
	"slices"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/seccomp"
	"github.com/runseal/runseal/seccomp/arch"
)

// head fills in all of the profile but its rules and listener.
func (c *composer) head() error {
	c.out = &specs.LinuxSeccomp{Flags: c.flags()}
	for i, part := range c.parts {
		a := actionOf(part.Profile.DefaultAction, part.Profile.DefaultErrnoRet)
		if i == 0 || c.wins(choice{a, rankDefault}, choice{c.otherwise, rankDefault}) {
			c.otherwise = a
		}
	}
	c.out.DefaultAction, c.out.DefaultErrnoRet = ociAction(c.otherwise)
	native := arch.Lookup(c.options.Native) // NewPolicy has found it
	c.archs = []*arch.Arch{native}
	for _, p := range c.policies {
		for _, a := range p.Archs() {
			if !slices.Contains(c.archs, a) && (c.merge || c.allList(a)) {
				c.archs = append(c.archs, a)
			}
		}
	}
	for _, a := range c.archs {
		c.out.Architectures = append(c.out.Architectures, specs.Arch(a.Scmp))
		for id := range arch.ID(arch.NumIDs) {
			if mux, _, _, ok := a.Mux(id); ok {
				c.muxes[mux] = true
			}
		}
	}
	return nil
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
func (c *composer) listener() error {
	notifies := func(p *specs.LinuxSeccomp) bool {
		return slices.ContainsFunc(p.Syscalls, func(s specs.LinuxSyscall) bool { return s.Action == specs.ActNotify })
	}
	if !notifies(c.out) {
		c.out.ListenerPath, c.out.ListenerMetadata = "", ""
		c.out.Flags = slices.DeleteFunc(c.out.Flags, func(f specs.LinuxSeccompFlag) bool { return f == specs.LinuxSeccompFlagWaitKillableRecv })
		return nil
	}
	first := -1
	for i, part := range c.parts {
		p := part.Profile
		if !notifies(p) {
			continue
		}
		if first < 0 {
			first, c.out.ListenerPath, c.out.ListenerMetadata = i, p.ListenerPath, p.ListenerMetadata
		}
		for _, m := range [...][3]string{{"listenerPath", c.out.ListenerPath, p.ListenerPath}, {"listenerMetadata", c.out.ListenerMetadata, p.ListenerMetadata}} {
			if m[1] != m[2] {
				return fmt.Errorf("linux.seccomp.%s: %q in %s, %q in %s, expected the same, since a process has one listener at most",
					m[0], m[1], c.parts[first].Name, m[2], part.Name)
			}
		}
	}
	return nil
}

// actionOf returns an action of a profile that has been checked.
func actionOf(a specs.LinuxSeccompAction, errno *uint) seccomp.Action {
	data := uint16(unix.EPERM)
	if errno != nil {
		data = uint16(*errno)
	}
	switch a {
	case specs.ActKillProcess:
		return seccomp.KillProcess
	case specs.ActKill, specs.ActKillThread:
		return seccomp.KillThread
	case specs.ActTrap:
		return seccomp.Trap
	case specs.ActErrno:
		return seccomp.Errno(data)
	case specs.ActNotify:
		return seccomp.Notify
	case specs.ActTrace:
		return seccomp.Trace(data)
	case specs.ActLog:
		return seccomp.Log
	}
	return seccomp.Allow
}

// ociAction is the opposite of actionOf.
func ociAction(a seccomp.Action) (specs.LinuxSeccompAction, *uint) {
	data := uint(a.Data())
	switch a.Kind() {
	case seccomp.KillProcess:
		return specs.ActKillProcess, nil
	case seccomp.KillThread:
		return specs.ActKillThread, nil
	case seccomp.Trap:
		return specs.ActTrap, nil
	case seccomp.Errno(0):
		return specs.ActErrno, &data
	case seccomp.Notify:
		return specs.ActNotify, nil
	case seccomp.Trace(0):
		return specs.ActTrace, &data
	case seccomp.Log:
		return specs.ActLog, nil
	}
	return specs.ActAllow, nil
}
