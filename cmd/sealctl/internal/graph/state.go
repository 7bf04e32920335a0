package graph

import "github.com/runseal/runseal/seccomp/bpf"

// state is a place in the program, what is in the registers that are read later, and
// the architecture if a test has found it.
type state struct {
	pc    int
	a, x  ref
	m     [16]ref
	audit uint32
	known bool
	// Of the two numbers that Options.Call has where one entry is shared (x86_64 and
	// x32): a test has excluded the second, or the first.
	notSecond, notFirst bool
}

// keep returns the state without what is not read later.
func (s state) keep(live bpf.Registers) state {
	if !live.A() {
		s.a = 0
	}
	if !live.X() {
		s.x = 0
	}
	for i := range s.m {
		if !live.M(i) {
			s.m[i] = 0
		}
	}
	return s
}
