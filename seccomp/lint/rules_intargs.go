package lint

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/runseal/runseal/seccomp"
	"github.com/runseal/runseal/seccomp/arch"
	"github.com/runseal/runseal/seccomp/bpf"
)

var intArgument = &Rule{
	ID: "int-argument-64-bit", Severity: Warning,
	Title: "a condition that a program passes by with the upper half of an int argument",
	Help: `The kernel takes many arguments as int or another type of 32 bits and ignores the upper half of the register, but a
filter of a 64-bit architecture compares all 64 bits. If a rule denies one value (or allows those above it), a program can
set any bit in the upper half: the filter sees another value, the kernel the denied one. The finding names such a value.
Only comparisons that make the profile more permissive are reported.
Compare with SCMP_CMP_MASKED_EQ, value 4294967295, valueTwo the value: that looks at the lower half alone. Of a mode (of
chmod, mkdir, mknod, open and their like) the kernel takes 16 bits: for modes mask with 0o7777 (value 4095). A list of
the values that are allowed (SCMP_CMP_EQ, and everything else denied) is not concerned either.`,
}

func checkIntArguments(m *model) {
	type found struct {
		path, text string
		calls      []string
		related    []string
	}
	var all []found
	for _, id := range m.ids {
		ints := arch.IntArgs(id)
		if !m.conditional(id) || !m.comparesInt(id, ints) {
			continue
		}
		d, with := m.intDifference(id)
		if d == nil {
			continue
		}
		f := found{calls: []string{id.String()}}
		// The entry that lets the call pass by, or else the one that was to deny it.
		at := entryOf(d, m.policy, nil)
		if at < 0 {
			at = entryOf(d, with.ints, with.entries)
		}
		for _, u := range m.uses[id] {
			for k, a := range m.profile.Syscalls[u.entry].Args {
				if e := &m.entries[u.entry]; !e.effective || ints>>a.Index&1 == 0 {
					continue
				}
				if path := argPath(u.entry, k); u.entry == at && f.path == "" {
					f.path = path
				} else {
					f.related = append(f.related, path)
				}
			}
		}
		if f.path == "" {
			f.path, f.related = f.related[0], f.related[1:]
		}
		seen := d.Example.Args
		for i := range seen {
			if ints>>i&1 != 0 {
				seen[i] &= 1<<32 - 1
			}
		}
		f.text = fmt.Sprintf("%s gets %s, although the kernel reads it as %s, which the profile decides as %s",
			callText(id, d.Example.Args, ints), d.A, callText(id, seen, ints), d.B)
		if m.policy.Decide(d.Example.Arch, d.Example.Nr, seen) != d.B {
			// Without upper halves in the arguments only one in the profile makes a difference.
			f.text = fmt.Sprintf("%s gets %s, but %s if 32 bits are compared, which is what the kernel reads: a value of the profile is above them",
				callText(id, seen, ints), m.policy.Decide(d.Example.Arch, d.Example.Nr, seen), d.B)
		}
		i := slices.IndexFunc(all, func(o found) bool { return o.path == f.path })
		if i < 0 {
			all = append(all, f)
			continue
		}
		all[i].calls = append(all[i].calls, f.calls...)
		for _, path := range f.related {
			if !slices.Contains(all[i].related, path) {
				all[i].related = append(all[i].related, path)
			}
		}
	}
	for _, f := range all {
		if len(f.calls) > 1 {
			f.text += "; the same for " + list(f.calls[1:])
		}
		m.report(intArgument, f.path, f.text, f.calls, f.related...)
	}
}

// comparesInt says whether an effective entry for the call compares an argument that
// the kernel takes in 32 bits.
func (m *model) comparesInt(id arch.ID, ints uint8) bool {
	return slices.ContainsFunc(m.uses[id], func(u use) bool {
		for _, a := range m.profile.Syscalls[u.entry].Args {
			if m.entries[u.entry].effective && ints>>a.Index&1 != 0 {
				return true
			}
		}
		return false
	})
}

// withInts is an aspect of the profile in which int arguments are compared as such.
type withInts struct {
	ints    *seccomp.Policy
	entries []int
}

// intDifference returns a call that passes more freely than if its int arguments were
// compared as the kernel reads them, or nil. A is the action that it gets, B the one that
// is meant.
func (m *model) intDifference(id arch.ID) (*seccomp.Difference, withInts) {
	l := m.loadOf(m.uses[id])
	// There may be many differences, and each is said in short.
	if l.rules > maxRules || !m.afford(l.comparing()+l.explaining(), id.String()) {
		m.leave(id.String())
		return nil, withInts{}
	}
	part := m.aspect(id, nil)
	wide, err := part.policy(false)
	if err != nil {
		m.leave(id.String())
		return nil, withInts{}
	}
	narrow, err := part.policy(true)
	if err != nil {
		m.leave(id.String())
		return nil, withInts{}
	}
	diff, err := seccomp.Compare(wide, narrow)
	if err != nil {
		m.leave(id.String())
		return nil, withInts{}
	}
	for _, d := range diff.Differences {
		a := arch.ByCall(d.Example.Arch, d.Example.Nr)
		if nr, ok := a.NumberOf(id); ok && nr == d.Example.Nr && a.Bits == 64 && weaker(d.A, d.B) {
			d.Example = nicer(d, wide, narrow, arch.IntArgs(id))
			return &d, withInts{narrow, part.entries}
		}
	}
	return nil, withInts{}
}

// weaker says whether x lets more happen than y: the order of the kernel's actions.
func weaker(x, y seccomp.Action) bool { return cmp.Compare(int32(x.Kind()), int32(y.Kind())) > 0 }

// nicer returns the example with no more than one bit above the lower halves, if that
// is an example, too.
func nicer(d seccomp.Difference, wide, narrow *seccomp.Policy, ints uint8) bpf.Data {
	for i := range d.Example.Args {
		try := d.Example
		if ints>>i&1 == 0 || try.Args[i]>>32 == 0 {
			continue
		}
		try.Args[i] = try.Args[i]&(1<<32-1) | 1<<32
		if wide.Decide(try.Arch, try.Nr, try.Args) == d.A && narrow.Decide(try.Arch, try.Nr, try.Args) == d.B {
			d.Example = try
		}
	}
	return d.Example
}

// entryOf returns the entry that decides the example of a difference, or -1. entries
// says which of the profile's the entries of the policy are; nil: they are the same.
func entryOf(d *seccomp.Difference, policy *seccomp.Policy, entries []int) int {
	list, err := policy.Explain(d.Example.Arch, d.Example.Nr, values(d.Example.Args)...)
	if err != nil || len(list) != 1 || list[0].Cause.By != seccomp.ByRule {
		return -1
	}
	at := list[0].Cause.Entry
	if entries != nil {
		at = entries[at]
	}
	return at
}

// callText is "socket(0x100000028)": a call with the arguments up to the last that is
// not 0 or, if there is none, that is compared.
func callText(id arch.ID, args [6]uint64, compared uint8) string {
	n := 1
	for i, v := range args {
		if v != 0 {
			n = i + 1
		}
	}
	if compared != 0 && args == ([6]uint64{}) {
		for i := range args {
			if compared>>i&1 != 0 {
				n = i + 1
				break
			}
		}
	}
	var text []string
	for _, v := range args[:n] {
		text = append(text, fmt.Sprintf("%#x", v))
	}
	return fmt.Sprintf("%s(%s)", id, strings.Join(text, ", "))
}
