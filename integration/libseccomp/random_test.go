//go:build libseccomp

package libseccomp

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/opencontainers/runtime-spec/specs-go"

	"github.com/runseal/runseal/seccomp"
)

// TestRandomProfiles compares on random profiles of the kind that the library gets
// right: one action besides the default, and for each call either no condition, or
// one rule with one condition, or several that compare one argument with different
// small numbers. Of other rule sets it miscompiles some; what runseal makes of
// those is in seccomp/regressions_test.go.
func TestRandomProfiles(t *testing.T) {
	const rounds = 220
	names := []string{"read", "write", "ioctl", "fcntl", "personality", "prctl", "clone", "mmap", "openat", "kill", "futex",
		"keyctl", "bpf", "unshare", "setns", "ptrace", "madvise", "lseek", "dup3", "tgkill", "getrandom", "statx"}
	actions := []specs.LinuxSeccompAction{specs.ActAllow, specs.ActErrno, specs.ActTrap, specs.ActKillProcess, specs.ActKillThread, specs.ActLog, specs.ActTrace}
	ops := []specs.LinuxSeccompOperator{specs.OpNotEqual, specs.OpLessThan, specs.OpLessEqual, specs.OpEqualTo, specs.OpGreaterEqual,
		specs.OpGreaterThan, specs.OpMaskedEqual}
	rng := rand.New(rand.NewPCG(2025, 11))
	value := func() uint64 {
		switch v := rng.Uint64(); rng.IntN(6) {
		case 0:
			return v
		case 1:
			return v & 0xff
		case 2:
			return v & 0xffffffff
		case 3:
			return v &^ 0xffffffff
		case 4:
			return uint64(1)<<rng.IntN(64) - uint64(rng.IntN(2))
		default:
			return 1<<32 - 1 + v%3
		}
	}
	var o oracle
	for round := range rounds {
		act := rng.Perm(len(actions))
		p := &specs.LinuxSeccomp{DefaultAction: actions[act[0]], Architectures: []specs.Arch{specs.ArchX86_64, specs.ArchX86, specs.ArchX32}}
		for _, i := range rng.Perm(len(names))[:3+rng.IntN(10)] {
			rule := specs.LinuxSyscall{Names: names[i : i+1], Action: actions[act[1]]}
			switch rng.IntN(4) {
			case 0:
			case 1, 2:
				rule.Args = []specs.LinuxSeccompArg{{Index: uint(rng.IntN(6)), Value: value(), ValueTwo: value(), Op: ops[rng.IntN(len(ops))]}}
			case 3:
				index, n := uint(rng.IntN(6)), 2+rng.IntN(12)
				for _, v := range rng.Perm(64)[:n] {
					p.Syscalls = append(p.Syscalls, specs.LinuxSyscall{Names: names[i : i+1], Action: actions[act[1]],
						Args: []specs.LinuxSeccompArg{{Index: index, Value: uint64(v), Op: specs.OpEqualTo}}})
				}
				continue
			}
			p.Syscalls = append(p.Syscalls, rule)
		}
		t.Run(fmt.Sprint(round), func(t *testing.T) {
			o.compare(t, p, specs.ArchX86_64, 1+round%2, seccomp.Options{})
			if t.Failed() {
				t.Logf("profile: %+v", *p)
			}
		})
	}
	if o.calls < 1_000_000 {
		t.Errorf("only %d calls compared", o.calls)
	}
}
