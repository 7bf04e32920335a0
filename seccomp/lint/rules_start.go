package lint

import (
	"fmt"
	"strings"

	"github.com/runseal/runseal/seccomp/arch"
)

var (
	execveDenied = &Rule{
		ID: "execve-denied", Severity: Error,
		Title: "no container can start under the profile",
		Help: `The filter is in force when the container's program is executed, so that a profile under which execve(2) cannot pass on
the native architecture can never start one. runseal refuses it at create; other runtimes hang or fail obscurely.`,
	}
	essentialCall = &Rule{
		ID: "essential-call", Severity: Note,
		Title: "calls are denied that nearly every program makes at its start or end",
		Help: `A dynamic program needs brk, mmap, mprotect, openat, read, fstat and close before its first own line, on x86_64
arch_prctl, and exit_group to end. A profile for one static program may do without some.`,
	}
	startRules = []*Rule{execveDenied, essentialCall}
)

// essential are calls of which one of each list is needed; one that the architecture
// does not have does not count.
var essential = [][]string{
	{"arch_prctl"}, {"brk"}, {"close"}, {"exit_group"}, {"fstat", "fstat64", "newfstatat", "fstatat64", "statx"},
	{"mmap", "mmap2"}, {"mprotect"}, {"munmap"}, {"openat", "open"}, {"read"}, {"write"},
}

func checkStart(m *model) {
	if err := m.policy.AllowsExecve(); err != nil {
		path := defaultPath
		id, _ := arch.Find("execve")
		if paths := m.pathsOf(id); len(paths) > 0 {
			path = paths[0]
		}
		m.report(execveDenied, path, strings.TrimPrefix(err.Error(), root+": "), []string{"execve"})
		return
	}
	var missing []string
	for _, choice := range essential {
		denied := ""
		for _, name := range choice {
			nr, ok := m.native().Number(name)
			if !ok {
				continue
			}
			if m.policy.Permits(m.native().Audit, nr) {
				denied = ""
				break
			}
			if denied == "" {
				denied = name
			}
		}
		if denied != "" {
			missing = append(missing, denied)
		}
	}
	if len(missing) > 0 {
		m.report(essentialCall, root+".syscalls", fmt.Sprintf("nearly every program needs what is denied: %s", list(missing)), missing)
	}
}
