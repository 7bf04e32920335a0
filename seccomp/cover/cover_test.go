package cover

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/opencontainers/runtime-spec/specs-go"

	"github.com/runseal/runseal/seccomp"
	"github.com/runseal/runseal/seccomp/arch"
	"github.com/runseal/runseal/seccomp/bdd"
	"github.com/runseal/runseal/seccomp/bpf"
)

const nodes = 1 << 20

// parse reads "0 EQ 5, 1 MASKED_EQ 7/3 | 2 NE 1".
func parse(t *testing.T, text string) (list Cover) {
	t.Helper()
	for line := range strings.SplitSeq(text, " | ") {
		var all []specs.LinuxSeccompArg
		for cond := range strings.SplitSeq(line, ", ") {
			var a specs.LinuxSeccompArg
			var op string
			n, err := fmt.Sscan(strings.ReplaceAll(cond, "/", " "), &a.Index, &op, &a.Value, &a.ValueTwo)
			a.Op = specs.LinuxSeccompOperator("SCMP_CMP_" + op)
			if want := 3 + strings.Count(cond, "/"); n != want {
				t.Fatalf("%q: %v", cond, err)
			}
			all = append(all, a)
		}
		list = append(list, all)
	}
	return list
}

func text(list Cover) string {
	var lines []string
	for _, all := range list {
		var conds []string
		for _, a := range all {
			s := fmt.Sprintf("%d %s %d", a.Index, strings.TrimPrefix(string(a.Op), "SCMP_CMP_"), a.Value)
			if a.Op == specs.OpMaskedEqual {
				s += fmt.Sprintf("/%d", a.ValueTwo)
			}
			conds = append(conds, s)
		}
		lines = append(lines, strings.Join(conds, ", "))
	}
	return strings.Join(lines, " | ")
}

// predicate is what the conditions mean.
func predicate(t testing.TB, d *bdd.Diagram, a *arch.Arch, list Cover) bdd.Ref {
	t.Helper()
	p := bdd.False
	for _, all := range list {
		q, err := seccomp.ConditionsDiagram(d, a, all)
		if err != nil {
			t.Fatal(err)
		}
		p = d.Or(p, q)
	}
	return p
}

// Conditions come out as a person would write them, whatever the byte order and the
// width of the architecture.
func TestCover(t *testing.T) {
	for _, c := range []struct{ scmp, in, want string }{
		{"SCMP_ARCH_X86_64", "0 EQ 40", "0 EQ 40"},
		{"SCMP_ARCH_S390X", "0 EQ 40", "0 EQ 40"},
		{"SCMP_ARCH_X86", "0 EQ 40", "0 EQ 40"},
		{"SCMP_ARCH_PPC", "0 EQ 40", "0 EQ 40"},
		{"SCMP_ARCH_X86_64", "5 NE 1099511627776", "5 NE 1099511627776"},
		{"SCMP_ARCH_S390X", "5 NE 1099511627776", "5 NE 1099511627776"},
		{"SCMP_ARCH_X86_64", "1 LT 16 | 1 EQ 17", "1 LE 15 | 1 EQ 17"},
		{"SCMP_ARCH_X86_64", "1 GT 4294967295", "1 GE 4294967296"},
		{"SCMP_ARCH_X86", "1 LE 4294967295", ""}, // no condition at all
		{"SCMP_ARCH_X86_64", "0 MASKED_EQ 2114060288/0", "0 MASKED_EQ 2114060288/0"},
		{"SCMP_ARCH_S390X", "1 MASKED_EQ 2114060288/0", "1 MASKED_EQ 2114060288/0"},
		{"SCMP_ARCH_X86_64", "0 MASKED_EQ 4294967295/40", "0 MASKED_EQ 4294967295/40"},
		{"SCMP_ARCH_X86_64", "0 EQ 16, 2 EQ 9", "0 EQ 16, 2 EQ 9"},
		{"SCMP_ARCH_X86_64", "0 EQ 16, 2 EQ 9 | 0 NE 16, 2 EQ 9", "2 EQ 9"},
		{"SCMP_ARCH_X86_64", "0 NE 16 | 2 NE 9", "0 NE 16 | 2 NE 9"},
		{"SCMP_ARCH_X86_64", "0 MASKED_EQ 3/1 | 0 MASKED_EQ 12/8", "0 MASKED_EQ 3/1 | 0 MASKED_EQ 12/8"},
	} {
		a := arch.Lookup(c.scmp)
		d := bdd.New(nodes)
		p := predicate(t, d, a, parse(t, c.in))
		finder := New(d)
		list, err := finder.Cover(d.If(p, d.Leaf(7), d.Leaf(9)), 7, a)
		if got := text(list); err != nil || got != c.want || len(list) == 0 {
			t.Errorf("%s %s: %q, %v, want %q", c.scmp, c.in, got, err, c.want)
		}
		if p != predicate(t, d, a, list) {
			t.Errorf("%s %s: %v is not exact", c.scmp, c.in, list)
		}
		if list, err := finder.Cover(p, 8, a); err != nil || list != nil {
			t.Errorf("%s %s: a value that it never has: %v, %v", c.scmp, c.in, list, err)
		}
	}
}

