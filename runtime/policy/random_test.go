package policy

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/seccomp"
	"github.com/runseal/runseal/seccomp/arch"
)

// random is a profile that is valid and lets execve pass, or nil. Values are few, so that
// conditions touch.
func random(seed uint64) (*specs.LinuxSeccomp, *seccomp.Policy) {
	rng := rand.New(rand.NewPCG(seed, 7))
	actions := []specs.LinuxSeccompAction{specs.ActErrno, specs.ActAllow, specs.ActKillProcess, specs.ActKill, specs.ActTrap, specs.ActTrace, specs.ActLog, specs.ActNotify}
	ops := []specs.LinuxSeccompOperator{specs.OpEqualTo, specs.OpNotEqual, specs.OpLessThan, specs.OpLessEqual, specs.OpGreaterThan, specs.OpGreaterEqual, specs.OpMaskedEqual}
	names := []string{"read", "socket", "accept", "socketcall", "shmat", "clone", "clone3", "set_tls", "ioctl", "personality", "mseal"}
	value := func() uint64 { return uint64(rng.IntN(2))<<32*uint64(rng.IntN(2)) | uint64(rng.IntN(4)) }
	action := func(n int) (specs.LinuxSeccompAction, *uint) {
		a := actions[rng.IntN(n)]
		if errno := uint(1 + rng.IntN(3)); (a == specs.ActErrno || a == specs.ActTrace) && rng.IntN(2) == 0 {
			return a, &errno
		}
		return a, nil
	}
	p := &specs.LinuxSeccomp{}
	p.DefaultAction, p.DefaultErrnoRet = action(len(actions) - 1)
	for _, a := range []specs.Arch{specs.ArchX86_64, specs.ArchX86, specs.ArchX32, specs.ArchAARCH64, specs.ArchPPC64} {
		if rng.IntN(2) == 0 {
			p.Architectures = append(p.Architectures, a)
		}
	}
	p.Flags = [][]specs.LinuxSeccompFlag{nil, {}, {specs.LinuxSeccompFlagLog}, {specs.LinuxSeccompFlagSpecAllow}}[rng.IntN(4)]
	n := len(actions) - 1
	if rng.IntN(3) == 0 {
		p.ListenerPath, p.ListenerMetadata, n = fmt.Sprintf("/run/%d", rng.IntN(2)), fmt.Sprint(rng.IntN(2)), n+1
	}
	for range rng.IntN(10) {
		var r specs.LinuxSyscall
		r.Action, r.ErrnoRet = action(n)
		for range 1 + rng.IntN(3) {
			r.Names = append(r.Names, names[rng.IntN(len(names))])
		}
		if rng.IntN(2) == 0 {
			for range 1 + rng.IntN(3) {
				r.Args = append(r.Args, specs.LinuxSeccompArg{Index: uint(rng.IntN(3)), Value: value(), ValueTwo: value(), Op: ops[rng.IntN(len(ops))]})
			}
		}
		p.Syscalls = append(p.Syscalls, r)
	}
	if p.DefaultAction != specs.ActLog {
		p.Syscalls = append(p.Syscalls, specs.LinuxSyscall{Names: []string{"execve"}, Action: specs.ActLog})
	}
	policy, err := newPolicy(p, false, false)
	if err != nil || policy.AllowsExecve() != nil {
		return nil, nil
	}
	return p, policy
}

// calls yields the calls at which one of the profiles may change its mind, and those
// beside them.
func calls(profiles []*specs.LinuxSeccomp, yield func(audit, nr uint32, args [6]uint64)) {
	values := [3][]uint64{{0, 1<<64 - 1}, {0, 1<<64 - 1}, {0, 1<<64 - 1}}
	names := map[string]bool{"getpid": true}
	for _, p := range profiles {
		for _, r := range p.Syscalls {
			for _, name := range r.Names {
				names[name] = true
			}
			for _, a := range r.Args {
				v := []uint64{a.Value, a.Value + 1, a.Value - 1, a.ValueTwo & a.Value, a.ValueTwo | ^a.Value}
				if a.Op != specs.OpMaskedEqual {
					v = v[:3]
				}
				values[a.Index] = append(values[a.Index], v...)
			}
		}
	}
	for i := range values {
		slices.Sort(values[i])
		values[i] = slices.Compact(values[i])
		for len(values[i]) > 10 { // a sample
			values[i] = slices.Delete(values[i], len(values[i])/2, len(values[i])/2+1)
		}
	}
	for _, a := range arch.All() {
		numbers := []uint32{a.Base, a.Max, a.Max + 1, 1<<32 - 1, arch.X32Bit, 1 << 31}
		for name := range names {
			if nr, ok := a.Number(name); ok {
				numbers = append(numbers, nr, nr+1)
			}
		}
		slices.Sort(numbers)
		for _, nr := range slices.Compact(numbers) {
			for _, x := range values[0] {
				for _, y := range values[1] {
					for _, z := range values[2] {
						yield(a.Audit, nr, [6]uint64{x, y, z})
					}
				}
			}
		}
	}
}

