package enforced

import (
	"errors"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/seccomp"
	"github.com/runseal/runseal/seccomp/arch"
	"github.com/runseal/runseal/seccomp/bpf"
)

// randomProfile makes a profile with a few rules.
func randomProfile(rng *rand.Rand) *specs.LinuxSeccomp {
	one := func(list ...string) string { return list[rng.IntN(len(list))] }
	errno := func() *uint {
		n := uint(rng.IntN(40))
		return &n
	}
	p := &specs.LinuxSeccomp{DefaultAction: specs.LinuxSeccompAction(one("SCMP_ACT_ALLOW", "SCMP_ACT_ERRNO", "SCMP_ACT_KILL_PROCESS", "SCMP_ACT_LOG", "SCMP_ACT_TRAP"))}
	if p.DefaultAction == specs.ActErrno {
		p.DefaultErrnoRet = errno()
	}
	for _, a := range []specs.Arch{specs.ArchX86_64, specs.ArchX86, specs.ArchX32} {
		if rng.IntN(2) == 0 {
			p.Architectures = append(p.Architectures, a)
		}
	}
	for range 1 + rng.IntN(5) {
		r := specs.LinuxSyscall{Action: specs.LinuxSeccompAction(one("SCMP_ACT_ALLOW", "SCMP_ACT_ALLOW", "SCMP_ACT_ERRNO", "SCMP_ACT_TRACE", "SCMP_ACT_KILL_THREAD"))}
		if r.Action == specs.ActErrno || r.Action == specs.ActTrace {
			r.ErrnoRet = errno()
		}
		for range 1 + rng.IntN(3) {
			r.Names = append(r.Names, one("read", "write", "socket", "clone", "ioctl", "personality", "openat2", "mseal", "execve", "bind"))
		}
		for i := range uint(3) {
			if rng.IntN(3) == 0 {
				r.Args = append(r.Args, specs.LinuxSeccompArg{Index: i, Value: uint64(rng.IntN(20)) << (rng.IntN(3) * 16), ValueTwo: uint64(rng.IntN(20)),
					Op: specs.LinuxSeccompOperator(one("SCMP_CMP_EQ", "SCMP_CMP_NE", "SCMP_CMP_LT", "SCMP_CMP_LE", "SCMP_CMP_GE", "SCMP_CMP_GT", "SCMP_CMP_MASKED_EQ"))})
			}
		}
		p.Syscalls = append(p.Syscalls, r)
	}
	return p
}

// From the filter of a profile comes a profile that means the same. On one architecture
// it does, unless the conditions are too many; on several a socket call of the
// multiplexer may say more than a profile can.
func TestProfileRandom(t *testing.T) {
	if arch.Native != "SCMP_ARCH_X86_64" {
		t.Skip("the profiles are of x86_64")
	}
	rng := rand.New(rand.NewPCG(21, 22))
	found := 0
	const n = 24
	for range n {
		source := randomProfile(rng)
		a := analyse(t, installed(t, source, seccomp.Options{}))
		p, err := a.Profile(Options{})
		if err != nil {
			if len(a.Archs) == 1 && !errors.Is(err, bpf.ErrComplex) {
				t.Errorf("%+v: %v", source, err)
			}
			continue
		}
		found++
		r, err := seccomp.Compare(policyOf(t, source, seccomp.Options{}), policyOf(t, p.Seccomp, seccomp.Options{}))
		if err != nil || len(r.Differences) != 0 {
			t.Errorf("%+v\n%s\n%v, %v", source, p.JSON, r, err)
		}
	}
	if found < n*3/4 {
		t.Errorf("%d profiles of %d were found", found, n)
	}
}

// A name that only tells where newer calls begin is kept.
func TestProfileMention(t *testing.T) {
	if arch.Native != "SCMP_ARCH_X86_64" {
		t.Skip("the profile is one of x86_64")
	}
	source := parse(t, `{"defaultAction":"SCMP_ACT_ERRNO","syscalls":[{"names":["read"],"action":"SCMP_ACT_ALLOW"},{"names":["openat2"],"action":"SCMP_ACT_ERRNO"}]}`)
	p, err := analyse(t, installed(t, source, seccomp.Options{})).Profile(Options{})
	if err != nil {
		t.Fatal(err)
	}
	r, err := seccomp.Compare(policyOf(t, source, seccomp.Options{}), policyOf(t, p.Seccomp, seccomp.Options{}))
	if err != nil || len(r.Differences) != 0 || len(p.Seccomp.Syscalls) != 2 {
		t.Errorf("%s\n%v, %v", p.JSON, r, err)
	}
}

