package lint

import (
	"fmt"
	"slices"
	"strings"

	"github.com/runseal/runseal/seccomp/arch"
)

var (
	nativeMissing = &Rule{
		ID: "native-architecture-missing", Severity: Warning,
		Title: "architectures that leave out the one of this machine",
		Help: `The architecture of the kernel is always part of the filter, listed or not, and so its calls follow the rules. A
list without it may mean that the profile was written for another machine, and its rules with other calls in mind.`,
	}
	otherMachine = &Rule{
		ID: "architecture-of-other-machine", Severity: Note,
		Title: "an architecture whose programs the kernel of this machine cannot run",
		Help:  `It costs instructions of the filter and has no effect here. A profile for several machines may need it.`,
	}
	duplicateArch = &Rule{
		ID: "duplicate-architecture", Severity: Warning,
		Title: "an architecture that is listed twice",
		Help:  `The second one has no effect. Perhaps another architecture was meant.`,
	}
	compatArch = &Rule{
		ID: "compat-architecture", Severity: Note,
		Title: "the 32-bit calls of a 64-bit machine follow the rules, too",
		Help: `A 64-bit program can make 32-bit calls as well, so that listing the architecture offers a second kernel
interface to every program, not only to old ones. Conditions compare 32 bits there, and on some architectures socket and
IPC calls come in through a multiplexer, whose arguments are in memory where no filter can see them. Leave the
architecture out if no 32-bit program has to run: its calls then kill the process.`,
	}
	x32Arch = &Rule{
		ID: "x32-architecture", Severity: Note,
		Title: "the x32 calls of x86_64 follow the rules, too",
		Help: `x32 is a third table of calls on x86_64 (64-bit mode, 32-bit pointers). Hardly any program uses it and most
distributions' kernels do not have it or have it switched off, but every 64-bit program could make its calls. Without
SCMP_ARCH_X32 in the list such a call kills the process.`,
	}
	archGap = &Rule{
		ID: "architecture-gap", Severity: Warning,
		Title: "a call that is restricted on the native architecture and free on another",
		Help: `The rules of the profile count for all listed architectures, but they do not mean the same everywhere: 32-bit
architectures compare the lower 32 bits of argument and value. Programs of the native architecture can make the calls
of the other one, and pass the restriction by.`,
	}
	archRules = []*Rule{nativeMissing, otherMachine, duplicateArch, compatArch, x32Arch, archGap}
)

// runsOn says whether a kernel of the native architecture can run programs of the
// other: the compat ABIs of arch/*/Kconfig.
func runsOn(a, native *arch.Arch) bool {
	switch native.Scmp {
	case "SCMP_ARCH_X86_64":
		return a.Scmp == "SCMP_ARCH_X86" || a.Scmp == "SCMP_ARCH_X32"
	case "SCMP_ARCH_AARCH64":
		return a.Scmp == "SCMP_ARCH_ARM"
	case "SCMP_ARCH_PPC64":
		return a.Scmp == "SCMP_ARCH_PPC"
	case "SCMP_ARCH_MIPS64":
		return a.Scmp == "SCMP_ARCH_MIPS"
	case "SCMP_ARCH_MIPSEL64":
		return a.Scmp == "SCMP_ARCH_MIPSEL"
	}
	return false
}

func checkArchs(m *model) {
	var seen, others []string
	firstOther := 0
	for i, name := range m.profile.Architectures {
		if slices.Contains(seen, string(name)) {
			m.report(duplicateArch, archPath(i), fmt.Sprintf("%s is in the list already", name), nil)
			continue
		}
		seen = append(seen, string(name))
		a := arch.Lookup(string(name))
		switch {
		case a == m.native():
		case !slices.Contains(m.archs, a):
			if others = append(others, a.Scmp); len(others) == 1 {
				firstOther = i
			}
		case a.IsX32():
			m.report(x32Arch, archPath(i), "programs can make x32 calls, which hardly any needs", nil)
		case a.Bits < m.native().Bits:
			text := "programs can make 32-bit calls, too, where conditions compare 32 bits"
			if hasMux(a) {
				text += " and socket and IPC calls can hide their arguments"
			}
			m.report(compatArch, archPath(i), text, nil)
		}
	}
	if len(others) > 0 {
		m.report(otherMachine, archPath(firstOther),
			fmt.Sprintf("a kernel for %s runs no programs of %s", m.native().Scmp, strings.Join(others, ", ")), nil)
	}
	if len(seen) > 0 && !slices.Contains(seen, m.native().Scmp) {
		m.report(nativeMissing, root+".architectures", fmt.Sprintf("%s, the architecture of this machine, is not listed and is part of the filter all the same",
			m.native().Scmp), nil)
	}
}

func hasMux(a *arch.Arch) bool {
	id, _ := arch.Find("socket")
	_, _, _, ok := a.Mux(id)
	return ok
}

// checkGaps looks for calls that another architecture lets pass more freely than the
// native one. Only conditions can make this difference.
func checkGaps(m *model) {
	for _, a := range m.archs[1:] {
		for _, id := range m.ids {
			nr, here := m.native().NumberOf(id)
			other, there := a.NumberOf(id)
			if !here || !there || !m.conditional(id) {
				continue
			}
			own, foreign := m.outcomes(m.native(), nr), m.outcomes(a, other)
			some, all := passes(own)
			someThere, allThere := passes(foreign)
			if own == nil || foreign == nil || !(allThere && !all || someThere && !some) {
				continue
			}
			word := "by its arguments only"
			if !some {
				word = "never"
			}
			where := m.conditionOf(id)
			m.report(archGap, where[0], fmt.Sprintf("%s passes %s on %s, but on %s %s", id, word, m.native().Scmp, a.Scmp, decisions(foreign)),
				[]string{id.String()}, where[1:]...)
		}
	}
}

// conditionOf returns the paths of the conditions of a call's effective entries.
func (m *model) conditionOf(id arch.ID) []string {
	var paths []string
	for _, u := range m.uses[id] {
		if e := &m.entries[u.entry]; e.effective && e.alternatives != nil {
			paths = append(paths, argPath(u.entry, 0))
		}
	}
	return paths
}
