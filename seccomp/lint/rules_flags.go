package lint

import "fmt"

var (
	speculation = &Rule{
		ID: "speculation-flag", Severity: Note,
		Title: "SECCOMP_FILTER_FLAG_SPEC_ALLOW is set, by the profile or because flags is absent",
		Help: `Kernels before 5.16 (and later ones booted with spec_store_bypass_disable=seccomp or spectre_v2_user=seccomp) switch
mitigations of speculative execution on for a process with a filter; with the flag they do not, which is faster. An absent
flags member means this flag, in every runtime; an empty list means none.`,
	}
	logFlag = &Rule{
		ID: "log-flag", Severity: Note,
		Title: "SECCOMP_FILTER_FLAG_LOG is set: what is not allowed is logged",
		Help: `The audit log gets a line for each call that is not SCMP_ACT_ALLOW, if /proc/sys/kernel/seccomp/actions_logged has
its action. That helps while a profile is written; afterwards a container can fill the log.`,
	}
	tsyncFlag = &Rule{
		ID: "tsync-flag", Severity: Note,
		Title: "SECCOMP_FILTER_FLAG_TSYNC is set, which has no effect",
		Help:  `The flag applies the filter to all threads. The process that a runtime puts under the filter has one.`,
	}
	flagRules = []*Rule{speculation, logFlag, tsyncFlag}
)

func checkFlags(m *model) {
	if m.profile.Flags == nil {
		m.report(speculation, root+".flags", "absent, which means SECCOMP_FILTER_FLAG_SPEC_ALLOW; an empty list means no flag", nil)
	}
	for i, f := range m.profile.Flags {
		path := fmt.Sprintf("%s.flags[%d]", root, i)
		switch f {
		case "SECCOMP_FILTER_FLAG_SPEC_ALLOW":
			m.report(speculation, path, "the filter switches no mitigation of speculative execution on", nil)
		case "SECCOMP_FILTER_FLAG_LOG":
			m.report(logFlag, path, "calls that are not allowed are logged", nil)
		case "SECCOMP_FILTER_FLAG_TSYNC":
			m.report(tsyncFlag, path, "no effect: the process has one thread when it gets the filter", nil)
		}
	}
}