// Of several filters the profile says what they decide together.
func TestProfileOfSeveral(t *testing.T) {
	if arch.Native != "SCMP_ARCH_X86_64" {
		t.Skip("the profiles are of x86_64")
	}
	old := parse(t, `{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["swapon"],"action":"SCMP_ACT_ERRNO"},{"names":["read"],"action":"SCMP_ACT_ERRNO","errnoRet":5}]}`)
	young := parse(t, `{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["swapon"],"action":"SCMP_ACT_LOG"},{"names":["write"],"action":"SCMP_ACT_TRAP"},{"names":["read"],"action":"SCMP_ACT_ERRNO","errnoRet":6}]}`)
	p, err := analyse(t, installed(t, young, seccomp.Options{}), installed(t, old, seccomp.Options{})).Profile(Options{})
	if err != nil {
		t.Fatal(err)
	}
	want := parse(t, `{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["swapon"],"action":"SCMP_ACT_ERRNO"},{"names":["write"],"action":"SCMP_ACT_TRAP"},{"names":["read"],"action":"SCMP_ACT_ERRNO","errnoRet":6}]}`)
	r, err := seccomp.Compare(policyOf(t, want, seccomp.Options{}), policyOf(t, p.Seccomp, seccomp.Options{}))
	if err != nil || len(r.Differences) != 0 {
		t.Errorf("%s\n%v, %v", p.JSON, r, err)
	}
	// A difference is found without Verify, too.
	a := analyse(t, installed(t, young, seccomp.Options{}), installed(t, old, seccomp.Options{}))
	if _, err := a.prove(policyOf(t, old, seccomp.Options{})); !errors.As(err, new(*seccomp.Counterexample)) {
		t.Errorf("not the same: %v", err)
	}
	// Numbers that no call has are left out, and that is said.
	stubbed := stub(installed(t, parse(t, plain), seccomp.Options{}), 462)
	for _, filters := range [][]seccomp.InstalledFilter{{stubbed}, {stubbed, stubbed}} {
		if p, err := analyse(t, filters...).Profile(Options{}); err != nil || len(p.Notes) != 1 || !strings.Contains(p.Notes[0], "0x80000000") {
			t.Errorf("%d filters with a stub: %v, %v", len(filters), p, err)
		}
	}
	if negative, err := analyse(t, stubbed, stubbed).
		prove(policyOf(t, parse(t, plain), seccomp.Options{})); !negative || err != nil {
		t.Errorf("with a stub: %v, %v", negative, err)
	}
}

