package enforced

import (
	"errors"
	"strings"
	"testing"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/seccomp"
	"github.com/runseal/runseal/seccomp/arch"
	"github.com/runseal/runseal/seccomp/bpf"
)

// stub puts before a filter what runc does: ENOSYS for all native numbers above last,
// negative ones among them.
func stub(f seccomp.InstalledFilter, last uint32) seccomp.InstalledFilter {
	native := arch.Lookup(arch.Native)
	f.Instructions = append([]bpf.Instruction{
		{Op: opLoad, K: bpf.OffArch},
		{Op: uint16(bpf.JEQ), K: native.Audit, Jf: 4},
		{Op: opLoad, K: bpf.OffNr},
		{Op: 0x45, K: arch.X32Bit, Jt: 2}, // BPF_JSET
		{Op: uint16(bpf.JGT), K: last, Jf: 1},
		{Op: 0x06, K: uint32(seccomp.Errno(uint16(unix.ENOSYS)))}, // BPF_RET
	}, f.Instructions...)
	return f
}

const plain = `{"defaultAction":"SCMP_ACT_ERRNO","architectures":["SCMP_ARCH_X86_64"],"syscalls":[
	{"names":["read","uretprobe","faccessat2","mseal"],"action":"SCMP_ACT_ALLOW"},
	{"names":["socket"],"action":"SCMP_ACT_ALLOW","args":[{"index":0,"value":1,"op":"SCMP_CMP_EQ"}]}]}`

// A filter is recognised as runseal installs it, and as runtimes do that kill threads,
// do not know new calls, or treat numbers that are no calls otherwise.
func TestMatches(t *testing.T) {
	if arch.Native != "SCMP_ARCH_X86_64" {
		t.Skip("the profiles are of x86_64")
	}
	p := parse(t, plain)
	thread := seccomp.Options{KillThread: true}
	less := func(names ...string) *specs.LinuxSeccomp {
		text := plain
		for _, n := range names {
			text = strings.Replace(text, `,"`+n+`"`, "", 1)
		}
		return parse(t, text)
	}
	log := installed(t, p, seccomp.Options{})
	log.Flags = unix.SECCOMP_FILTER_FLAG_LOG
	for _, c := range []struct {
		name   string
		filter seccomp.InstalledFilter
		want   *Match
	}{
		{"as it is", installed(t, p, seccomp.Options{}), &Match{}},
		{"threads", installed(t, p, thread), &Match{KillThread: true}},
		{"old table", installed(t, less("mseal"), thread), &Match{KillThread: true, UpTo: 439}},
		{"old table, and a late name", installed(t, less("mseal", "uretprobe"), thread), &Match{KillThread: true, UpTo: 439}},
		{"a late name", installed(t, less("uretprobe"), seccomp.Options{}), &Match{UpTo: 462}},
		{"runc", stub(installed(t, less("mseal"), thread), 439), &Match{KillThread: true, UpTo: 439, Negative: true}},
		{"an old call less", installed(t, less("mseal", "faccessat2"), seccomp.Options{}), &Match{UpTo: 335}},
		{"a call less", installed(t, parse(t, strings.Replace(plain, `"read",`, "", 1)), seccomp.Options{}), nil},
		{"a call more", installed(t, parse(t, strings.Replace(plain, `"read"`, `"read","write"`, 1)), seccomp.Options{}), nil},
		{"another argument", installed(t, parse(t, strings.Replace(plain, `"value":1`, `"value":2`, 1)), seccomp.Options{}), nil},
		{"stub for calls", stub(installed(t, p, seccomp.Options{}), 400), nil},
		{"log", log, nil},
	} {
		m, err := Matches(c.filter, p)
		switch {
		case err != nil:
			t.Errorf("%s: %v", c.name, err)
		case (m == nil) != (c.want == nil) || m != nil && *m != *c.want:
			t.Errorf("%s: %+v, want %+v", c.name, m, c.want)
		}
		if d := Difference(c.filter, p); (d == nil) != (c.want != nil && c.want.UpTo == 0) {
			t.Errorf("%s: difference %v", c.name, d)
		}
	}
	if _, err := Matches(seccomp.InstalledFilter{Instructions: []bpf.Instruction{{Op: 0xff}}}, p); err == nil {
		t.Error("an invalid program: no error")
	}
	if _, err := Matches(installed(t, p, seccomp.Options{}), &specs.LinuxSeccomp{}); err == nil {
		t.Error("an invalid profile: no error")
	}
}

// Numbers that are no calls are left out only if there is no other difference, and a
// program without room for that is not compared.
func TestEqual(t *testing.T) {
	if arch.Native != "SCMP_ARCH_X86_64" {
		t.Skip("the profiles are of x86_64")
	}
	p := parse(t, plain)
	policy := policyOf(t, p, seccomp.Options{})
	f := installed(t, p, seccomp.Options{})
	if negative, err := Equal(f, policy); negative || err != nil {
		t.Errorf("%v, %v", negative, err)
	}
	if negative, err := Equal(stub(f, 462), policy); !negative || err != nil {
		t.Errorf("with a stub: %v, %v", negative, err)
	}
	if _, err := Equal(stub(f, 461), policy); err == nil || !strings.Contains(err.Error(), "mseal(") {
		t.Errorf("a stub for mseal: %v", err)
	}
	long := stub(f, 462)
	for len(long.Instructions) < bpf.MaxInstructions-10 {
		long.Instructions = append([]bpf.Instruction{{Op: opLoad, K: bpf.OffNr}}, long.Instructions...)
	}
	if _, err := Equal(long, policy); err == nil || !strings.Contains(err.Error(), "the program returns") {
		t.Errorf("no room: %v", err)
	}
	if _, err := callsOnly(long.Instructions, f.Instructions); err != errTooLong {
		t.Errorf("no room: %v", err)
	}
}

// Which calls of x32 are newer, and which ipc(2) is meant, is seen in another way by runc.
// Its filters match, and are not different in that if they are in something else.
func TestAsRunc(t *testing.T) {
	if arch.Native != "SCMP_ARCH_X86_64" {
		t.Skip("the profiles are of x86_64")
	}
	text := strings.NewReplacer(`"SCMP_ARCH_X86_64"`, `"SCMP_ARCH_X86_64","SCMP_ARCH_X32","SCMP_ARCH_X86"`, `"read"`, `"read","execve","semget"`).Replace(plain)
	fewer := strings.Replace(text, `"faccessat2",`, "", 1)
	for _, asRunc := range []bool{false, true} {
		f := installed(t, parse(t, text), seccomp.Options{KillThread: true, AsRunc: asRunc})
		if m, err := Matches(f, parse(t, text)); err != nil || m == nil || *m != (Match{KillThread: true, AsRunc: asRunc}) {
			t.Errorf("%t: %+v, %v", asRunc, m, err)
		}
		f = installed(t, parse(t, fewer), seccomp.Options{KillThread: true, AsRunc: asRunc})
		var c *seccomp.Counterexample
		if err := Difference(f, parse(t, text)); !errors.As(err, &c) || c.Call.Nr&^arch.X32Bit != 439 {
			t.Errorf("%t: %v, want faccessat2", asRunc, err)
		}
	}
}
