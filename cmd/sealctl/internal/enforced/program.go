package enforced

import (
	"errors"
	"fmt"
	"slices"

	"github.com/runseal/runseal/seccomp"
	"github.com/runseal/runseal/seccomp/bdd"
	"github.com/runseal/runseal/seccomp/bpf"
	"github.com/runseal/runseal/seccomp/compose"
)

// Operation codes of classic BPF that this package writes or looks for
// (linux/bpf_common.h).
const (
	opLoad = 0x20 // BPF_LD | BPF_W | BPF_ABS: a word of seccomp_data
	opJump = 0x05 // BPF_JMP | BPF_JA
)

// stricter returns the action that counts when an older filter says one thing and a
// newer one another: the stricter one, and of equal ones the newer.
func stricter(older, newer uint32) uint32 {
	if seccomp.Action(older).StricterThan(seccomp.Action(newer)) {
		return older
	}
	return newer
}

// together returns what the filters, the newest first, decide together.
func together(d *bdd.Diagram, filters []seccomp.InstalledFilter) (bdd.Ref, error) {
	f := d.Leaf(uint32(seccomp.Allow))
	for i, filter := range slices.Backward(filters) { // from the oldest on
		if err := bpf.Check(filter.Instructions); err != nil {
			return 0, err
		}
		g, err := bpf.Symbolic(d, filter.Instructions)
		if err != nil {
			return 0, fmt.Errorf("the program: %w", err)
		}
		if i == len(filters)-1 {
			f = g
			continue
		}
		f = d.Combine(stricter, f, g)
	}
	if d.Full() {
		return 0, fmt.Errorf("the programs: %w", bpf.ErrComplex)
	}
	return f, nil
}

// errTooLong is about a program that has no room for what callsOnly adds.
var errTooLong = errors.New("the program is too long to be compared without the numbers that are no calls")

// callsOnly returns a program that does as prog does for all numbers that a call can
// have, and as other does for the rest. Both are valid.
func callsOnly(prog, other []bpf.Instruction) ([]bpf.Instruction, error) {
	if 3+len(prog)+len(other) > bpf.MaxInstructions {
		return nil, errTooLong
	}
	out := []bpf.Instruction{
		{Op: opLoad, K: bpf.OffNr},
		{Op: uint16(bpf.JGE), K: compose.NoCalls, Jt: 0, Jf: 1},
		{Op: opJump, K: uint32(len(prog))}, // a plain jump reaches further than a condition
	}
	return append(append(out, prog...), other...), nil
}