// What no profile can say is an error that says what it is.
func TestNoProfile(t *testing.T) {
	if arch.Native != "SCMP_ARCH_X86_64" {
		t.Skip("the programs are for x86_64")
	}
	const native = unix.AUDIT_ARCH_X86_64
	ret := func(a uint32) bpf.Instruction { return bpf.Instruction{Op: 0x06, K: a} }
	jeq := func(k uint32, jt, jf uint8) bpf.Instruction {
		return bpf.Instruction{Op: uint16(bpf.JEQ), K: k, Jt: jt, Jf: jf}
	}
	jge := func(k uint32, jt, jf uint8) bpf.Instruction {
		return bpf.Instruction{Op: uint16(bpf.JGE), K: k, Jt: jt, Jf: jf}
	}
	load := func(off uint32) bpf.Instruction { return bpf.Instruction{Op: opLoad, K: off} }
	allow, kill, eperm := uint32(seccomp.Allow), uint32(seccomp.KillProcess), uint32(seccomp.Errno(1))
	onNative := func(rest ...bpf.Instruction) []bpf.Instruction {
		return append([]bpf.Instruction{load(bpf.OffArch), jeq(native, 1, 0), ret(kill)}, rest...)
	}
	notify := parse(t, `{"defaultAction":"SCMP_ACT_ALLOW","listenerPath":"/run/agent","syscalls":[{"names":["swapon"],"action":"SCMP_ACT_NOTIFY"}]}`)
	for _, c := range []struct {
		name string
		prog []bpf.Instruction
		want string
	}{
		{"no architecture", []bpf.Instruction{load(bpf.OffNr), jeq(59, 0, 1), ret(eperm), ret(allow)}, "calls of other architectures are not all decided alike"},
		{"nothing", []bpf.Instruction{ret(allow)}, "calls of other architectures get SCMP_ACT_ALLOW, and a profile can only kill them"},
		{"an architecture without a table", []bpf.Instruction{load(bpf.OffArch), jeq(0x1234, 0, 1), ret(allow), jeq(native, 1, 0), ret(kill), ret(allow)}, "calls of other architectures are not all decided alike"},
		{"the instruction pointer", onNative(load(bpf.OffNr), jeq(59, 0, 3), load(8), jeq(0, 0, 1), ret(eperm), ret(allow)), "instruction pointer"},
		{"a number without a name", onNative(load(bpf.OffNr), jeq(400, 0, 1), ret(eperm), ret(allow)), "call 400(): it should get SCMP_ACT_ERRNO(1 EPERM), but a number without a name has no rule of its own: it would get SCMP_ACT_ALLOW"},
		{"data", onNative(load(bpf.OffNr), jeq(59, 0, 1), ret(allow|7), ret(allow)), "SCMP_ACT_ALLOW with the data 7"},
		{"an unknown action", onNative(load(bpf.OffNr), jeq(59, 0, 1), ret(0x7ff30000), ret(allow)), "no action of profiles"},
		{"an agent", installed(t, notify, seccomp.Options{}).Instructions, "listenerPath of the agent is not known"},
		{"one architecture, and all of the other alike", onNative(load(bpf.OffNr), jeq(59, 0, 1), ret(allow), ret(eperm)), "call execve: what it should get on SCMP_ARCH_X86_64 is not what it should get on SCMP_ARCH_X32"},
		{"no ENOSYS for new calls of one architecture", onNative(load(bpf.OffNr), jge(arch.X32Bit, 0, 1), ret(kill), jeq(59, 0, 1), ret(allow), ret(eperm)), "exit(): it should get SCMP_ACT_ERRNO(1 EPERM), but it is beyond all calls that would have rules: it would get SCMP_ACT_ERRNO(38 ENOSYS)"},
	} {
		a, err := Analyse(seccomp.InstalledFilter{Instructions: c.prog})
		if err == nil {
			_, err = a.Profile(Options{})
		}
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
	}
	p, err := analyse(t, installed(t, notify, seccomp.Options{})).Profile(Options{ListenerPath: "/run/agent"})
	if err != nil || p.Seccomp.ListenerPath != "/run/agent" {
		t.Errorf("with the agent's path: %v", err)
	}
	log := installed(t, parse(t, plain), seccomp.Options{})
	log.Flags = unix.SECCOMP_FILTER_FLAG_LOG
	if p, err := analyse(t, log).Profile(Options{}); err != nil || len(p.Seccomp.Flags) != 1 || p.Seccomp.Flags[0] != specs.LinuxSeccompFlagLog {
		t.Errorf("with SECCOMP_FILTER_FLAG_LOG: %v", err)
	}
	if _, err := Analyse(); err == nil {
		t.Error("no filter: no error")
	}
	if _, err := Analyse(seccomp.InstalledFilter{Instructions: []bpf.Instruction{{Op: 0xff}}}); err == nil {
		t.Error("an invalid program: no error")
	}
	hard := onNative(load(16), bpf.Instruction{Op: 0x02}, load(24), bpf.Instruction{Op: 0x61}, bpf.Instruction{Op: 0x2c}, jeq(0x12345678, 0, 1), ret(eperm), ret(allow))
	if _, err := Analyse(seccomp.InstalledFilter{Instructions: hard}); !errors.Is(err, bpf.ErrComplex) {
		t.Errorf("a product of arguments: %v", err)
	}
}
