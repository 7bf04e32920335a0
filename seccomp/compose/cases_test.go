package compose

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/opencontainers/runtime-spec/specs-go"

	"github.com/runseal/runseal/seccomp"
	"github.com/runseal/runseal/seccomp/bpf"
	"github.com/runseal/runseal/seccomp/internal/dice"
)

// lines are the rules of a profile behind its default, one a line.
func lines(p *specs.LinuxSeccomp) []string {
	list := []string{actionOf(p.DefaultAction, p.DefaultErrnoRet).String()}
	for _, s := range p.Syscalls {
		line := strings.Join(s.Names, " ") + ": " + actionOf(s.Action, s.ErrnoRet).String()
		for _, a := range s.Args {
			line += fmt.Sprintf(" %d %s %d", a.Index, strings.TrimPrefix(string(a.Op), "SCMP_CMP_"), a.Value)
			if a.Op == specs.OpMaskedEqual {
				line += fmt.Sprintf(" %d", a.ValueTwo)
			}
		}
		list = append(list, line)
	}
	return list
}

// object is a profile whose members stand without their quotes and prefixes.
func object(t *testing.T, short string) *specs.LinuxSeccomp {
	t.Helper()
	var p specs.LinuxSeccomp
	for i, line := range strings.Split(short, "; ") {
		words := strings.Fields(line)
		action := specs.LinuxSeccompAction("SCMP_ACT_" + words[0])
		var errno *uint
		if name, n, ok := strings.Cut(words[0], "="); ok {
			var v uint
			fmt.Sscan(n, &v)
			action, errno = specs.LinuxSeccompAction("SCMP_ACT_"+name), &v
		}
		if i == 0 {
			p.DefaultAction, p.DefaultErrnoRet = action, errno
			for _, a := range words[1:] {
				p.Architectures = append(p.Architectures, specs.Arch("SCMP_ARCH_"+a))
			}
			continue
		}
		s := specs.LinuxSyscall{Names: strings.Split(words[1], ","), Action: action, ErrnoRet: errno}
		for rest := words[2:]; len(rest) > 2; rest = rest[3:] {
			var a specs.LinuxSeccompArg
			fmt.Sscan(rest[0], &a.Index)
			a.Op = specs.LinuxSeccompOperator("SCMP_CMP_" + rest[1])
			if _, err := fmt.Sscanf(rest[2], "%d/%d", &a.Value, &a.ValueTwo); err != nil {
				fmt.Sscan(rest[2], &a.Value)
			}
			s.Args = append(s.Args, a)
		}
		p.Syscalls = append(p.Syscalls, s)
	}
	return &p
}

