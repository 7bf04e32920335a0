package oldkernel

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/integration/internal/box"
	"github.com/runseal/runseal/runtime/kernel"
	"github.com/runseal/runseal/seccomp"
	"github.com/runseal/runseal/seccomp/arch"
)

// lastOf5_10 is the newest call of Linux 5.10 (process_madvise).
const lastOf5_10 = unix.SYS_PROCESS_MADVISE

// Older is a profile that denies what an older kernel has not.
type older []specs.LinuxSyscall

// linux5_10 answers like Linux 5.10.
func linux5_10() older {
	enosys, einval := uint(unix.ENOSYS), uint(unix.EINVAL)
	newer := specs.LinuxSyscall{Action: specs.ActErrno, ErrnoRet: &enosys}
	native := arch.Lookup(arch.Native)
	for nr := native.Base + lastOf5_10 + 1; nr <= native.Max; nr++ {
		if name := native.Name(nr); name != "" {
			newer.Names = append(newer.Names, name)
		}
	}
	flags := func(call string, arg uint, op specs.LinuxSeccompOperator, value, two uint64) specs.LinuxSyscall {
		return specs.LinuxSyscall{
			Names: []string{call}, Action: specs.ActErrno, ErrnoRet: &einval,
			Args: []specs.LinuxSeccompArg{{Index: arg, Value: value, ValueTwo: two, Op: op}},
		}
	}
	return older{
		newer,
		flags("close_range", 2, specs.OpNotEqual, 0, 0),                             // CLOSE_RANGE_CLOEXEC: 5.11
		flags("memfd_create", 1, specs.OpMaskedEqual, unix.MFD_EXEC, unix.MFD_EXEC), // 6.3
		flags("memfd_create", 1, specs.OpMaskedEqual, unix.MFD_NOEXEC_SEAL, unix.MFD_NOEXEC_SEAL),
		flags("seccomp", 1, specs.OpMaskedEqual, unix.SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV, unix.SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV), // 5.19
	}
}

// without answers like a kernel that has not one call.
func without(call string) older {
	enosys := uint(unix.ENOSYS)
	return older{{Names: []string{call}, Action: specs.ActErrno, ErrnoRet: &enosys}}
}

// under makes the box's commands run on the kernel, or on this machine's own if k is nil.
func under(t *testing.T, b *box.Box, k older) {
	t.Helper()
	if k == nil {
		b.Wrap(nil)
		return
	}
	profile, err := json.Marshal(specs.LinuxSeccomp{DefaultAction: specs.ActAllow, Architectures: []specs.Arch{arch.Native}, Syscalls: k})
	must(t, err)
	self, err := os.Executable()
	must(t, err)
	b.Wrap([]string{self}, filterVar+"="+string(profile))
}

// execute replaces this process by argv under a profile. It returns only an error.
func execute(profile string, argv []string) error {
	p, err := seccomp.ParseProfile([]byte(profile))
	if err != nil {
		return err
	}
	f, err := seccomp.Compile(p, seccomp.Options{})
	if err != nil {
		return err
	}
	return f.Exec(argv[0], argv, os.Environ())
}

// The filter does to this machine's kernel what it is meant to do: otherwise every
// other test here would test nothing.
func TestKernelIsOld(t *testing.T) {
	b := sh(t, "true")
	b.WriteConfig(b.Config())
	plan := func() string { return b.Must("plan", b.Dir).Stdout }
	now := plan()
	under(t, b, linux5_10())
	old := plan()
	this := kernel.Lacks()
	for _, c := range []struct {
		call       string
		there, now bool
	}{
		{"mount_setattr(", false, !this.MountSetattr}, {"decimal(", true, this.MountSetattr},
		{"close_range(0x3", false, !this.CloexecRange}, {"cloexec_from(", true, this.CloexecRange},
	} {
		if got := strings.Contains(old, c.call); got != c.there {
			t.Errorf("the plan on Linux 5.10 has %q: %v, want %v", c.call, got, c.there)
		}
		if got := strings.Contains(now, c.call); got != c.now {
			t.Errorf("the plan on this kernel has %q: %v, want %v", c.call, got, c.now)
		}
	}
}
