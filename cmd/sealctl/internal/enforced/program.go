package enforced

import (
	"errors"
	"fmt"

	"github.com/runseal/runseal/seccomp"
	"github.com/runseal/runseal/seccomp/bdd"
	"github.com/runseal/runseal/seccomp/bpf"
)

// negative is the first number that is negative to the kernel, see the package
// comment.
const negative = 1 << 31

// Operation codes of classic BPF that this package writes or looks for
// (linux/bpf_common.h).
const (
	opLoad = 0x20 // BPF_LD | BPF_W | BPF_ABS: a word of seccomp_data
	opJump = 0x05 // BPF_JMP | BPF_JA
)

// Words of a call as a diagram of upperFirst has them: argument i is at firstArg + 2i,
// its upper half first.
const (
	firstArg = 2
	wordIP   = firstArg + 2*6
)

// upperFirst returns the program with the halves of the arguments exchanged where the
// lower one comes first, so that a diagram looks at an argument as at one number, from
// the highest bit down.
func upperFirst(prog []bpf.Instruction, big bool) []bpf.Instruction {
	out := append([]bpf.Instruction(nil), prog...)
	for i, ins := range out {
		if first := bpf.OffArgHigh(0, true); !big && ins.Op == opLoad && ins.K >= first {
			out[i].K ^= 4
		}
	}
	return out
}

// stricter returns the action that counts when an older filter says one thing and a
// newer one another: the lower one as a signed number without its data
// (seccomp_run_filters in kernel/seccomp.c), and of equal ones the newer.
func stricter(older, newer uint32) uint32 {
	if int32(seccomp.Action(older).Kind()) < int32(seccomp.Action(newer).Kind()) {
		return older
	}
	return newer
}

// together returns what the programs, the newest first, decide together.
func together(d *bdd.Diagram, progs [][]bpf.Instruction) (bdd.Ref, error) {
	f := d.Leaf(uint32(seccomp.Allow))
	for i := len(progs) - 1; i >= 0; i-- { // from the oldest on
		g, err := bpf.Symbolic(d, progs[i])
		if err != nil {
			return 0, fmt.Errorf("the program: %w", err)
		}
		if i == len(progs)-1 {
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
		{Op: uint16(bpf.JGE), K: negative, Jt: 0, Jf: 1},
		{Op: opJump, K: uint32(len(prog))}, // a plain jump reaches further than a condition
	}
	return append(append(out, prog...), other...), nil
}
