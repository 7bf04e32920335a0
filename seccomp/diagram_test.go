package seccomp

import (
	"math/rand/v2"
	"testing"

	"github.com/runseal/runseal/seccomp/bdd"
)

// Two ways to the same function: by outcomes, and the one that programs are proved
// with; of intersections too.
func TestDiagram(t *testing.T) {
	rng := rand.New(rand.NewPCG(21, 22))
	action := func(a Action, _ Cause) uint32 { return uint32(a) }
	for round := range 20 {
		p := randomPolicy(t, rng)
		if round%2 == 1 {
			var err error
			if p, err = Intersect(p, randomPolicy(t, rng)); err != nil {
				t.Fatal(err)
			}
		}
		d := bdd.New(maxDiagram)
		f, err := p.Diagram(d, action)
		if err != nil {
			continue // too complicated
		}
		if f != p.meaning(d) || d.Full() {
			t.Fatalf("round %d: another function", round)
		}
	}
}

// The leaf is told what decides.
func TestDiagramCause(t *testing.T) {
	p := policy(t, `{"defaultAction":"SCMP_ACT_ERRNO","syscalls":[{"names":["write"],"action":"SCMP_ACT_ALLOW"},
		{"names":["openat2"],"action":"SCMP_ACT_ALLOW","args":[{"index":0,"value":1,"op":"SCMP_CMP_EQ"}]}]}`)
	d := bdd.New(maxDiagram)
	by := func(_ Action, c Cause) uint32 { return uint32(c.By) }
	for nr, want := range map[uint32]Reason{0: ByDefault, 1: ByRule, 438: ByNewer} {
		f, err := p.CallDiagram(d, x64, nr, by)
		if v, constant := d.Value(f); err != nil || !constant || Reason(v) != want {
			t.Errorf("call %d: %d %v, want %d", nr, v, constant, want)
		}
	}
	f, err := p.CallDiagram(d, x64, 437, by)
	if _, constant := d.Value(f); err != nil || constant {
		t.Errorf("openat2 does not depend on arguments, %v", err)
	}
	if f, _ := p.CallDiagram(d, 0, 0, by); f != d.Leaf(uint32(ByUnlisted)) {
		t.Error("an architecture that is not listed")
	}
	if _, err := p.Diagram(bdd.New(10), by); err == nil {
		t.Error("a diagram of 10 nodes")
	}
}
