package arch

import (
	"cmp"
	"slices"
)

// Call is a system call of one architecture.
type Call struct {
	Number uint32
	ID     ID
}

// Calls returns all calls that the architecture has, by number, and names of one number
// in the order of their IDs: the first is the one that [Arch.Name] gives.
func (a *Arch) Calls() []Call {
	var list []Call
	for id := range ID(NumIDs) {
		if nr, ok := a.NumberOf(id); ok {
			list = append(list, Call{nr, id})
		}
	}
	slices.SortFunc(list, func(x, y Call) int { return cmp.Or(cmp.Compare(x.Number, y.Number), cmp.Compare(x.ID, y.ID)) })
	return list
}

// Apart returns the numbers, first to last, that are no calls which were added one after
// the other: arm's private ones, and the 36 that x32 has of its own, from 512 on
// (asm/unistd_x32.h; the kernel's table says that no more are to be added there). No new
// call gets one of them, and how large they are says nothing about the age of a call. ok is
// false on other architectures, which have none.
func (a *Arch) Apart() (first, last uint32, ok bool) {
	switch {
	case a.IsX32():
		return X32Bit + 512, X32Bit + 547, true
	case a.Max > a.Dense:
		return privateBase, 1<<32 - 1, true
	}
	return 0, 0, false
}

// Numbers returns the first and the last number that belong to the architecture, whether
// they have a name or not. x86_64 and x32 come in by one AUDIT_ARCH value and share them
// out (see [ByCall]); -1, a tracer's "no call", is neither's.
func (a *Arch) Numbers() (first, last uint32) {
	switch {
	case a.IsX32():
		return X32Bit, 1<<32 - 2
	case ByCall(a.Audit, X32Bit) != a:
		return 0, X32Bit - 1
	}
	return 0, 1<<32 - 1
}
