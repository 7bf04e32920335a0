package lint

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/opencontainers/runtime-spec/specs-go"

	"github.com/runseal/runseal/seccomp"
	"github.com/runseal/runseal/seccomp/arch"
	"github.com/runseal/runseal/seccomp/bpf"
)

// dice makes profiles whose entries touch: few calls, few values.
type dice func(sides int) int

func (d dice) value() uint64 {
	v := uint64(d(4))
	switch d(8) {
	case 0:
		v |= 1 << 32
	case 1:
		v |= 0xffffffff << 32
	}
	return v
}

func (d dice) profile() *specs.LinuxSeccomp {
	actions := []specs.LinuxSeccompAction{specs.ActErrno, specs.ActAllow, specs.ActTrap, specs.ActLog, specs.ActKillProcess, specs.ActTrace}
	ops := []specs.LinuxSeccompOperator{specs.OpEqualTo, specs.OpEqualTo, specs.OpNotEqual, specs.OpLessThan, specs.OpLessEqual,
		specs.OpGreaterThan, specs.OpGreaterEqual, specs.OpMaskedEqual}
	names := []string{"socket", "socketcall", "accept", "personality", "lseek", "clone", "set_tls", "openat2", "nonsense"}
	p := &specs.LinuxSeccomp{DefaultAction: actions[d(2)]}
	for _, a := range []specs.Arch{specs.ArchX86_64, specs.ArchX86, specs.ArchX32, specs.ArchS390X} {
		if d(3) > 0 {
			p.Architectures = append(p.Architectures, a)
		}
	}
	for range 1 + d(8) {
		s := specs.LinuxSyscall{Action: actions[d(len(actions))]}
		if s.Action == specs.ActErrno && d(2) == 1 {
			errno := uint(d(3))
			s.ErrnoRet = &errno
		}
		for range 1 + d(3) {
			s.Names = append(s.Names, names[d(len(names))])
		}
		for range d(3) {
			s.Args = append(s.Args, specs.LinuxSeccompArg{Index: uint(d(3)), Value: d.value(), ValueTwo: d.value(), Op: ops[d(len(ops))]})
		}
		p.Syscalls = append(p.Syscalls, s)
	}
	return p
}

// without returns the profile without the named calls of entries.
func without(p *specs.LinuxSeccomp, drop map[int][]string) *specs.LinuxSeccomp {
	out := *p
	out.Syscalls = nil
	for i, s := range p.Syscalls {
		s.Names = slices.DeleteFunc(slices.Clone(s.Names), func(name string) bool { return slices.Contains(drop[i], name) })
		if len(s.Names) > 0 {
			out.Syscalls = append(out.Syscalls, s)
		}
	}
	return &out
}

// dropAt notes what a path of a finding says can be removed: a name, or the calls of
// the finding in an entry whose names they all are. Other paths are those of the entries
// that decide.
func dropAt(t *testing.T, p *specs.LinuxSeccomp, f *Finding, path string, drop map[int][]string) {
	t.Helper()
	var i, j int
	if n, _ := fmt.Sscanf(path, "linux.seccomp.syscalls[%d].names[%d]", &i, &j); n == 2 {
		drop[i] = append(drop[i], p.Syscalls[i].Names[j])
	} else if n != 1 {
		t.Fatalf("%s: path %s", f, path)
	} else if !strings.Contains(f.Message, path+" ") {
		drop[i] = append(drop[i], f.Calls...)
	}
}

