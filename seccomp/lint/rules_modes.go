package lint

import (
	"fmt"
	"slices"

	"github.com/opencontainers/runtime-spec/specs-go"

	"github.com/runseal/runseal/seccomp/arch"
)

// modes are the arguments that the kernel takes as umode_t, which has 16 bits
// (include/linux/syscalls.h, include/linux/types.h): of those a comparison of 32 bits, too,
// sees some that the kernel does not.
var modes = []struct {
	call  string
	index uint
}{
	{"chmod", 1}, {"creat", 1}, {"fchmod", 1}, {"fchmodat", 2}, {"fchmodat2", 2}, {"mkdir", 1}, {"mkdirat", 2},
	{"mknod", 1}, {"mknodat", 2}, {"mq_open", 2}, {"open", 2}, {"openat", 3},
}

// beyondMode is the lowest bit that the kernel does not see.
const beyondMode = 1 << 16

// checkModes looks for modes that are passed by with a bit behind the 16th. A call with an
// int argument that is passed by has a finding already, whose help says what to do.
func checkModes(m *model) {
	for _, mode := range modes {
		id, ok := arch.Find(mode.call)
		if !ok || !m.conditional(id) || slices.ContainsFunc(m.findings, func(f Finding) bool {
			return f.Rule == intArgument && slices.Contains(f.Calls, mode.call)
		}) {
			continue
		}
		if path, text := m.passesMode(id, mode.index); text != "" {
			m.report(intArgument, path, text, []string{mode.call})
		}
	}
}

// passesMode tries each value that the profile compares the mode with.
func (m *model) passesMode(id arch.ID, index uint) (path, text string) {
	for _, u := range m.uses[id] {
		e := &m.entries[u.entry]
		if !e.effective {
			continue
		}
		for _, conds := range e.alternatives {
			if !slices.ContainsFunc(conds, func(c specs.LinuxSeccompArg) bool { return c.Index == index }) {
				continue
			}
			seen := meeting(conds)
			seen[index] &= beyondMode - 1
			passing := seen
			passing[index] |= beyondMode
			for _, a := range m.archs {
				nr, ok := a.NumberOf(id)
				if !ok {
					continue
				}
				x, y := m.policy.Decide(a.Audit, nr, passing), m.policy.Decide(a.Audit, nr, seen)
				if x == y || !weaker(x, y) {
					continue
				}
				k := slices.IndexFunc(m.profile.Syscalls[u.entry].Args, func(c specs.LinuxSeccompArg) bool { return c.Index == index })
				return argPath(u.entry, k), fmt.Sprintf("%s gets %s, although the kernel reads it as %s, which the profile decides as %s: a mode has 16 bits",
					callText(id, passing, 1<<index), x, callText(id, seen, 1<<index), y)
			}
		}
	}
	return "", ""
}

// meeting returns arguments that meet conditions of equality, and lie at the bound of
// others.
func meeting(conds []specs.LinuxSeccompArg) (args [6]uint64) {
	for _, c := range conds {
		args[c.Index] = c.Value
		if c.Op == specs.OpMaskedEqual {
			args[c.Index] = c.Value & c.ValueTwo
		}
	}
	return args
}
