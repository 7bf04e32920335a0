package seccomp

import (
	"errors"
	"fmt"
	"strings"

	"github.com/opencontainers/runtime-spec/specs-go"

	"github.com/runseal/runseal/seccomp/arch"
)

// rule applies its action to the calls nr for which all conditions hold. It has
// no pointer, since there are many rules and few have conditions.
type rule struct {
	nr     uint32
	action Action
	list   int32 // 0: none; else a position in the policy's lists, plus 1
}

// conds returns the conditions of a rule, all of which must hold.
func (p *Policy) conds(r *rule) []cond {
	if r.list == 0 {
		return nil
	}
	return p.lists[r.list-1]
}

// idSet is a set of system call names.
type idSet [(arch.NumIDs + 63) / 64]uint64

func (s *idSet) has(id arch.ID) bool { return s[id/64]>>(id%64)&1 != 0 }
func (s *idSet) add(id arch.ID)      { s[id/64] |= 1 << (id % 64) }

const (
	// maxWithArgs bounds the rules with conditions for one architecture. Each
	// has a condition of its own, and a filter has room for less than 4096.
	maxWithArgs = 1 << 16
	// maxWarnings bounds the warnings about unknown names.
	maxWarnings = 100
)

// speller turns the entries of a profile into the rules of a policy's tables.
type speller struct {
	*Policy
	strict, intArgs, asRunc bool

	split    [][]cond           // alternatives of the entry, as the profile has them
	used     uint8              // the arguments that they look at, a bit for each
	at       [allArgs + 1]int32 // where they are in the policy's lists with these arguments cut, plus 1; 0: not yet
	done     idSet              // names that have a rule without conditions, which beats all others
	muxConds []cond             // room for the conditions of rules for multiplexers
	profile  *specs.LinuxSeccomp
	asked    idSet // names about which always has been asked
	yes      idSet // those of them for which it is true
	unnamed  int   // unknown names without a warning of their own
}

// add spells out linux.seccomp.syscalls[i].
func (s *speller) add(i int, entry *specs.LinuxSyscall) error {
	if len(entry.Names) == 0 {
		return fmt.Errorf("%s.names: missing or empty, expected at least one system call", syscallPath(i))
	}
	// The path is for the error, which is rare: making the text takes longer
	// than the check.
	action, err := parseAction("", "action", "errnoRet", entry.Action, entry.ErrnoRet)
	if err != nil {
		_, err = parseAction(syscallPath(i), "action", "errnoRet", entry.Action, entry.ErrnoRet)
		return err
	}
	conds, err := parseConds(i, entry.Args)
	if err != nil {
		return err
	}
	s.alternatives(conds)
	// A rule that does what happens anyway is no rule: it must not shadow a
	// later one.
	effective := action != s.otherwise
	var seen idSet
	for j, name := range entry.Names {
		id, known := arch.Find(name)
		if !known {
			if err := s.unknown(i, j, name); err != nil {
				return err
			}
			continue
		}
		if seen.has(id) || s.done.has(id) { // the same rules again, or rules that never count
			continue
		}
		seen.add(id)
		for k := range s.tables {
			t := &s.tables[k]
			nr, ok := t.arch.NumberOf(id)
			if ok {
				t.mention(nr)
			}
			if ok && effective {
				if len(conds) == 0 {
					t.rules = append(t.rules, rule{nr: nr, action: action})
				} else {
					t.addRules(nr, action, s.lists(t, id), len(s.split))
				}
			}
			if mux, nr, call, ok := t.arch.Mux(id); ok {
				t.mention(nr)
				if effective && !s.done.has(mux) && (len(conds) == 0 || !s.always(id, name)) {
					s.addMux(t, mux, nr, call, action)
				}
			}
			if t.withArgs > maxWithArgs {
				return fmt.Errorf("%s: more than %d rules with args for %s, which no filter has room for", syscallPath(i), maxWithArgs, t.arch.Scmp)
			}
		}
		if effective && len(conds) == 0 {
			s.done.add(id)
		}
	}
	for k := range s.tables {
		s.tables[k].from(i)
	}
	return nil
}

// alternatives starts an entry with these conditions.
func (s *speller) alternatives(conds []cond) {
	s.split, s.used = alternatives(conds), 0
	for _, c := range conds {
		s.used |= 1 << c.arg
	}
	if s.used != 0 {
		s.at = [allArgs + 1]int32{}
	}
}

// narrow returns the arguments of a call that are compared in 32 bits, a bit for
// each: all on 32-bit architectures, and those that are an int to the kernel if
// that was asked for.
func (s *speller) narrow(t *table, id arch.ID) uint8 {
	switch {
	case t.arch.Bits == 32:
		return allArgs
	case s.intArgs:
		return arch.IntArgs(id)
	}
	return 0
}

// lists returns where the alternatives of the current entry are, as conditions for
// a call.
func (s *speller) lists(t *table, id arch.ID) int32 {
	narrow := s.narrow(t, id) & s.used
	if s.at[narrow] == 0 {
		s.at[narrow] = int32(len(s.Policy.lists)) + 1
		for _, conds := range s.split {
			s.Policy.lists = append(s.Policy.lists, cut(conds, narrow))
		}
	}
	return s.at[narrow] - 1
}

// addRules adds a rule for each of the n lists of conditions from the position on.
func (t *table) addRules(nr uint32, action Action, at int32, n int) {
	for i := range int32(n) {
		t.rules = append(t.rules, rule{nr, action, at + i + 1})
	}
	t.withArgs += n
}

func (t *table) mention(nr uint32) {
	if !t.apart.has(nr) {
		t.last, t.hasLast = max(t.last, nr), true
	}
}

// unknown deals with linux.seccomp.syscalls[i].names[j] that no architecture has.
func (s *speller) unknown(i, j int, name string) error {
	path := fmt.Sprintf("%s.names[%d]", syscallPath(i), j)
	switch {
	case name == "":
		return fmt.Errorf("%s: empty, expected the name of a system call", path)
	case strings.IndexByte(name, 0) >= 0:
		return fmt.Errorf("%s: %q: expected the name of a system call, without NUL", path, name)
	}
	if !s.strict && len(s.Warnings) >= maxWarnings {
		s.unnamed++
		return nil
	}
	msg := fmt.Sprintf("%s: %q is not a system call of any known architecture", path, name)
	if plain := strings.ToLower(strings.TrimSpace(name)); plain != name {
		if _, ok := arch.Find(plain); ok {
			msg += fmt.Sprintf(", did you mean %q", plain)
		}
	}
	if s.strict {
		return errors.New(msg)
	}
	s.Warnings = append(s.Warnings, msg+"; the entry has no effect")
	return nil
}

// finish adds the warnings that concern the profile as a whole.
func (s *speller) finish() {
	if s.unnamed > 0 {
		s.Warnings = append(s.Warnings, fmt.Sprintf("linux.seccomp.syscalls: %d more names are not system calls of any known architecture", s.unnamed))
	}
}
