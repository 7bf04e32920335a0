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
}

// Policy is a profile spelt out: a total function from calls to actions.
type Policy struct {
	// Default is the action for calls that no rule matches.
	Default Action
	// Unlisted is the action for calls from architectures that are not listed.
	Unlisted Action
	// Flags are the SECCOMP_FILTER_FLAG_* bits to install the filter with.
	Flags uint
	// Warnings are for the author of the profile, one line each.
	Warnings []string

	unasked uint    // the part of Flags that may be left out
	tables  []table // of the listed architectures, the native one first
}

// table is what the policy says about one architecture.
type table struct {
	arch  *arch.Arch
	rules []rule // in profile order
	// last is the largest number that a name in the profile has here. Calls
	// beyond it are newer than the profile: unless the default lets calls
	// pass they get ENOSYS, so that a program can fall back to an older call.
	last    uint32
	hasLast bool
}

// rule applies its action to the calls nr for which all conditions hold.
type rule struct {
	nr     uint32
	action Action
	list   *[]cond // nil: none; a pointer, since nearly all rules have none
}

// conds returns the conditions, all of which must hold.
func (r *rule) conds() []cond {
	if r.list == nil {
		return nil
	}
	return *r.list
}

// some is nil for an empty list.
func some(conds *[]cond) *[]cond {
	if len(*conds) == 0 {
		return nil
	}
	return conds
}

// NewPolicy checks a profile and spells it out. The error names the first
// field at fault as a path from the root of config.json.
func NewPolicy(profile *specs.LinuxSeccomp, o Options) (*Policy, error) {
	if profile == nil {
		return nil, errors.New("linux.seccomp: missing")
	}
	p := &Policy{Unlisted: KillProcess}
	if o.KillThread {
		p.Unlisted = KillThread
	}
	var err error
	if profile.DefaultAction == specs.ActNotify {
		return nil, errors.New("linux.seccomp.defaultAction: SCMP_ACT_NOTIFY is not allowed as the default, " +
			"since nothing could run before an agent answers")
	}
	if p.Default, err = parseAction("linux.seccomp", "defaultAction", "defaultErrnoRet",
		profile.DefaultAction, profile.DefaultErrnoRet); err != nil {
		return nil, err
	}
	if p.Flags, p.unasked, err = parseFlags(profile.Flags); err != nil {
		return nil, err
	}
	if profile.ListenerMetadata != "" && profile.ListenerPath == "" {
		return nil, errors.New("linux.seccomp.listenerMetadata: set without listenerPath, expected both or none")
	}
	if p.tables, err = listArchs(profile.Architectures, o.Native); err != nil {
		return nil, err
	}
	names := 0
	for i := range profile.Syscalls {
		names += len(profile.Syscalls[i].Names)
	}
	for t := range p.tables {
		p.tables[t].rules = make([]rule, 0, names+32) // room for the i386 multiplexers
	}
	for i := range profile.Syscalls {
		if err := p.add(i, &profile.Syscalls[i], o.Strict); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// listArchs returns empty tables for the native architecture and the listed
// ones. A list that leaves the native one out does not exclude it.
func listArchs(list []specs.Arch, native string) ([]table, error) {
	if native == "" {
		native = arch.Native
	}
	first := arch.Lookup(native)
	if first == nil {
		return nil, fmt.Errorf("linux.seccomp: native architecture %q has no system call table, expected one of %s", native, knownArchs())
	}
	tables := make([]table, 1, len(list)+1)
	tables[0].arch = first
next:
	for i, name := range list {
		a := arch.Lookup(string(name))
		if a == nil {
			return nil, fmt.Errorf("linux.seccomp.architectures[%d]: unknown architecture %q, expected one of %s", i, string(name), knownArchs())
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

// add spells out linux.seccomp.syscalls[i].
func (p *Policy) add(i int, s *specs.LinuxSyscall, strict bool) error {
	path := syscallPath(i)
	if len(s.Names) == 0 {
		return fmt.Errorf("%s.names: missing or empty, expected at least one system call", path)
	}
	action, err := parseAction(path, "action", "errnoRet", s.Action, s.ErrnoRet)
	if err != nil {
		return err
	}
	conds, err := parseConds(path, s.Args)
	if err != nil {
		return err
	}
	// A rule that does what happens anyway is no rule: it must not shadow a
	// later one.
	effective := action != p.Default
	split := alternatives(conds)
	for j, name := range s.Names {
		id, known := arch.Find(name)
		if !known {
			if err := p.unknown(fmt.Sprintf("%s.names[%d]", path, j), name, strict); err != nil {
				return err
			}
			continue
		}
		for k := range p.tables {
			t := &p.tables[k]
			if nr, ok := t.arch.NumberOf(id); ok {
				t.mention(nr)
				for c := range split {
					if effective {
						t.rules = append(t.rules, rule{nr, action, some(&split[c])})
					}
				}
			}
			if t.arch.HasMux() {
				if nr, call, ok := arch.Mux(name); ok {
					t.mention(nr)
					for _, c := range split {
						if effective {
							mux := muxConds(call, c)
							t.rules = append(t.rules, rule{nr, action, &mux})
						}
					}
				}
			}
		}
	}
	return nil
}

func (t *table) mention(nr uint32) {
	t.last, t.hasLast = max(t.last, nr), true
}

// muxConds turns the conditions on a socket or IPC call into those on the
// multiplexer. Its first argument selects the call, so a condition on the
// call's own first argument is lost. The others stay, although they now see
// the multiplexer's registers. Today's default profiles depend on both.
func muxConds(call uint32, conds []cond) []cond {
	m := make([]cond, 1, 1+len(conds))
	m[0] = cond{arg: 0, op: opEQ, value: uint64(call)}
	for _, c := range conds {
		if c.arg != 0 {
			m = append(m, c)
		}
	}
	return m
}

// unknown deals with a name that no architecture has.
func (p *Policy) unknown(path, name string, strict bool) error {
	switch {
	case name == "":
		return fmt.Errorf("%s: empty, expected the name of a system call", path)
	case strings.IndexByte(name, 0) >= 0:
		return fmt.Errorf("%s: %q contains a NUL byte, expected the name of a system call", path, name)
	}
	msg := fmt.Sprintf("%s: %q is not a system call of any known architecture", path, name)
	if plain := strings.ToLower(strings.TrimSpace(name)); plain != name {
		if _, ok := arch.Find(plain); ok {
			msg += fmt.Sprintf(", did you mean %q", plain)
		}
	}
	if strict {
		return errors.New(msg)
	}
	p.Warnings = append(p.Warnings, msg+"; the entry has no effect")
	return nil
}

// beyond returns the action for a call that no rule matches.
func (p *Policy) beyond(t *table, nr uint32) Action {
	if t.hasLast && nr > t.last && p.Default.Kind() != Allow && p.Default.Kind() != Log && p.Default.Kind() != Trace(0) {
		return Errno(uint16(unix.ENOSYS))
	}
	return p.Default
}

func syscallPath(i int) string { return fmt.Sprintf("linux.seccomp.syscalls[%d]", i) }
