package seccomp

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/opencontainers/runtime-spec/specs-go"

	"github.com/runseal/runseal/seccomp/arch"
	"github.com/runseal/runseal/seccomp/bdd"
	"github.com/runseal/runseal/seccomp/bpf"
)

// Comparison is what two policies, A and B, have not in common.
type Comparison struct {
	// Differences are by architecture, number and arguments; empty if the
	// policies decide all calls alike.
	Differences []Difference
	// AtLeastAsStrict says that A is nowhere weaker than B: for no call has A
	// an action that comes after B's in the kernel's order (see [Intersect]).
	// Errnos and other data do not count.
	AtLeastAsStrict bool
	// AtMostAsStrict says the same of B.
	AtMostAsStrict bool
}

// Difference is a set of calls for which two policies have different actions.
type Difference struct {
	// Arch is the OCI name of the architecture. It is empty for all that
	// neither policy lists.
	Arch string
	// First and Last are the numbers of the calls, both included.
	First, Last uint32
	// Names are the names of those that exist, by number.
	Names []string
	// If are conditions on the arguments that must all hold. A comparison in
	// 32 bits ([Options].IntArgs) is SCMP_CMP_MASKED_EQ if it is for equality;
	// others look like those in 64 bits.
	If []specs.LinuxSeccompArg
	// Unless are the exceptions: the difference is not there if all
	// conditions of one of them hold.
	Unless [][]specs.LinuxSeccompArg
	A, B   Action
	// Example is one of the calls.
	Example bpf.Data
}

// Compare finds all calls on which two policies differ. The error wraps
// [bpf.ErrComplex]: conditions that are too complicated to be analysed.
func Compare(a, b *Policy) (*Comparison, error) {
	c := comparer{d: bdd.New(maxDiagram), a: a, b: b}
	audits := slices.Clone(a.audits())
	for _, audit := range b.audits() {
		if !slices.Contains(audits, audit) {
			audits = append(audits, audit)
		}
	}
	for _, audit := range audits {
		c.numbers(audit)
	}
	if a.unlisted != b.unlisted {
		other := uint32(0)
		for slices.Contains(audits, other) {
			other++
		}
		c.found = append(c.found, Difference{Last: 1<<32 - 1, A: a.unlisted, B: b.unlisted, Example: bpf.Data{Arch: other}})
	}
	if c.large || c.d.Full() {
		return nil, fmt.Errorf("seccomp: the conditions of the policies are too complicated to be compared: %w", bpf.ErrComplex)
	}
	r := &Comparison{Differences: c.found, AtLeastAsStrict: true, AtMostAsStrict: true}
	for _, f := range c.found {
		x, y := strictness(uint32(f.A)), strictness(uint32(f.B))
		r.AtLeastAsStrict = r.AtLeastAsStrict && x <= y
		r.AtMostAsStrict = r.AtMostAsStrict && y <= x
	}
	return r, nil
}

type comparer struct {
	d     *bdd.Diagram
	a, b  *Policy
	found []Difference
	large bool // too many rules for one call, or differences
}

// maxPairs bounds the pairs of rules that are compared for one call.
const maxPairs = 1 << 16

// maxDifferences is more than anybody reads.
const maxDifferences = 10_000

// numbers compares all calls that come in with one AUDIT_ARCH value.
func (c *comparer) numbers(audit uint32) {
	bounds := append(c.a.bounds(audit), c.b.bounds(audit)...)
	slices.Sort(bounds)
	bounds = slices.Compact(bounds)
	for i, first := range bounds {
		last := uint32(1<<32 - 1)
		if i+1 < len(bounds) {
			last = bounds[i+1] - 1
		}
		as, okA := c.a.outcomes(c.d, audit, first)
		bs, okB := c.b.outcomes(c.d, audit, first)
		if okA && okB && decision(c.d, as) == decision(c.d, bs) {
			continue
		}
		c.large = c.large || !okA || !okB || len(as)*len(bs) > maxPairs || len(c.found) > maxDifferences
		if c.large || c.d.Full() {
			return
		}
		for _, x := range as {
			for _, y := range bs {
				if x.action != y.action {
					c.add(audit, first, last, x, y)
				}
			}
		}
	}
}