// A few masks among many values are found, although there are many more sets of values
// for which the function does not hold.
func TestManyMasks(t *testing.T) {
	a := arch.Lookup("SCMP_ARCH_X86_64")
	d := bdd.New(nodes)
	var in Cover
	for i := range uint64(20) {
		in = append(in, []specs.LinuxSeccompArg{{Index: 1, Op: specs.OpMaskedEqual, Value: 1<<32 - 1, ValueTwo: 0x9e3779b9 * i & (1<<32 - 1)}})
	}
	p := predicate(t, d, a, in)
	if list, err := New(d).Cover(p, 1, a); err != nil || len(list) != len(in) || list.Cost() != in.Cost() || predicate(t, d, a, list) != p {
		t.Errorf("%d lists, %v", len(list), err)
	}
}

func TestCoverErrors(t *testing.T) {
	x64, x86 := arch.Lookup("SCMP_ARCH_X86_64"), arch.Lookup("SCMP_ARCH_X86")
	high := bpf.WordAt(bpf.OffArgHigh(2, false))
	for _, c := range []struct {
		what string
		arch *arch.Arch
		of   func(d *bdd.Diagram) bdd.Ref
		want error
	}{
		{"ip", x64, func(d *bdd.Diagram) bdd.Ref { return d.Equal(d.Word(wordIP), d.Const(3)) }, errIP},
		{"ip behind an argument", x64, func(d *bdd.Diagram) bdd.Ref {
			return d.If(d.Equal(d.Word(high), d.Const(1)), d.Equal(d.Word(wordIP+1), d.Const(3)), bdd.False)
		}, errIP},
		{"upper half", x86, func(d *bdd.Diagram) bdd.Ref { return d.Equal(d.Word(high), d.Const(3)) }, errUpper},
		{"parity", x64, func(d *bdd.Diagram) bdd.Ref {
			odd := bdd.False
			for _, bit := range d.Word(high) {
				odd = d.If(bit, d.Not(odd), odd)
			}
			return odd
		}, bpf.ErrComplex},
	} {
		d := bdd.New(nodes)
		p := c.of(d)
		finder := New(d)
		for range 2 { // and remembered
			if list, err := finder.Cover(p, 1, c.arch); !errors.Is(err, c.want) || list != nil {
				t.Errorf("%s: %v, %v, want %v", c.what, list, err, c.want)
			}
		}
	}
}

// What is found is exact for any conditions.
func TestCoverRandom(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: many cases in one goroutine")
	}
	rng := rand.New(rand.NewPCG(31, 32))
	ops := []specs.LinuxSeccompOperator{specs.OpEqualTo, specs.OpNotEqual, specs.OpLessThan, specs.OpLessEqual, specs.OpGreaterThan, specs.OpGreaterEqual, specs.OpMaskedEqual}
	found := 0
	const n = 150
	for range n {
		a := &arch.All()[rng.IntN(len(arch.All()))]
		d := bdd.New(nodes)
		var in Cover
		for range 1 + rng.IntN(4) {
			var all []specs.LinuxSeccompArg
			for i := range uint(6) {
				if rng.IntN(4) == 0 {
					all = append(all, specs.LinuxSeccompArg{Index: i, Op: ops[rng.IntN(len(ops))], Value: rng.Uint64() >> rng.IntN(64), ValueTwo: rng.Uint64() >> rng.IntN(64)})
				}
			}
			in = append(in, all)
		}
		p := predicate(t, d, a, in)
		list, err := New(d).Cover(p, 1, a)
		if err != nil {
			if !errors.Is(err, bpf.ErrComplex) {
				t.Errorf("%s %s: %v", a.Scmp, text(in), err)
			}
			continue
		}
		found++
		if predicate(t, d, a, list) != p {
			t.Errorf("%s %s: %s is not the same", a.Scmp, text(in), text(list))
		}
		for _, all := range list {
			for i := 1; i < len(all); i++ {
				if all[i].Index <= all[i-1].Index {
					t.Errorf("%s: two conditions on one argument are alternatives in profiles", text(list))
				}
			}
		}
	}
	if found < n*2/3 {
		t.Errorf("%d of %d were found", found, n)
	}
}