// holdClaims tests what findings about the order of entries say: what is redundant or
// shadowed can be removed, all of it together, and no call is decided otherwise; what
// overlaps makes a difference.
func holdClaims(t *testing.T, p *specs.LinuxSeccomp, random dice) (claims int) {
	t.Helper()
	policy, err := seccomp.NewPolicy(p, seccomp.Options{Native: "SCMP_ARCH_X86_64"})
	if err != nil {
		t.Fatal(err)
	}
	drop := map[int][]string{}
	findings := Check(p, onX86)
	for i := range findings {
		f := &findings[i]
		switch f.Rule {
		case redundantRule, shadowedRule:
			claims++
			for _, path := range append(f.Related, f.Path) {
				one := map[int][]string{}
				dropAt(t, p, f, path, one)
				holdEqual(t, p, policy, one, findings)
				dropAt(t, p, f, path, drop)
			}
		case intArgument:
			claims++
			holdIntClaim(t, policy, f)
		case archGap:
			claims++
		}
	}
	less := holdEqual(t, p, policy, drop, findings)
	for range 50 {
		a := policy.Archs()[random(len(policy.Archs()))]
		id, _ := arch.Find([]string{"socket", "socketcall", "accept", "personality", "lseek", "clone", "openat2"}[random(7)])
		nr, ok := a.NumberOf(id)
		if !ok {
			continue
		}
		call := bpf.Data{Arch: a.Audit, Nr: nr}
		for i := range call.Args {
			call.Args[i] = random.value()
		}
		if x, y := policy.Decide(call.Arch, call.Nr, call.Args), less.Decide(call.Arch, call.Nr, call.Args); x != y {
			t.Fatalf("%s\nwithout %v: %v is %s, and was %s", textOf(p), drop, call, y, x)
		}
	}
	return claims
}

// holdEqual tests that the profile decides all calls alike without the named calls of
// entries.
func holdEqual(t *testing.T, p *specs.LinuxSeccomp, policy *seccomp.Policy, drop map[int][]string, findings []Finding) *seccomp.Policy {
	t.Helper()
	less, err := seccomp.NewPolicy(without(p, drop), seccomp.Options{Native: "SCMP_ARCH_X86_64"})
	if err != nil {
		t.Fatal(err)
	}
	diff, err := seccomp.Compare(policy, less)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range diff.Differences {
		var b strings.Builder
		for i := range findings {
			fmt.Fprintln(&b, &findings[i])
		}
		t.Fatalf("%s\nwithout %v:\n%s\n%s", textOf(p), drop, d, &b)
	}
	return less
}

// intClaim is the message of an int argument: a call and what it gets, and then either
// the call that the kernel reads, which gets something else, or no other call.
var intClaim = regexp.MustCompile(`^(\w+)\((.*?)\) gets (SCMP_\w+(?:\([^)]*\))?), (?:although the kernel reads it as \w+\((.*?)\), which the profile decides as (SCMP_\w+(?:\([^)]*\))?)|but SCMP_)`)

// holdIntClaim tests the examples of a finding about int arguments.
func holdIntClaim(t *testing.T, policy *seccomp.Policy, f *Finding) {
	t.Helper()
	m := intClaim.FindStringSubmatch(f.Message)
	if m == nil {
		t.Fatalf("%s: expected %s", f, intClaim)
	}
	decides := func(list, action string) bool {
		var args [6]uint64
		for i, text := range strings.Split(list, ", ") {
			if _, err := fmt.Sscan(text, &args[i]); err != nil {
				t.Fatalf("%s: %v", f, err)
			}
		}
		id, _ := arch.Find(m[1])
		return slices.ContainsFunc(policy.Archs(), func(a *arch.Arch) bool {
			nr, ok := a.NumberOf(id)
			return ok && a.Bits == 64 && policy.Decide(a.Audit, nr, args).String() == action
		})
	}
	if !decides(m[2], m[3]) || m[5] != "" && !decides(m[4], m[5]) {
		t.Fatalf("%s: a call gets another action", f)
	}
}

func textOf(p *specs.LinuxSeccomp) string {
	text, err := json.Marshal(p)
	if err != nil {
		panic(err)
	}
	return string(text)
}

func TestClaims(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	d := dice(random.IntN)
	claims := 0
	for range 150 {
		claims += holdClaims(t, d.profile(), d)
	}
	if claims < 200 {
		t.Errorf("%d claims in 150 profiles, expected more: the test proves too little", claims)
	}
}

// FuzzCheck makes a profile of the input: no panic, an end, and claims that hold.
func FuzzCheck(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte{1, 2, 2, 2, 0, 4, 1, 2, 0, 1, 2, 0, 3, 1, 1, 2, 2, 0, 1, 3})
	f.Add([]byte(strings.Repeat("\x07\x01\x02\x03\x05\x00", 12)))
	f.Fuzz(func(t *testing.T, data []byte) {
		next := func(sides int) int {
			if len(data) == 0 {
				return 0
			}
			v := int(data[0])
			data = data[1:]
			return v % sides
		}
		holdClaims(t, dice(next).profile(), next)
	})
}

