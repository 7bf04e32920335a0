package seccomp

import (
	"slices"

	"github.com/runseal/runseal/seccomp/arch"
)

// addMux adds the rules for a socket or IPC call made through a multiplexer. Its
// first argument selects the call, so a condition on the call's own first argument
// is lost. The others stay, although they now see the multiplexer's registers.
// Today's default profiles depend on both.
//
// ipc(2) keeps a version in the upper half of its first argument, which changes no
// more than how msgrcv and shmat take their arguments: the kernel looks at the lower
// 16 bits for the call (ipc/syscall.c), and so do the rules.
func (s *speller) addMux(t *table, mux arch.ID, nr, call uint32, action Action) {
	narrow := s.narrow(t, mux)
	at := int32(len(s.Policy.lists))
	for _, conds := range s.split {
		first := len(s.muxConds)
		selects := cond{op: opEQ, bits: 64, value: uint64(call)}
		if arch.IsIPC(mux) && !s.asRunc {
			selects = cond{op: opMasked, bits: 64, value: 0xffff, valueTwo: uint64(call)}
		}
		s.muxConds = append(s.muxConds, selects.cut(narrow))
		for _, c := range conds {
			if c.arg != 0 {
				s.muxConds = append(s.muxConds, c.cut(narrow))
			}
		}
		s.Policy.lists = append(s.Policy.lists, s.muxConds[first:len(s.muxConds):len(s.muxConds)])
	}
	t.addRules(nr, action, at, len(s.split))
}

// always says whether a later entry without conditions has the name. Through a multiplexer
// each rule has a condition, the one that selects the call, and there the first that matches
// would win; but a rule without conditions beats those with conditions wherever it stands.
// So the others are left out.
func (s *speller) always(id arch.ID, name string) bool {
	if s.asked.has(id) {
		return s.yes.has(id)
	}
	s.asked.add(id)
	for i := range s.profile.Syscalls {
		e := &s.profile.Syscalls[i]
		if len(e.Args) > 0 || !slices.Contains(e.Names, name) {
			continue
		}
		// What is wrong with the action is said when its entry comes.
		if action, err := parseAction("", "action", "errnoRet", e.Action, e.ErrnoRet); err == nil && action != s.otherwise {
			s.yes.add(id)
			return true
		}
	}
	return false
}