// What comes of small profiles, word by word.
func TestCases(t *testing.T) {
	for _, c := range []struct {
		what, a, b       string
		merged, together string // rules, or an error
	}{
		{"disjoint lists",
			"ERRNO; ALLOW read,write", "ERRNO; ALLOW read,close",
			"SCMP_ACT_ERRNO(1 EPERM); close read write: SCMP_ACT_ALLOW",
			// what lies beyond write is new to A
			"SCMP_ACT_ERRNO(1 EPERM); read: SCMP_ACT_ALLOW; write: SCMP_ACT_ERRNO(1 EPERM)"},
		{"different defaults",
			"KILL_PROCESS; ALLOW read,close", "ALLOW; ERRNO=13 close; TRAP mseal",
			"SCMP_ACT_ALLOW; mseal: SCMP_ACT_ERRNO(38 ENOSYS)", // new to A
			"SCMP_ARCH_X86_64 call 337(): it should get SCMP_ACT_ERRNO(38 ENOSYS), but a number without a name has no rule of its own: it would get SCMP_ACT_KILL_PROCESS"},
		{"different defaults, nothing new",
			"KILL_PROCESS; ALLOW read,close,mseal", "ALLOW; ERRNO=13 close; TRAP mseal",
			"SCMP_ACT_ALLOW",
			"SCMP_ACT_KILL_PROCESS; read: SCMP_ACT_ALLOW; close: SCMP_ACT_ERRNO(13 EACCES); mseal: SCMP_ACT_TRAP"},
		{"errnos",
			"ERRNO; ALLOW read; ERRNO=5 write; ALLOW close", "ERRNO=7; ALLOW read; ERRNO=6 write; ERRNO=38 open; ALLOW close",
			// write: two rules, the first part's; open: a rule before a default
			"SCMP_ACT_ERRNO(1 EPERM); close read: SCMP_ACT_ALLOW; write: SCMP_ACT_ERRNO(5 EIO); open: SCMP_ACT_ERRNO(38 ENOSYS)",
			"SCMP_ACT_ERRNO(1 EPERM); close read: SCMP_ACT_ALLOW; write: SCMP_ACT_ERRNO(5 EIO)"},
		{"conditions on different arguments",
			"ERRNO; ALLOW ioctl 1 EQ 3", "ERRNO; ALLOW ioctl 2 GT 4",
			"SCMP_ACT_ERRNO(1 EPERM); ioctl: SCMP_ACT_ALLOW 1 EQ 3; ioctl: SCMP_ACT_ALLOW 2 GT 4",
			"SCMP_ACT_ERRNO(1 EPERM); ioctl: SCMP_ACT_ALLOW 1 EQ 3 2 GT 4"},
		{"ranges of one argument",
			"ERRNO; ALLOW ioctl 1 LE 9", "ERRNO; ALLOW ioctl 1 GE 4",
			"SCMP_ACT_ERRNO(1 EPERM); ioctl: SCMP_ACT_ALLOW",
			// no rule has two conditions on one argument: 4-7 and 8-9
			"SCMP_ACT_ERRNO(1 EPERM); ioctl: SCMP_ACT_ALLOW 1 MASKED_EQ 18446744073709551612 4; ioctl: SCMP_ACT_ALLOW 1 MASKED_EQ 18446744073709551614 8"},
		{"masks",
			"ERRNO; ALLOW clone 0 MASKED_EQ 3/1", "ERRNO; ALLOW clone 0 MASKED_EQ 12/8",
			"SCMP_ACT_ERRNO(1 EPERM); clone: SCMP_ACT_ALLOW 0 MASKED_EQ 3 1; clone: SCMP_ACT_ALLOW 0 MASKED_EQ 12 8",
			"SCMP_ACT_ERRNO(1 EPERM); clone: SCMP_ACT_ALLOW 0 MASKED_EQ 15 9"},
		{"a rule without args beats rules with args",
			"ERRNO; ALLOW setns 0 EQ 1; TRAP setns", "ERRNO; ALLOW setns 0 EQ 2; ALLOW setns 0 EQ 1",
			"SCMP_ACT_ERRNO(1 EPERM); setns: SCMP_ACT_ALLOW 0 EQ 2; setns: SCMP_ACT_ALLOW 0 EQ 1",
			"SCMP_ACT_ERRNO(1 EPERM); setns: SCMP_ACT_TRAP"},
		{"an exception to a rule",
			"TRAP; ALLOW read 0 GT 9", "ALLOW; TRAP read 0 EQ 20",
			"SCMP_ACT_ALLOW",
			// TRAP is the default and can be no exception: 10-19 and from 21 on in powers of two
			"..."},
		{"alternatives",
			"ERRNO; ALLOW socket 0 EQ 1 0 EQ 2", "ERRNO; ALLOW socket 0 EQ 2 0 EQ 3",
			"SCMP_ACT_ERRNO(1 EPERM); socket: SCMP_ACT_ALLOW 0 EQ 1; socket: SCMP_ACT_ALLOW 0 EQ 2; socket: SCMP_ACT_ALLOW 0 EQ 3",
			"SCMP_ACT_ERRNO(1 EPERM); socket: SCMP_ACT_ALLOW 0 EQ 2"},
		{"architectures",
			"ERRNO X86; ALLOW read", "KILL_THREAD; ALLOW read,write",
			"call write: what it should get on SCMP_ARCH_X86_64 is not what it should get on SCMP_ARCH_X86 (SCMP_ACT_ALLOW and SCMP_ACT_ERRNO(38 ENOSYS) for write()), " +
				"but the rules of a profile are for all of its architectures",
			"SCMP_ACT_KILL_THREAD; read: SCMP_ACT_ALLOW"},
		{"one multiplexer", // the condition on its first argument is lost on X86
			"ERRNO X86; ALLOW socket 0 EQ 1", "ERRNO X86; ALLOW socket 0 EQ 2",
			"SCMP_ACT_ERRNO(1 EPERM); socket: SCMP_ACT_ALLOW 0 EQ 1; socket: SCMP_ACT_ALLOW 0 EQ 2",
			"SCMP_ACT_ERRNO(1 EPERM); socketcall: SCMP_ACT_ALLOW 0 EQ 1; socket: SCMP_ACT_ERRNO(1 EPERM)"},
		{"a multiplexer with rules of its own", // which have to stand before socket's
			"KILL_PROCESS X86; ALLOW socket 0 EQ 1 1 EQ 5", "KILL_PROCESS X86; TRAP socketcall 0 LE 1; ALLOW socket 0 EQ 1 1 EQ 6",
			"...", "..."},
		{"nothing at all", "ERRNO", "ERRNO", "SCMP_ACT_ERRNO(1 EPERM)", "SCMP_ACT_ERRNO(1 EPERM)"},
		{"no rules", "ERRNO; ALLOW read", "ERRNO=13",
			"SCMP_ACT_ERRNO(1 EPERM); read: SCMP_ACT_ALLOW", "SCMP_ACT_ERRNO(1 EPERM); read: SCMP_ACT_ERRNO(13 EACCES)"},
		{"newer calls", // A knows calls up to 59, B to 437; 336 has no name
			"ERRNO; ALLOW execve", "ERRNO; ALLOW execve,openat2",
			"SCMP_ACT_ERRNO(1 EPERM); execve openat2: SCMP_ACT_ALLOW",
			"SCMP_ACT_ERRNO(1 EPERM); execve: SCMP_ACT_ALLOW"},
		{"names without a rule", // B's exceptions to nothing say how far it reaches
			"ERRNO; ALLOW read; ERRNO write", "ERRNO; ALLOW read; ERRNO write",
			"SCMP_ACT_ERRNO(1 EPERM); read: SCMP_ACT_ALLOW; write: SCMP_ACT_ERRNO(1 EPERM)",
			"SCMP_ACT_ERRNO(1 EPERM); read: SCMP_ACT_ALLOW; write: SCMP_ACT_ERRNO(1 EPERM)"},
	} {
		a, b := object(t, c.a), object(t, c.b)
		for merge, want := range map[bool]string{true: c.merged, false: c.together} {
			r, err := compose(named(a, b), x64, merge)
			got := ""
			if err != nil {
				got = err.Error()
			} else {
				got = strings.Join(lines(r.Profile), "; ")
				check(t, c.what, merge, r.Profile, a, b)
			}
			if want != "..." && got != want {
				t.Errorf("%s, merge %v:\n got %s\nwant %s", c.what, merge, got, want)
			}
			if want == "..." && err != nil {
				t.Errorf("%s: %s", c.what, got)
			}
		}
	}
}

