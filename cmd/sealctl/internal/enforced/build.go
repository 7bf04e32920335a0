package enforced

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/seccomp"
	"github.com/runseal/runseal/seccomp/arch"
	"github.com/runseal/runseal/seccomp/bdd"
)

// builder writes an analysis down as a linux.seccomp object, which may or may not say
// the same: that is for a proof to find out.
type builder struct {
	a         *Analysis
	otherwise seccomp.Action
	entries   []specs.LinuxSyscall
	index     map[string]int // of entries, by all but their names
}

func (b *builder) build() (*specs.LinuxSeccomp, error) {
	b.index = map[string]int{}
	p := &specs.LinuxSeccomp{}
	var err error
	if p.DefaultAction, p.DefaultErrnoRet, err = ociAction(b.otherwise); err != nil {
		return nil, err
	}
	for i := range b.a.Archs {
		p.Architectures = append(p.Architectures, specs.Arch(b.a.Archs[i].Arch.Scmp))
	}
	// The kernel keeps the flag with each filter; it is the whole's if one has it.
	for _, f := range b.a.filters {
		if f.Flags&unix.SECCOMP_FILTER_FLAG_LOG != 0 {
			p.Flags = []specs.LinuxSeccompFlag{specs.LinuxSeccompFlagLog}
		}
	}
	last := make([]uint32, len(b.a.Archs))
	for i := range b.a.Archs {
		last[i] = b.lastMentioned(&b.a.Archs[i])
	}
	for id := range arch.ID(arch.NumIDs) {
		if err := b.name(id, last); err != nil {
			return nil, err
		}
	}
	slices.SortStableFunc(b.entries, func(x, y specs.LinuxSyscall) int {
		return min(len(x.Args), 1) - min(len(y.Args), 1)
	})
	p.Syscalls = b.entries
	return p, nil
}

// lastMentioned returns the number behind which everything gets ENOSYS, which a profile
// that denies by default does by itself; 1<<32-1 if it does not here.
func (b *builder) lastMentioned(t *Arch) uint32 {
	const all = 1<<32 - 1
	enosys := seccomp.Errno(uint16(unix.ENOSYS))
	if b.otherwise == enosys || !denies(b.otherwise) || len(t.spans) < 2 {
		return all
	}
	end := t.spans[len(t.spans)-1]
	if end.To != t.layout.d.Leaf(uint32(enosys)) {
		return all
	}
	return uint32(end.From - 1)
}

// denies says whether a default with this action denies, so that numbers beyond the
// profile's get ENOSYS (docs/seccomp.md, "Calls newer than the profile").
func denies(a seccomp.Action) bool {
	return a.Kind() != seccomp.Allow && a.Kind() != seccomp.Log && a.Kind() != seccomp.Trace(0)
}

// name adds the entries for one name. What it means is taken from the first
// architecture with the widest arguments that has it.
func (b *builder) name(id arch.ID, last []uint32) error {
	var from *Arch
	var f bdd.Ref
	needed, mention := false, false
	for i := range b.a.Archs {
		t := &b.a.Archs[i]
		nr, ok := t.Arch.NumberOf(id)
		if !ok {
			continue
		}
		g := t.at(nr)
		needed = needed || nr <= last[i] && g != t.layout.d.Leaf(uint32(b.otherwise))
		mention = mention || nr == last[i]
		if from == nil || t.Arch.Bits > from.Arch.Bits {
			from, f = t, g
		}
	}
	if !needed {
		if mention { // a rule that says what the default does is none, but its name counts
			return b.add(id, b.otherwise, nil)
		}
		return nil
	}
	actions := from.layout.d.Leaves(f, maxActions)
	if actions == nil {
		return fmt.Errorf("%s %s: more than %d actions", from.Arch.Scmp, id, maxActions)
	}
	slices.SortFunc(actions, func(x, y uint32) int { return int(int64(int32(y)) - int64(int32(x))) })
	c := coverer{d: from.layout.d, bits: from.Arch.Bits, left: &from.layout.left}
	for _, v := range actions {
		if len(actions) > 1 && seccomp.Action(v) == b.otherwise {
			continue
		}
		list, err := c.cover(from.layout.is(f, v))
		if err != nil {
			return fmt.Errorf("%s %s: %w", from.Arch.Scmp, id, err)
		}
		for _, args := range list {
			if err := b.add(id, seccomp.Action(v), args); err != nil {
				return err
			}
		}
	}
	return nil
}

// at returns the function of the call with this number.
func (a *Arch) at(nr uint32) bdd.Ref {
	i := len(a.spans) - 1
	for i > 0 && a.spans[i].From > uint64(nr) {
		i--
	}
	return a.spans[i].To
}

// add puts the name into the entry for action and conditions.
func (b *builder) add(id arch.ID, action seccomp.Action, args []specs.LinuxSeccompArg) error {
	entry := specs.LinuxSyscall{Args: args}
	var err error
	if entry.Action, entry.ErrnoRet, err = ociAction(action); err != nil {
		return fmt.Errorf("%s: %w", id, err)
	}
	key, err := json.Marshal(entry)
	if err != nil {
		return err
	}
	i, ok := b.index[string(key)]
	if !ok {
		i = len(b.entries)
		b.index[string(key)] = i
		b.entries = append(b.entries, entry)
	}
	b.entries[i].Names = append(b.entries[i].Names, id.String())
	return nil
}

// ociAction returns the action as profiles spell it. Data on an action that has none
// in profiles is an error.
func ociAction(a seccomp.Action) (action specs.LinuxSeccompAction, errno *uint, err error) {
	name, _, hasData := strings.Cut(a.String(), "(")
	data := uint(a.Data())
	switch a.Kind() {
	case seccomp.Errno(0), seccomp.Trace(0):
		if hasData {
			errno = &data
		}
	case seccomp.KillProcess, seccomp.KillThread, seccomp.Trap, seccomp.Notify, seccomp.Log, seccomp.Allow:
		if data != 0 {
			return "", nil, fmt.Errorf("the filter returns %#x, %s with the data %d, for which profiles have no field", uint32(a), name, data)
		}
	default:
		return "", nil, fmt.Errorf("the filter returns %#x, which is no action of profiles", uint32(a))
	}
	return specs.LinuxSeccompAction(name), errno, nil
}