func (c *comparer) add(audit, first, last uint32, x, y outcome) {
	both := x.and(c.d, y)
	words, _, found := c.d.Find(both.when, bpf.NumWords, func(v uint32) bool { return v == 1 })
	if !found || c.d.Full() {
		return
	}
	a := arch.ByCall(audit, first)
	if first == noCall {
		a = arch.ByCall(audit, 0) // bit 30 does not make it an x32 call
	}
	both.simplify(c.d, a, bdd.True)
	f := Difference{First: first, Last: last, A: x.action, B: y.action, Arch: a.Scmp, If: ociArgs(a, both.all), Names: names(a, first, last)}
	for _, conds := range both.unless {
		f.Unless = append(f.Unless, ociArgs(a, conds))
	}
	words[bpf.WordArch], words[bpf.WordNr] = audit, first
	f.Example = bpf.FromWords(words)
	if n := len(c.found) - 1; n >= 0 && c.found[n].continues(f) {
		c.found[n].Last = f.Last
		c.found[n].Names = append(c.found[n].Names, f.Names...)
		return
	}
	c.found = append(c.found, f)
}

// continues says whether g is the same difference as f for the numbers that
// follow, whatever the arguments.
func (f *Difference) continues(g Difference) bool {
	return f.Arch == g.Arch && f.Last+1 == g.First && f.A == g.A && f.B == g.B &&
		len(f.If)+len(f.Unless)+len(g.If)+len(g.Unless) == 0
}

// names lists the calls in a range of numbers.
func names(a *arch.Arch, first, last uint32) []string {
	var called [][2]uint32 // number and name, where there is one
	for id := range arch.ID(arch.NumIDs) {
		if nr, ok := a.NumberOf(id); ok && nr >= first && nr <= last {
			called = append(called, [2]uint32{nr, uint32(id)})
		}
	}
	slices.SortFunc(called, func(x, y [2]uint32) int { return cmp.Or(cmp.Compare(x[0], y[0]), cmp.Compare(x[1], y[1])) })
	var list []string
	for i, c := range called {
		if i == 0 || c[0] != called[i-1][0] { // the name that [arch.Arch.Name] gives
			list = append(list, arch.ID(c[1]).String())
		}
	}
	return list
}

// numberText shows a number with bit 30, which marks x32, apart.
func numberText(nr uint32) string {
	if nr >= arch.X32Bit && nr < 2*arch.X32Bit {
		return fmt.Sprintf("%#x+%d", arch.X32Bit, nr-arch.X32Bit)
	}
	return fmt.Sprint(nr)
}

// String is the difference in one line, for people: "SCMP_ARCH_X86_64 socket
// if arg0 == 0x28: SCMP_ACT_ALLOW, SCMP_ACT_ERRNO(1 EPERM)".
func (f Difference) String() string {
	var b strings.Builder
	switch {
	case f.Arch == "":
		b.WriteString("any other architecture")
	case f.First == f.Last && len(f.Names) == 1:
		fmt.Fprintf(&b, "%s %s", f.Arch, f.Names[0])
	case f.First == f.Last && f.First == noCall:
		fmt.Fprintf(&b, "%s no call (-1)", f.Arch)
	case f.First == f.Last:
		fmt.Fprintf(&b, "%s call %s", f.Arch, numberText(f.First))
	default:
		fmt.Fprintf(&b, "%s %s to %s", f.Arch, numberText(f.First), numberText(f.Last))
		if n := len(f.Names); n > 6 {
			fmt.Fprintf(&b, " (%s ... %s, %d calls)", strings.Join(f.Names[:3], ", "), f.Names[n-1], n)
		} else if n > 0 {
			fmt.Fprintf(&b, " (%s)", strings.Join(f.Names, ", "))
		}
	}
	if conds := conditionsText(f.If, f.Unless); conds != "" {
		b.WriteString(" " + conds)
	}
	fmt.Fprintf(&b, ": %s, %s", f.A, f.B)
	return b.String()
}