// FuzzText checks any text that can be read as a profile.
func FuzzText(f *testing.F) {
	for _, list := range [][]lintCase{cases["invalid-profile"], cases["duplicate-argument"], cases["wide-value-32-bit"], cases["unknown-call"]} {
		for _, c := range list {
			f.Add([]byte(c.profile))
		}
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		source := &Source{Text: text}
		p, err := seccomp.ParseProfile(text)
		if err != nil {
			source.Locate([]Finding{Invalid(err)})
			return
		}
		findings := Check(p, onX86)
		positions := source.Locate(findings)
		for i := range findings {
			if f := &findings[i]; strings.Contains(f.String(), "\n") || positions[f.Path].Line == 0 {
				t.Errorf("%q at %v", f.String(), positions[f.Path])
			}
		}
	})
}

// Profiles that are made to take long end soon, and say what was left out.
func TestLarge(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: many cases in one goroutine")
	}
	const entries = 20_000
	var all []string
	for id := range arch.ID(arch.NumIDs) {
		all = append(all, id.String())
	}
	eq := func(index uint, v uint64) specs.LinuxSeccompArg {
		return specs.LinuxSeccompArg{Index: index, Value: v, Op: specs.OpEqualTo}
	}
	for name, entry := range map[string]func(i int) specs.LinuxSyscall{
		"one call": func(i int) specs.LinuxSyscall {
			return specs.LinuxSyscall{Names: []string{"lseek"}, Action: specs.ActAllow, Args: []specs.LinuxSeccompArg{eq(0, uint64(i))}}
		},
		"all calls": func(i int) specs.LinuxSyscall {
			return specs.LinuxSyscall{Names: all[i%len(all) : i%len(all)+1], Action: specs.ActAllow, Args: []specs.LinuxSeccompArg{eq(uint(i%6), uint64(i))}}
		},
		"all calls, masks": func(i int) specs.LinuxSyscall {
			action := []specs.LinuxSeccompAction{specs.ActAllow, specs.ActTrap, specs.ActLog}[i%3]
			return specs.LinuxSyscall{Names: all[i%len(all) : i%len(all)+1], Action: action, Args: []specs.LinuxSeccompArg{
				{Index: uint(i % 6), Value: uint64(i) * 0x9e3779b97f4a7c15, ValueTwo: uint64(i) * 0xbf58476d1ce4e5b9, Op: specs.OpMaskedEqual}}}
		},
		"sockets": func(i int) specs.LinuxSyscall {
			return specs.LinuxSyscall{Names: []string{"socket", "accept", "bind", "connect"}, Action: specs.ActAllow,
				Args: []specs.LinuxSeccompArg{eq(0, uint64(i)), eq(1, uint64(i)), eq(2, uint64(i))}}
		},
		"many names": func(i int) specs.LinuxSyscall { return specs.LinuxSyscall{Names: all[:60], Action: specs.ActAllow} },
		"unknown": func(i int) specs.LinuxSyscall {
			return specs.LinuxSyscall{Names: []string{fmt.Sprintf("opan%d", i)}, Action: specs.ActAllow}
		},
		"the default": func(i int) specs.LinuxSyscall {
			return specs.LinuxSyscall{Names: []string{"read", "openat2"}, Action: specs.ActErrno}
		},
	} {
		t.Run(name, func(t *testing.T) {
			p := &specs.LinuxSeccomp{DefaultAction: specs.ActErrno, Architectures: []specs.Arch{specs.ArchX86_64, specs.ArchX86, specs.ArchX32}}
			p.Syscalls = append(p.Syscalls, specs.LinuxSyscall{Names: []string{"execve"}, Action: specs.ActAllow})
			for i := range entries {
				p.Syscalls = append(p.Syscalls, entry(i))
			}
			start := time.Now()
			n := len(Check(p, onX86))
			took := time.Since(start)
			t.Logf("%d findings in %s", n, took)
			if took > 10*time.Second { // on a machine that has nothing else to do, below 3 s
				t.Errorf("%s for %d entries", took, entries)
			}
		})
	}
}
