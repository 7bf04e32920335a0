package seccomp

import (
	"errors"
	"fmt"
	"slices"

	"github.com/runseal/runseal/seccomp/arch"
	"github.com/runseal/runseal/seccomp/bdd"
	"github.com/runseal/runseal/seccomp/bpf"
)

// Counterexample is a call for which a program returns something else than the
// policy says. Both have been asked, so it is certain.
type Counterexample struct {
	Call bpf.Data
	Got  Action // of the program
	Want Action // of the policy
}

// Error names the call in words.
func (c *Counterexample) Error() string {
	return fmt.Sprintf("seccomp: %s: the program returns %s, the policy says %s", callText(&c.Call), c.Got, c.Want)
}

// callText is "SCMP_ARCH_X86_64 socket(0x28, 0, 0, 0, 0, 0)".
func callText(d *bpf.Data) string {
	where, name := fmt.Sprintf("arch %#x", d.Arch), "call "+numberText(d.Nr)
	if a := arch.ByCall(d.Arch, d.Nr); a != nil {
		where = a.Scmp
		if n := a.Name(d.Nr); n != "" {
			name = n
		}
	}
	s := where + " " + name
	for i, v := range d.Args {
		sep := ", "
		if i == 0 {
			sep = "("
		}
		s += fmt.Sprintf("%s%#x", sep, v)
	}
	s += ")"
	if d.IP != 0 {
		s += fmt.Sprintf(" at ip %#x", d.IP)
	}
	return s
}

// maxDiagram bounds the size of the diagrams, to about 40 MB. Engines' profiles
// need some ten thousand nodes.
const maxDiagram = 1 << 20

// Verify proves that the program decides every call as the policy does: for all
// 2^32 architectures and numbers, and all values of the six arguments and of the
// instruction pointer. The program may come from anywhere. (That the policy is
// what its profile was meant to be is not proved.)
//
// The error is a *[Counterexample] if there is a call on which they differ, and
// wraps [bpf.ErrComplex] if neither a proof nor a counterexample was found within
// a few seconds, for a program that computes with its input beyond comparisons and
// masks. An invalid program is an error of [bpf.Check]. Return values are compared
// with all their bits, although the kernel ignores the lower 16 of ALLOW and KILL.
func Verify(prog []bpf.Instruction, p *Policy) error {
	v, err := newVerifier(p)
	if err != nil {
		return err
	}
	return v.verify(prog)
}

// verifier holds what a policy means, to compare programs with it.
type verifier struct {
	policy *Policy
	d      *bdd.Diagram
	want   bdd.Ref
}

func newVerifier(p *Policy) (*verifier, error) {
	v := &verifier{policy: p, d: bdd.New(maxDiagram)}
	v.want = p.meaning(v.d)
	if v.d.Full() {
		return nil, fmt.Errorf("seccomp: the policy: %w", bpf.ErrComplex)
	}
	return v, nil
}

func (v *verifier) verify(prog []bpf.Instruction) error {
	vm, err := bpf.NewVM(prog)
	if err != nil {
		return err
	}
	got, err := bpf.Symbolic(v.d, prog)
	if err != nil {
		if c := v.policy.search(vm, prog); c != nil {
			return c
		}
		return fmt.Errorf("seccomp: the program: neither a proof nor a difference from the policy was found: %w", err)
	}
	if got == v.want {
		return nil
	}
	words, _ := v.d.Differ(got, v.want, bpf.NumWords)
	c := v.policy.try(vm, bpf.FromWords(words))
	if c == nil {
		// Two readings of the program or of the policy contradict each other:
		// one of them is wrong, so nothing is proved.
		return errors.New("seccomp: internal error: the proof and the interpreter disagree")
	}
	return c
}

// try returns the call as a counterexample if it is one.
func (p *Policy) try(vm *bpf.VM, call bpf.Data) *Counterexample {
	got, want := Action(vm.Run(&call)), p.Decide(call.Arch, call.Nr, call.Args)
	if got == want {
		return nil
	}
	return &Counterexample{call, got, want}
}

// maxTried bounds the instructions that search executes, to about a second.
const maxTried = 200_000_000

// search tries calls where the policy or the program may change its mind: a
// last resort for programs that have no diagram.
func (p *Policy) search(vm *bpf.VM, prog []bpf.Instruction) *Counterexample {
	values := []uint64{0, 1, 1<<32 - 1, 1 << 32, 1<<63 - 1, 1<<64 - 1}
	var numbers []uint32
	for _, ins := range prog {
		k := uint64(ins.K)
		values = append(values, k, k<<32)
		numbers = append(numbers, ins.K-1, ins.K, ins.K+1)
	}
	slices.Sort(values)
	var calls []bpf.Data
	for _, audit := range append(p.audits(), 0) {
		list := append(p.bounds(audit), numbers...)
		slices.Sort(list)
		for _, nr := range slices.Compact(list) {
			calls = append(calls, bpf.Data{Arch: audit, Nr: nr})
		}
	}
	left := maxTried
	for _, v := range slices.Compact(values) {
		for _, call := range calls {
			call.Args = [6]uint64{v, v, v, v, v, v}
			got, steps := vm.Trace(&call, nil)
			if want := p.Decide(call.Arch, call.Nr, call.Args); Action(got) != want {
				return &Counterexample{call, Action(got), want}
			}
			if left -= steps + 100; left < 0 {
				return nil
			}
		}
	}
	return nil
}
