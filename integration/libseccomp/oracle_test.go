//go:build libseccomp

package libseccomp

import (
	"fmt"
	"slices"
	"testing"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/seccomp"
	"github.com/runseal/runseal/seccomp/arch"
	"github.com/runseal/runseal/seccomp/bpf"
)

// call is one compared call with both decisions.
type call struct {
	*bpf.Data
	profile      *comparison
	ours, theirs seccomp.Action
}

// comparison is one profile as both sides have compiled it.
type comparison struct {
	archs  []specs.Arch
	names  []string // in the profile's rules
	policy *seccomp.Policy
	theirs *Filter
}

func (c *call) arch() *arch.Arch { return arch.ByCall(c.Arch, c.Nr) }

func (c *call) listed() bool {
	a := c.arch()
	return a != nil && slices.Contains(c.profile.archs, specs.Arch(a.Scmp))
}

// newest is the largest number that a name which the library does not know has on
// the call's architecture; 0 without one.
func (c *call) newest() (nr uint32) {
	for _, name := range c.profile.theirs.Unknown {
		if n, ok := c.arch().Number(name); ok {
			nr = max(nr, n)
		}
	}
	return nr
}

// multiplexed is the largest number that one of the profile's socket or IPC calls has
// on X86, by itself or through its multiplexer.
func (c *call) multiplexed() (nr uint32) {
	for _, name := range c.profile.names {
		switch name {
		case "socket", "socketpair", "bind", "sendto":
			n, ok := c.arch().Number(name)
			if !ok {
				panic(name)
			}
			nr = max(nr, socketcall, n)
		case "shmat", "semop":
			nr = max(nr, ipc)
		}
	}
	return nr
}

// differences are all ways in which the decisions may differ, with the reason.
// TestDecisions meets each of them.
var differences = [...]struct {
	reason  string
	age     bool // that of the library's tables: it may go with another version
	applies func(c *call) bool
}{
	{"a call from an architecture that is not listed kills the process; a program that lost one of its threads would hang", false, func(c *call) bool {
		return !c.listed() && c.ours == seccomp.KillProcess && c.theirs == seccomp.KillThread
	}},
	{"runc looks at bit 30 to tell x32 from x86_64, so that without x32 the numbers from 2^31 to 2^31+2^30-1 are ENOSYS; here they are an architecture that is not listed", false, func(c *call) bool {
		return c.Arch == unix.AUDIT_ARCH_X86_64 && c.Nr>>30 == 2 && !c.listed() && c.ours == seccomp.KillProcess && c.theirs == enosys
	}},
	{"the library has no numbers for the socket and IPC calls of X86, so that they do not count for the largest number that runc looks for", false, func(c *call) bool {
		return c.Arch == unix.AUDIT_ARCH_I386 && c.listed() && c.theirs == enosys && c.Nr <= c.multiplexed()
	}},
	{"runc counts the private calls of arm and the 36 that x32 has of its own for the largest number, so that nothing between them and the other calls is newer, and private calls can be; here they do not count", false, func(c *call) bool {
		if !c.listed() {
			return false
		}
		first, last, ok := c.arch().Apart()
		if c.Nr < first {
			return ok && c.ours == enosys
		}
		// Behind them, too, if the profile names no other call.
		return ok && c.theirs == enosys && (c.Nr <= last || c.ours != enosys)
	}},
	{"the library compares the whole first argument of ipc, so that its rules meet version 0 only; the kernel does not look at the version", false, func(c *call) bool {
		return c.listed() && c.Arch == unix.AUDIT_ARCH_I386 && c.Nr == ipc && c.Args[0]&0xffff0000 != 0
	}},
	{"the library does not know the name, so the rule is skipped", true, func(c *call) bool {
		return c.listed() && slices.Contains(c.profile.theirs.Unknown, c.arch().Name(c.Nr))
	}},
	{"the library does not know the largest number that the profile names, so that runc's ENOSYS for the future begins earlier", true, func(c *call) bool {
		return c.listed() && c.theirs == enosys && c.profile.theirs.Future(c.Arch, c.Nr) && c.Nr < c.newest()
	}},
}

const enosys = seccomp.Action(unix.SECCOMP_RET_ERRNO | 38)

// oracle counts over all comparisons.
type oracle struct {
	met   [len(differences)]int
	calls int
}

// compare holds Decide and the compiled program against libseccomp.
func (o *oracle) compare(t *testing.T, p *specs.LinuxSeccomp, native specs.Arch, level int, options seccomp.Options) *Filter {
	t.Helper()
	c := comparison{archs: append([]specs.Arch{native}, p.Architectures...)}
	for _, s := range p.Syscalls {
		c.names = append(c.names, s.Names...)
	}
	var err error
	if c.theirs, err = Compile(p, native, level); err != nil {
		t.Fatal(err)
	}
	options.Native = string(native)
	if c.policy, err = seccomp.NewPolicy(p, options); err != nil {
		t.Fatal(err)
	}
	ours, err := c.policy.Compile()
	if err != nil {
		t.Fatal(err)
	}
	vm, err := bpf.NewVM(ours.Instructions)
	if err != nil {
		t.Fatal(err)
	}
	wrong := 0
	calls(p, c.archs, func(d *bpf.Data) bool {
		o.calls++
		one := call{d, &c, c.policy.Decide(d.Arch, d.Nr, d.Args), c.theirs.Run(d)}
		if got := seccomp.Action(vm.Run(d)); got != one.ours {
			t.Errorf("%s: the program returns %s, Decide %s", &one, got, one.ours)
			wrong++
		}
		if one.ours != one.theirs && !o.explained(&one) {
			t.Errorf("%s: %s, libseccomp as runc drives it: %s", &one, one.ours, one.theirs)
			wrong++
		}
		return wrong < 10
	})
	return c.theirs
}

// explained finds the documented reason for a difference.
func (o *oracle) explained(c *call) bool {
	for i := range differences {
		if differences[i].applies(c) {
			o.met[i]++
			return true
		}
	}
	return false
}

func (c *call) String() string {
	name := "no known architecture"
	if a := c.arch(); a != nil {
		name = a.Scmp + " " + a.Name(c.Nr)
	}
	return fmt.Sprintf("%s (arch %#x, nr %d) args %#x", name, c.Arch, c.Nr, c.Args)
}
