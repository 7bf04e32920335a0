package lint

import (
	"fmt"
	"strings"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/seccomp"
	"github.com/runseal/runseal/seccomp/arch"
)

var (
	dangerousCall = &Rule{
		ID: "dangerous-call", Severity: Warning,
		Title: "calls that reach the host or much of the kernel are allowed, whatever their arguments",
		Help: dangerHelp(false) + `

Most of them also need a capability, which a container may not have; but a user namespace gives many of them, and holes in
the kernel often need no more than that the call is there. Allow a call only for what is known to need it.`,
	}
	sensitiveCall = &Rule{
		ID: "sensitive-call", Severity: Note,
		Title: "calls that few programs need, and that help attackers, are allowed, whatever their arguments",
		Help:  dangerHelp(true),
	}
	userNamespace = &Rule{
		ID: "user-namespace", Severity: Warning,
		Title: "programs can make a user namespace",
		Help: `In a user namespace of its own a program has all capabilities, and with them reaches code of the kernel that is closed
to it otherwise: mounts, network filters, and more. Many holes of the last years needed exactly that. Allow clone only with
a mask that excludes the CLONE_NEW* flags (SCMP_CMP_MASKED_EQ, value 2114060288, valueTwo 0; on s390x argument 1), let clone3
fail with ENOSYS, since its flags are in memory, and deny unshare.`,
	}
	terminalInput = &Rule{
		ID: "terminal-input", Severity: Note,
		Title: "ioctl can put characters into a terminal's input",
		Help: `TIOCSTI and TIOCLINUX (on virtual consoles) make characters appear as typed. If a container shares the terminal of
whoever started it, without a pseudo-terminal of its own, they are executed outside when the container ends. Kernels from
6.2 on can be built without TIOCSTI (CONFIG_LEGACY_TIOCSTI, sysctl dev.tty.legacy_tiocsti). To deny them compare argument 1
with a mask of 32 bits: the kernel ignores the upper half (see int-argument-64-bit).`,
	}
	socketFamily = &Rule{
		ID: "socket-family", Severity: Note,
		Title: "sockets of AF_ALG or AF_VSOCK can be made",
		Help: `AF_VSOCK reaches the hypervisor or other virtual machines and knows no network namespace. AF_ALG is the kernel's
cryptography, with a history of holes; few programs use it. Docker's default profile denies both.`,
	}
	dangerRules = []*Rule{dangerousCall, sensitiveCall, userNamespace, terminalInput, socketFamily}
)

// dangerHelp lists the table.
func dangerHelp(notes bool) string {
	var lines []string
	for _, d := range dangers {
		if d.note == notes {
			lines = append(lines, fmt.Sprintf("%s: %s.", strings.Join(d.calls, ", "), d.reason))
		}
	}
	return strings.Join(lines, "\n")
}

func checkDanger(m *model) {
	byDefault := map[*Rule][]string{} // for which a list of reasons would be long
	for _, d := range dangers {
		rule := dangerousCall
		if d.note {
			rule = sensitiveCall
		}
		var calls, paths []string
		for _, name := range d.calls {
			path, where := m.free(name)
			if path == "" {
				continue
			}
			if where != m.native() {
				name += " (" + where.Scmp + ")"
			}
			if path == defaultPath {
				byDefault[rule] = append(byDefault[rule], name)
				continue
			}
			paths, calls = append(paths, path), append(calls, name)
		}
		if len(calls) > 0 {
			m.report(rule, paths[0], fmt.Sprintf("%s: %s", list(calls), d.reason), bare(calls), paths[1:]...)
		}
	}
	for _, rule := range []*Rule{dangerousCall, sensitiveCall} {
		if calls := byDefault[rule]; len(calls) > 0 {
			m.report(rule, defaultPath, fmt.Sprintf("no entry denies %s", list(calls)), bare(calls))
		}
	}
	m.checkUserNamespace()
	m.checkValues(terminalInput, "ioctl", 1, terminalRequests(m.native()), "can put characters into the input of the container's terminal")
	m.checkValues(socketFamily, "socket", 0, socketFamilies, "can be made")
}

