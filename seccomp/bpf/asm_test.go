package bpf

import (
	"math/rand/v2"
	"strings"
	"testing"
)

// labelled is a program in terms of labels, run without assembling it.
type labelled struct {
	a     Assembler
	start []Label // of each step
	steps []step
}

type step struct {
	cond Cond
	k    uint32
	t, f int // steps
	ret  bool
}

func (l *labelled) run(nr uint32) uint32 {
	for i := 0; ; {
		s := l.steps[i]
		switch {
		case s.ret:
			return s.k
		case s.cond.Holds(nr, s.k):
			i = s.t
		default:
			i = s.f
		}
	}
}

// TestFarJumps assembles random programs of up to 3000 comparisons with targets
// at any distance, and runs them against the labelled form.
func TestFarJumps(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	stones := 0
	for round := range 60 {
		n := 2 + rng.IntN(1500)
		if round%4 == 0 {
			n = 250 + rng.IntN(12) // around the limit of a short jump
		}
		var l labelled
		for range n {
			l.start = append(l.start, l.a.NewLabel())
		}
		l.a.Load(OffNr)
		for i := range n {
			l.a.Bind(l.start[i])
			s := step{cond: []Cond{JEQ, JGT, JGE, JSET}[rng.IntN(4)], k: rng.Uint32N(64)}
			if i == n-1 || i > n/2 && rng.IntN(20) == 0 {
				s.ret = true
				l.a.Ret(s.k)
			} else {
				target := func() int {
					switch rng.IntN(4) {
					case 0:
						return n - 1
					case 1:
						return min(n-1, i+250+rng.IntN(12))
					default:
						return i + 1 + rng.IntN(n-1-i)
					}
				}
				s.t, s.f = target(), target()
				l.a.JumpIf(s.cond, s.k, l.start[s.t], l.start[s.f])
			}
			l.steps = append(l.steps, s)
		}
		prog, err := l.a.Assemble()
		if err != nil {
			t.Fatal(err)
		}
		stones += len(prog) - n - 1
		if len(prog) > MaxInstructions {
			t.Fatalf("%d instructions for %d steps", len(prog), n)
		}
		vm, err := NewVM(prog)
		if err != nil {
			t.Fatal(err)
		}
		for nr := range uint32(64) {
			if got, want := vm.Run(&Data{Nr: nr}), l.run(nr); got != want {
				t.Fatalf("round %d nr %d: %d, want %d", round, nr, got, want)
			}
		}
	}
	if stones == 0 {
		t.Error("no jump was far")
	}
}

// TestReachLimit holds both targets of one jump at the limit, where the stone
// for one pushes the other out of reach.
func TestReachLimit(t *testing.T) {
	for gap := 250; gap < 260; gap++ {
		for _, nearFirst := range []bool{false, true} {
			var a Assembler
			near, far := a.NewLabel(), a.NewLabel()
			a.Load(OffNr)
			if nearFirst {
				a.JumpIf(JEQ, 1, near, far)
			} else {
				a.JumpIf(JEQ, 1, far, near)
			}
			for range gap {
				a.Ret(99)
			}
			a.Bind(near)
			a.Ret(7)
			a.Bind(far)
			a.Ret(8)
			prog, err := a.Assemble()
			if err != nil {
				t.Fatal(err)
			}
			vm, err := NewVM(prog)
			if err != nil {
				t.Fatal(err)
			}
			for nr := range uint32(2) {
				want := uint32(8)
				if (nr == 1) == nearFirst {
					want = 7
				}
				if got := vm.Run(&Data{Nr: nr}); got != want {
					t.Errorf("gap %d, near first %t, nr %d: %d, want %d", gap, nearFirst, nr, got, want)
				}
			}
		}
	}
}

func TestAssembleErrors(t *testing.T) {
	for _, c := range []struct {
		want  string
		build func(a *Assembler)
	}{
		{"not a return", func(a *Assembler) {}},
		{"not a return", func(a *Assembler) { a.Load(0) }},
		{"instruction 0 jumps backwards or to an unbound label", func(a *Assembler) { l := a.NewLabel(); a.JumpIf(JEQ, 0, l, l); a.Ret(0) }},
		{"instruction 1 jumps backwards or to an unbound label", func(a *Assembler) {
			l := a.NewLabel()
			a.Bind(l)
			a.Load(0)
			a.JumpIf(JEQ, 0, l, l)
			a.Ret(0)
		}},
		{"label 0 is behind the last instruction", func(a *Assembler) { l := a.NewLabel(); a.Ret(0); a.Bind(l) }},
		{"label 0 is bound twice", func(a *Assembler) { l := a.NewLabel(); a.Bind(l); a.Load(0); a.Bind(l); a.Ret(0) }},
	} {
		var a Assembler
		c.build(&a)
		if _, err := a.Assemble(); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v, want %q", err, c.want)
		}
	}
}