// require admits a profile if no call is weaker, allowed if all are alike: held against
// Decide, call by call.
func TestJudgementsByDecide(t *testing.T) {
	admitted, refused := 0, 0
	for seed := uint64(0); seed < 36; seed++ {
		own, a := random(seed)
		other, b := random(seed + 1000)
		switch {
		case own == nil || other == nil:
			continue
		case seed%3 == 1: // as strict or stricter: every second rule of own is missing from it
			other = &specs.LinuxSeccomp{DefaultAction: specs.ActAllow, Architectures: own.Architectures, ListenerPath: own.ListenerPath}
			for i, r := range own.Syscalls {
				if i%2 == 0 && !slices.Contains(r.Names, "execve") {
					other.Syscalls = append(other.Syscalls, r)
				}
			}
			other.ListenerMetadata, own.ListenerMetadata = "", ""
		case seed%3 == 2: // the same in other words
			words := *own
			words.Syscalls = append(slices.Clone(own.Syscalls), own.Syscalls...)
			if seed%2 == 0 { // but for errnos, which only allowed looks at
				errno := uint(37)
				for i, r := range words.Syscalls {
					if r.Action == specs.ActErrno {
						words.Syscalls[i].ErrnoRet = &errno
					}
				}
			}
			other = &words
		}
		if b, _ = newPolicy(other, false, false); b == nil {
			continue
		}
		own.Flags, other.Flags = []specs.LinuxSeccompFlag{}, []specs.LinuxSeccompFlag{}
		var err error
		if a, err = newPolicy(own, false, false); err != nil {
			t.Fatal(err)
		}
		if b, err = newPolicy(other, false, false); err != nil {
			t.Fatal(err)
		}
		weaker, different := "", ""
		calls([]*specs.LinuxSeccomp{own, other}, func(audit, nr uint32, args [6]uint64) {
			x, y := a.Decide(audit, nr, args), b.Decide(audit, nr, args)
			if y.StricterThan(x) {
				weaker = fmt.Sprintf("%#x %d %x: %s, %s", audit, nr, args, x, y)
			}
			if x != y {
				different = fmt.Sprintf("%#x %d %x: %s, %s", audit, nr, args, x, y)
			}
		})
		node := &Policy{Require: "localhost/other", Allowed: []string{"localhost/other"}}
		l := loaded{other, b}
		if err := node.demand("linux.seccomp", own, a, l, seccomp.NewScanner(a)); (err == nil) != (weaker == "") {
			t.Errorf("seed %d: require: %v, but %q", seed, err, weaker)
		}
		_, err = node.admit(own, a, []loaded{l}, seccomp.NewScanner(a))
		if (err == nil) != (different == "") {
			t.Errorf("seed %d: allowed: %v, but %q", seed, err, different)
		}
		if weaker == "" {
			admitted++
		} else {
			refused++
		}
	}
	if admitted < 8 || refused < 8 {
		t.Errorf("%d profiles admitted and %d refused, expected some of both", admitted, refused)
	}
}

// A record gives the seal back: every decision, the flags, and who is asked.
func TestRecordKeepsAll(t *testing.T) {
	root := t.TempDir()
	tried := 0
	for seed := uint64(0); seed < 150; seed++ {
		p := &Policy{Path: "p", ProfileRoot: root, KillThread: seed%5 == 0}
		config := &specs.Spec{Linux: &specs.Linux{}}
		own, _ := random(seed)
		floor, _ := random(seed + 5000)
		if own == nil || floor == nil {
			continue
		}
		file := func(name string, profile *specs.LinuxSeccomp) string {
			if err := os.WriteFile(filepath.Join(root, name), appendProfile(nil, profile), 0o600); err != nil {
				t.Fatal(err)
			}
			return "localhost/" + name
		}
		if seed%2 == 0 {
			p.Default = file("default", own)
		} else {
			config.Linux.Seccomp = own
		}
		if seed%4 < 3 {
			p.Floor = file("floor", floor)
		}
		s, err := p.Decide(config, false)
		if err != nil {
			if !strings.Contains(err.Error(), "SCMP_ACT_NOTIFY") {
				t.Errorf("seed %d: %v", seed, err)
			}
			continue
		}
		tried++
		r := restored(t, s, config)
		c, err := seccomp.Compare(s.Policy(), r.Policy())
		if err != nil {
			t.Fatal(err)
		}
		if len(c.Differences) > 0 || s.Policy().Flags() != r.Policy().Flags() || s.Decision != r.Decision {
			t.Errorf("seed %d: %v, flags %#x and %#x, %q and %q", seed, c.Differences, s.Policy().Flags(), r.Policy().Flags(), s.Decision, r.Decision)
		}
		if (s.Agent() == nil) != (r.Agent() == nil) || s.Agent() != nil && (s.Agent().ListenerPath != r.Agent().ListenerPath || s.Agent().ListenerMetadata != r.Agent().ListenerMetadata) {
			t.Errorf("seed %d: agents %v and %v", seed, s.Agent(), r.Agent())
		}
		// And it is what the kernel makes of two filters.
		if own, floor := own, floor; p.Floor != "" {
			a, _ := newPolicy(own, false, p.KillThread)
			b, _ := newPolicy(floor, false, p.KillThread)
			f, err := s.Policy().Compile()
			if err != nil {
				t.Fatal(err)
			}
			both, err := seccomp.Intersect(b, a)
			if err != nil {
				t.Fatal(err)
			}
			if err := seccomp.Verify(f.Instructions, both); err != nil {
				t.Errorf("seed %d: %v", seed, err)
			}
			if f.Flags&unix.SECCOMP_FILTER_FLAG_SPEC_ALLOW != 0 && a.Flags()&b.Flags()&unix.SECCOMP_FILTER_FLAG_SPEC_ALLOW == 0 {
				t.Errorf("seed %d: SPEC_ALLOW", seed)
			}
		}
	}
	if tried < 50 {
		t.Errorf("%d seals, expected more", tried)
	}
}
