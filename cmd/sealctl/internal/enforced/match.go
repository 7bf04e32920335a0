package enforced

import (
	"errors"
	"slices"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/seccomp"
	"github.com/runseal/runseal/seccomp/arch"
	"github.com/runseal/runseal/seccomp/bpf"
	"github.com/runseal/runseal/seccomp/compose"
)

// Match says how a filter and a profile are equal.
type Match struct {
	// KillThread: calls of architectures that are not listed kill the thread, as
	// libseccomp has it, and not the process.
	KillThread bool
	// AsRunc: which calls are newer, and what ipc(2) selects, is as runc and libseccomp
	// have it (see [seccomp.Options]).
	AsRunc bool
	// UpTo, if not 0, is the largest number that the one who made the filter knew:
	// names of later calls in the profile were skipped, as libseccomp does with
	// names that it does not know, and count as newer than the profile.
	UpTo uint32
	// Negative: the filter decides otherwise for numbers that are no calls.
	Negative bool
}

// Matches says whether the filter is what some runtime makes of the profile; nil means
// that it is not. The proof is [seccomp.Verify]. An error is about the profile, or
// wraps [bpf.ErrComplex]: nothing is known then.
func Matches(f seccomp.InstalledFilter, profile *specs.LinuxSeccomp) (*Match, error) {
	vm, err := bpf.NewVM(f.Instructions)
	if err != nil {
		return nil, err
	}
	m := &Match{KillThread: seccomp.Action(vm.Run(&bpf.Data{Arch: unused})) == seccomp.KillThread}
	if ok, err := m.either(f, vm, profile); ok || err != nil {
		return m.or(ok), err
	}
	m.UpTo = lastKnown(vm)
	for _, late := range []bool{false, true} {
		if known := without(profile, m.UpTo, late); known != nil {
			if ok, err := m.either(f, vm, known); ok || err != nil {
				return m.or(ok), err
			}
		}
	}
	return nil, nil
}

// Difference returns a call on which the filter differs from the profile, as far as the
// runtime's way with other architectures leaves a choice; nil if it finds none.
func Difference(f seccomp.InstalledFilter, profile *specs.LinuxSeccomp) error {
	vm, err := bpf.NewVM(f.Instructions)
	if err != nil {
		return err
	}
	o := seccomp.Options{KillThread: seccomp.Action(vm.Run(&bpf.Data{Arch: unused})) == seccomp.KillThread}
	policy, err := seccomp.NewPolicy(profile, o)
	if err != nil {
		return err
	}
	_, err = Equal(f, policy)
	c := (*seccomp.Counterexample)(nil)
	if !errors.As(err, &c) {
		return err
	}
	o.AsRunc = true
	other, otherErr := seccomp.NewPolicy(profile, o)
	if otherErr != nil || other.Decide(c.Call.Arch, c.Call.Nr, c.Call.Args) != c.Got {
		return err
	}
	_, err = Equal(f, other) // that was no more than runc's way
	return err
}

func (m *Match) or(ok bool) *Match {
	if !ok {
		return nil
	}
	return m
}

// either tries this package's way and runc's.
func (m *Match) either(f seccomp.InstalledFilter, vm *bpf.VM, profile *specs.LinuxSeccomp) (ok bool, err error) {
	for _, m.AsRunc = range []bool{false, true} {
		if ok, err = m.verify(f, vm, profile); ok || err != nil {
			break
		}
	}
	return ok, err
}

func (m *Match) verify(f seccomp.InstalledFilter, vm *bpf.VM, profile *specs.LinuxSeccomp) (bool, error) {
	policy, err := seccomp.NewPolicy(profile, seccomp.Options{KillThread: m.KillThread, AsRunc: m.AsRunc})
	if err != nil {
		return false, err
	}
	if !similar(vm, policy) {
		return false, nil
	}
	m.Negative, err = Equal(f, policy)
	if different := (*seccomp.Counterexample)(nil); errors.As(err, &different) || errors.Is(err, ErrLog) {
		return false, nil
	}
	return err == nil, err
}