// Everything but the rules.
func TestHead(t *testing.T) {
	agent := func(path, action string, flags ...specs.LinuxSeccompFlag) *specs.LinuxSeccomp {
		p := object(t, "ERRNO X86; "+action+" read; ALLOW write")
		p.ListenerPath, p.Flags = path, flags
		return p
	}
	const logs, spec, wait = specs.LinuxSeccompFlagLog, specs.LinuxSeccompFlagSpecAllow, specs.LinuxSeccompFlagWaitKillableRecv
	notifies := agent("/run/a", "NOTIFY", wait, spec)
	for _, c := range []struct {
		what    string
		parts   []*specs.LinuxSeccomp
		merge   bool
		flags   []specs.LinuxSeccompFlag
		path    string
		failing string
	}{
		{"flags absent in both", []*specs.LinuxSeccomp{agent("", "LOG"), agent("", "LOG")}, true, nil, "", ""},
		{"flags absent in one, merged", []*specs.LinuxSeccomp{agent("", "LOG"), agent("", "LOG", logs)}, true, []specs.LinuxSeccompFlag{spec, logs}, "", ""},
		{"flags absent in one", []*specs.LinuxSeccomp{agent("", "LOG"), agent("", "LOG", logs)}, false, []specs.LinuxSeccompFlag{logs}, "", ""},
		{"the agent stays", []*specs.LinuxSeccomp{notifies, agent("/run/b", "ERRNO")}, true, []specs.LinuxSeccompFlag{wait, spec}, "/run/a", ""},
		{"the agent goes", []*specs.LinuxSeccomp{notifies, agent("/run/b", "ERRNO")}, false, []specs.LinuxSeccompFlag{spec}, "", ""},
		{"the agent goes, merged", []*specs.LinuxSeccomp{notifies, agent("", "ALLOW")}, true, []specs.LinuxSeccompFlag{wait, spec}[1:], "", ""},
		{"one agent in both", []*specs.LinuxSeccomp{notifies, notifies}, false, []specs.LinuxSeccompFlag{wait, spec}, "/run/a", ""},
		{"two agents", []*specs.LinuxSeccomp{notifies, agent("/run/b", "NOTIFY")}, true, nil, "",
			`linux.seccomp.listenerPath: "/run/a" in A, "/run/b" in B, expected the same, since a process has one listener at most`},
		{"no parts", nil, true, nil, "", "no profile, expected at least one"},
		{"a part that is none", []*specs.LinuxSeccomp{notifies, {DefaultAction: "SCMP_ACT_DENY"}}, true, nil, "", `B: linux.seccomp.defaultAction: "SCMP_ACT_DENY"`},
	} {
		r, err := compose(named(c.parts...), x64, c.merge)
		if c.failing != "" {
			if err == nil || !strings.HasPrefix(err.Error(), c.failing) {
				t.Errorf("%s: %v, want %s", c.what, err, c.failing)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", c.what, err)
			continue
		}
		p := r.Profile
		if !slices.Equal(p.Flags, c.flags) || (p.Flags == nil) != (c.flags == nil) || p.ListenerPath != c.path {
			t.Errorf("%s: flags %q, listener %q, want %q and %q", c.what, p.Flags, p.ListenerPath, c.flags, c.path)
		}
		if !slices.Equal(p.Architectures, []specs.Arch{specs.ArchX86_64, specs.ArchX86}) {
			t.Errorf("%s: architectures %v", c.what, p.Architectures)
		}
	}
}

// Warnings about parts reach the caller, and Strict makes them errors.
func TestWarnings(t *testing.T) {
	parts := named(object(t, "ERRNO; ALLOW read"), object(t, "ERRNO; ALLOW reed"))
	r, err := Merge(parts, x64)
	if err != nil || len(r.Warnings) != 1 || !strings.HasPrefix(r.Warnings[0], `B: linux.seccomp.syscalls[0].names[0]: "reed"`) {
		t.Errorf("%v, %v", r, err)
	}
	if _, err := Merge(parts, seccomp.Options{Native: x64.Native, Strict: true}); err == nil || !strings.HasPrefix(err.Error(), "B: linux") {
		t.Errorf("strict: %v", err)
	}
	if r, err := Intersect(parts, seccomp.Options{Native: "SCMP_ARCH_S390X"}); err != nil || !slices.Equal(r.Profile.Architectures, []specs.Arch{specs.ArchS390X}) {
		t.Errorf("another kernel: %v, %v", r, err)
	}
}

// A profile comes out only if it is right, whatever goes in.
func FuzzCompose(f *testing.F) {
	f.Add([]byte{}, []byte{1}, true)
	f.Add(slices.Repeat([]byte{0, 1, 5, 1, 0, 1, 1, 1, 2, 1, 1, 4}, 5), slices.Repeat([]byte{1, 4, 1, 5, 9, 2, 6, 5, 3}, 7), false)
	f.Fuzz(func(t *testing.T, first, second []byte, merge bool) {
		a, b := dice.New(first).Profile(), dice.New(second).Profile()
		r, err := compose(named(a, b), x64, merge)
		if err == nil {
			check(t, "fuzzed", merge, r.Profile, a, b)
		} else if errors.Is(err, bpf.ErrComplex) || strings.Contains(err.Error(), "internal error") {
			t.Error(err)
		}
	})
}
