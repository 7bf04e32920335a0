package seccomp

import (
	"bytes"
	"io"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/seccomp/arch"
	"github.com/runseal/runseal/seccomp/bpf"
)

// Filter is a program for the kernel, with the flags to install it.
type Filter struct {
	Instructions []bpf.Instruction
	Flags        uint     // SECCOMP_FILTER_FLAG_* for seccomp(2)
	Warnings     []string // about the profile, one line each

	unasked uint // the part of Flags that may be left out
}

// Compile is [NewPolicy] and [Policy.Compile] in one.
func Compile(profile *specs.LinuxSeccomp, o Options) (*Filter, error) {
	p, err := NewPolicy(profile, o)
	if err != nil {
		return nil, err
	}
	return p.Compile()
}

// Listener says whether a rule hands calls to an agent (SCMP_ACT_NOTIFY), so that
// seccomp(2) returns a listener: Flags has SECCOMP_FILTER_FLAG_NEW_LISTENER.
func (f *Filter) Listener() bool { return f.Flags&unix.SECCOMP_FILTER_FLAG_NEW_LISTENER != 0 }

// Bytes returns the program as an array of struct sock_filter in native byte
// order, 8 bytes each, for a caller that makes the system call itself.
func (f *Filter) Bytes() []byte { return bpf.Bytes(f.Instructions) }

// PrctlSuffices says whether prctl(PR_SET_SECCOMP), which takes no flags, may
// stand in for a seccomp(2) that fails with ENOSYS: no flag was asked for.
// (The default flag only saves time; a listener comes from seccomp(2) alone.)
func (f *Filter) PrctlSuffices() bool { return f.Flags&^f.unasked == 0 }

// Disassemble returns the program as text, one instruction a line, with
// architectures, system calls and actions by name.
func (f *Filter) Disassemble() string {
	var b bytes.Buffer
	_ = f.WriteListing(&b) // a bytes.Buffer does not fail
	return b.String()
}

// WriteListing writes what Disassemble returns.
func (f *Filter) WriteListing(w io.Writer) error {
	return bpf.Disassemble(w, f.Instructions, bpf.Namer{
		Arch: func(audit uint32) string {
			if a := arch.ByCall(audit, 0); a != nil {
				return a.Scmp
			}
			return ""
		},
		Syscall: func(audit, nr uint32) string {
			if a := arch.ByCall(audit, nr); a != nil {
				return a.Name(nr)
			}
			return ""
		},
		Return: func(v uint32) string { return Action(v).String() },
	})
}