// ErrLog is about a filter and a profile that decide alike, of which one has
// SECCOMP_FILTER_FLAG_LOG.
var ErrLog = errors.New("only one of filter and profile has SECCOMP_FILTER_FLAG_LOG")

// Equal proves that the filter decides all calls as the policy does. negativeOnly says that
// it does so for numbers below 0x80000000 only (see the package comment). The errors
// are those of [seccomp.Verify], among them a [*seccomp.Counterexample], and [ErrLog].
func Equal(f seccomp.InstalledFilter, policy *seccomp.Policy) (negativeOnly bool, err error) {
	compiled, err := policy.Compile()
	if err != nil {
		return false, err
	}
	err = seccomp.Verify(f.Instructions, policy)
	if c := (*seccomp.Counterexample)(nil); errors.As(err, &c) && c.Call.Nr >= compose.NoCalls {
		masked, tooLong := callsOnly(f.Instructions, compiled.Instructions)
		if tooLong != nil {
			return false, err
		}
		negativeOnly, err = true, seccomp.Verify(masked, policy)
	}
	if err != nil {
		return false, err
	}
	if (f.Flags^compiled.Flags)&unix.SECCOMP_FILTER_FLAG_LOG != 0 {
		return false, ErrLog
	}
	return negativeOnly, nil
}

// similar compares the decisions for the native calls with arguments of 0: a quick way
// to see that two are different.
func similar(vm *bpf.VM, policy *seccomp.Policy) bool {
	t := arch.Lookup(arch.Native)
	if t == nil {
		return true
	}
	for nr := t.Base; nr <= t.Dense; nr++ {
		if seccomp.Action(vm.Run(&bpf.Data{Arch: t.Audit, Nr: nr})) != policy.Decide(t.Audit, nr, [6]uint64{}) {
			return false
		}
	}
	return true
}

// lastKnown returns the largest native number that does not get ENOSYS.
func lastKnown(vm *bpf.VM) uint32 {
	t := arch.Lookup(arch.Native)
	if t == nil {
		return 0
	}
	for nr := t.Dense; nr > t.Base; nr-- {
		if seccomp.Action(vm.Run(&bpf.Data{Arch: t.Audit, Nr: nr})) != seccomp.Errno(uint16(unix.ENOSYS)) {
			return nr
		}
	}
	return 0
}

// lateNames are calls of x86_64 that got numbers below those of older calls (arch/x86/
// entry/syscalls/syscall_64.tbl): uretprobe in Linux 6.11, uprobe in 6.18.
var lateNames = []string{"uprobe", "uretprobe"}

// without returns the profile without the names of calls beyond the native number
// last, and with late also without lateNames; nil if none of them is there. The
// numbers of new calls are the same everywhere, but for what the architecture counts
// from.
func without(profile *specs.LinuxSeccomp, last uint32, late bool) *specs.LinuxSeccomp {
	native := arch.Lookup(arch.Native)
	if native == nil || last <= native.Base {
		return nil
	}
	last -= native.Base
	newer := func(name string) bool {
		id, ok := arch.Find(name)
		if !ok {
			return false
		}
		if late && slices.Contains(lateNames, name) {
			return true
		}
		if nr, ok := native.NumberOf(id); ok {
			return nr-native.Base > last
		}
		for _, listed := range profile.Architectures {
			if t := arch.Lookup(string(listed)); t != nil {
				if nr, ok := t.NumberOf(id); ok && nr <= t.Dense && !t.IsX32() {
					return nr-t.Base > last
				}
			}
		}
		return false
	}
	out, fewer := *profile, false
	out.Syscalls = nil
	for _, entry := range profile.Syscalls {
		names := slices.DeleteFunc(slices.Clone(entry.Names), newer)
		fewer = fewer || len(names) < len(entry.Names)
		if entry.Names = names; len(names) > 0 {
			out.Syscalls = append(out.Syscalls, entry)
		}
	}
	if !fewer {
		return nil
	}
	return &out
}