// bare cuts what stands behind the names.
func bare(calls []string) []string {
	var names []string
	for _, c := range calls {
		name, _, _ := strings.Cut(c, " ")
		names = append(names, name)
	}
	return names
}

// free returns what lets a call pass whatever its arguments, and where: the native
// architecture, or another one if only that has the call. "" if nothing does.
func (m *model) free(name string) (path string, where *arch.Arch) {
	id, _ := arch.Find(name)
	for _, a := range m.archs {
		nr, ok := a.NumberOf(id)
		if !ok {
			continue
		}
		outcomes := m.outcomes(a, nr)
		if _, all := passes(outcomes); all {
			return m.causePath(id, outcomes[0].Cause), a
		}
		return "", nil
	}
	return "", nil
}

// causePath is the path of what decides a call.
func (m *model) causePath(id arch.ID, c seccomp.Cause) string {
	if c.By != seccomp.ByRule {
		return defaultPath
	}
	for _, u := range m.uses[id] {
		if u.entry == c.Entry {
			return u.path()
		}
	}
	return entryPath(c.Entry)
}

// checkUserNamespace asks whether CLONE_NEWUSER gets through clone or unshare. If it
// does, clone3 is named with them.
func (m *model) checkUserNamespace() {
	var calls, paths []string
	for _, name := range []string{"clone", "unshare"} {
		nr, ok := m.native().Number(name)
		id, _ := arch.Find(name)
		if !ok {
			continue
		}
		flag := specs.LinuxSeccompArg{Value: unix.CLONE_NEWUSER, ValueTwo: unix.CLONE_NEWUSER, Op: specs.OpMaskedEqual}
		if name == "clone" && strings.HasPrefix(m.native().Scmp, "SCMP_ARCH_S390") {
			flag.Index = 1 // the order of its arguments is another one there
		}
		for _, o := range m.outcomes(m.native(), nr, flag) {
			if o.Action.Passes() {
				calls, paths = append(calls, name), append(paths, m.causePath(id, o.Cause))
				break
			}
		}
	}
	if len(calls) == 0 {
		return
	}
	if path, _ := m.free("clone3"); path != "" {
		calls, paths = append(calls, "clone3"), append(paths, path)
	}
	m.report(userNamespace, paths[0], fmt.Sprintf("%s with CLONE_NEWUSER: a program can give itself all capabilities in a namespace of its own",
		list(calls)), calls, paths[1:]...)
}

// value is one of an argument.
type value struct {
	name string
	v    uint64
}

var socketFamilies = []value{{"AF_ALG", unix.AF_ALG}, {"AF_VSOCK", unix.AF_VSOCK}}

// terminalRequests are the requests of ioctl (asm/ioctls.h), which mips numbers in a
// way of its own.
func terminalRequests(a *arch.Arch) []value {
	if strings.HasPrefix(a.Scmp, "SCMP_ARCH_MIPS") {
		return []value{{"TIOCSTI", 0x5472}, {"TIOCLINUX", 0x5483}}
	}
	return []value{{"TIOCSTI", 0x5412}, {"TIOCLINUX", 0x541c}}
}

// checkValues reports the values of an argument with which the call can pass.
func (m *model) checkValues(r *Rule, name string, index uint, values []value, what string) {
	nr, ok := m.native().Number(name)
	if !ok {
		return
	}
	id, _ := arch.Find(name)
	var names, paths []string
	for _, v := range values {
		for _, o := range m.outcomes(m.native(), nr, specs.LinuxSeccompArg{Index: index, Value: v.v, Op: specs.OpEqualTo}) {
			if o.Action.Passes() {
				names, paths = append(names, v.name), append(paths, m.causePath(id, o.Cause))
				break
			}
		}
	}
	if len(names) > 0 {
		m.report(r, paths[0], fmt.Sprintf("%s with %s %s", name, strings.Join(names, " and "), what), []string{name}, paths[1:]...)
	}
}
