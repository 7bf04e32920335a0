package seccomp

import (
	"errors"
	"fmt"
	"strings"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/seccomp/arch"
)

// Options change how a profile is read.
type Options struct {
	// Native is the architecture of the kernel, which is always part of the
	// filter. Empty: the one this program was built for.
	Native string
	// Strict makes an unknown system call name an error instead of a warning.
	Strict bool
	// KillThread lets a call from an architecture that is not listed kill the
	// calling thread, as runc does, instead of the process.
	KillThread bool
	// IntArgs compares an argument that the kernel takes as int, unsigned int
	// or another type of at most 32 bits in 32 bits ([arch.IntArgs]), so that a
	// caller cannot pass a condition by with bits that the kernel ignores. Off,
	// as libseccomp does it: the whole register of a 64-bit caller counts.
	IntArgs bool
	// AsRunc decides as runc and libseccomp do where this package knows better, so
	// that their filters can be compared with a profile. Which calls are newer is told
	// by the largest of all numbers that the profile has on an architecture, those that
	// stand apart too ([arch.Arch.Apart]): on 32-bit ARM and x32 a profile that names
	// one of them, as those of engines do, then has no newer calls. And a rule for a
	// System V IPC call meets only version 0 of ipc(2), although the kernel makes the
	// same call of the others. KillThread is an option of its own.
	AsRunc bool
}

// Policy is a profile spelt out: a total function from calls to actions. It does
// not change; use one from several goroutines as you like. [NewPolicy] and
// [Intersect] make policies; the zero value is none.
type Policy struct {
	// Warnings are for the author of the profile, one line each.
	Warnings []string

	otherwise Action   // for calls that no rule matches
	unlisted  Action   // for calls from architectures that are not listed
	flags     uint     // SECCOMP_FILTER_FLAG_* to install the filter with
	unasked   uint     // the part of Flags that may be left out
	tables    []table  // of the listed architectures, the native one first
	lists     [][]cond // conditions of rules

	stack *[2]*Policy // instead of tables: of an intersection, the older one first
}

// table is what the policy says about one architecture.
type table struct {
	arch  *arch.Arch
	rules []rule // in profile order
	// sources says which entries of the profile the rules are from, for people.
	sources []source
	// last is the largest number that a name in the profile has here. Calls
	// beyond it are newer than the profile: unless the default lets calls
	// pass they get ENOSYS, so that a program can fall back to an older call.
	// Numbers that no new call gets are neither.
	last    uint32
	hasLast bool
	apart   apartRange

	withArgs int // rules that have conditions
}

// NewPolicy checks a profile and spells it out. The error names the first
// field at fault as a path from the root of config.json.
func NewPolicy(profile *specs.LinuxSeccomp, o Options) (*Policy, error) {
	if profile == nil {
		return nil, errors.New("linux.seccomp: missing")
	}
	p := &Policy{unlisted: KillProcess}
	if o.KillThread {
		p.unlisted = KillThread
	}
	var err error
	if profile.DefaultAction == specs.ActNotify {
		return nil, errors.New("linux.seccomp.defaultAction: SCMP_ACT_NOTIFY is not allowed as the default, " +
			"since nothing could run before an agent answers")
	}
	if p.otherwise, err = parseAction("linux.seccomp", "defaultAction", "defaultErrnoRet",
		profile.DefaultAction, profile.DefaultErrnoRet); err != nil {
		return nil, err
	}
	if p.flags, p.unasked, err = parseFlags(profile.Flags); err != nil {
		return nil, err
	}
	if p.tables, err = listArchs(profile.Architectures, o.Native); err != nil {
		return nil, err
	}
	if !o.AsRunc {
		for t := range p.tables {
			p.tables[t].apart = apartOf(p.tables[t].arch)
		}
	}
	names := 0
	for i := range profile.Syscalls {
		names += len(profile.Syscalls[i].Names)
	}
	names = min(names+32, arch.NumIDs) // more only if calls have several rules
	for t := range p.tables {
		p.tables[t].rules = make([]rule, 0, names)
		p.tables[t].sources = make([]source, 0, min(len(profile.Syscalls), 64))
	}
	s := speller{Policy: p, profile: profile, strict: o.Strict, intArgs: o.IntArgs, asRunc: o.AsRunc, muxConds: make([]cond, 0, 32)}
	p.lists = make([][]cond, 0, 48)
	for i := range profile.Syscalls {
		if err := s.add(i, &profile.Syscalls[i]); err != nil {
			return nil, err
		}
	}
	s.finish()
	if err := p.listen(profile); err != nil {
		return nil, err
	}
	return p, nil
}

// Flags are the SECCOMP_FILTER_FLAG_* values that the policy's filter is installed with.
func (p *Policy) Flags() uint { return p.flags }

// Listener says whether installing the policy's filter gives a listener: some rule says
// SCMP_ACT_NOTIFY.
func (p *Policy) Listener() bool { return p.flags&unix.SECCOMP_FILTER_FLAG_NEW_LISTENER != 0 }

// listArchs returns empty tables for the native architecture and the listed
// ones. A list that leaves the native one out does not exclude it.
func listArchs(list []specs.Arch, native string) ([]table, error) {
	if native == "" {
		native = arch.Native
	}
	first := arch.Lookup(native)
	if first == nil {
		return nil, fmt.Errorf("linux.seccomp: native architecture %q: expected one that this program has a system call table for: %s", native, knownArchs())
	}
	tables := make([]table, 1, len(list)+1)
	tables[0].arch = first
next:
	for i, name := range list {
		a := arch.Lookup(string(name))
		if a == nil && arch.Untabled(string(name)) {
			return nil, fmt.Errorf("linux.seccomp.architectures[%d]: %q: expected one that this program has a system call table for: %s", i, string(name), knownArchs())
		}
		if a == nil {
			return nil, fmt.Errorf("linux.seccomp.architectures[%d]: %q: expected one of %s", i, string(name), knownArchs())
		}
		for _, t := range tables {
			if t.arch == a {
				continue next
			}
		}
		tables = append(tables, table{arch: a})
	}
	return tables, nil
}

func knownArchs() string {
	var s []string
	for _, a := range arch.All() {
		s = append(s, a.Scmp)
	}
	return strings.Join(s, ", ")
}

// apartRange is the numbers of a table that no new call gets, first to last.
type apartRange struct {
	first, last uint32
	some        bool // there are any
}

func apartOf(a *arch.Arch) (p apartRange) {
	p.first, p.last, p.some = a.Apart()
	return p
}

func (p apartRange) has(nr uint32) bool { return p.some && p.first <= nr && nr <= p.last }

// beyond returns the action for a call that no rule matches.
func (p *Policy) beyond(t *table, nr uint32) Action {
	if t.hasLast && nr > t.last && !t.apart.has(nr) && p.otherwise.Kind() != Allow && p.otherwise.Kind() != Log && p.otherwise.Kind() != Trace(0) {
		return Errno(uint16(unix.ENOSYS))
	}
	return p.otherwise
}

func syscallPath(i int) string { return fmt.Sprintf("linux.seccomp.syscalls[%d]", i) }
