package seccomp

import (
	"math/rand/v2"
	"slices"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/seccomp/arch"
	"github.com/runseal/runseal/seccomp/bpf"
)

// agree compiles the policy and compares program and Decide on every number of
// every architecture with a table (listed or not) and on the numbers around the ends
// of the tables, with argument values around every bound in the rules for the
// number. It returns the filter and how many calls were compared.
func agree(t testing.TB, p *Policy) (*Filter, int) {
	t.Helper()
	f, err := p.Compile()
	if err != nil {
		t.Fatal(err)
	}
	vm, err := bpf.NewVM(f.Instructions)
	if err != nil {
		t.Fatalf("the kernel would refuse the program: %v\n%s", err, f.Disassemble())
	}
	calls := 0
	audits := []uint32{unix.AUDIT_ARCH_S390, 0}
	for _, a := range arch.All() {
		if !slices.Contains(audits, a.Audit) {
			audits = append(audits, a.Audit)
		}
	}
	for _, audit := range audits {
		for _, nr := range testNumbers(audit, p) {
			for _, args := range testArgs(p, audit, nr) {
				calls++
				d := bpf.Data{Nr: nr, Arch: audit, IP: 0xdeadbeef_feedface, Args: args}
				if got, want := Action(vm.Run(&d)), p.Decide(audit, nr, args); got != want {
					t.Fatalf("arch %#x nr %d (%#x) args %#x: program %s, Decide %s\n%s", audit, nr, nr, args, got, want, f.Disassemble())
				}
			}
		}
	}
	return f, calls
}

func testNumbers(audit uint32, p *Policy) []uint32 {
	list := []uint32{0x3ffffffe, 0x3fffffff, 0x7fffffff, 0x80000000, 0xbfffffff, 0xc0000000, 0xfffffffe, 0xffffffff}
	for _, a := range arch.All() {
		if a.Audit != audit {
			continue
		}
		for nr := a.Base; nr < a.Base+600; nr++ {
			list = append(list, nr)
		}
		list = append(list, 0, 1, a.Base-1, a.Max-1, a.Max, a.Max+1)
	}
	for i := range p.tables { // numbers that only rules know, such as arm's private ones
		if p.tables[i].arch.Audit == audit {
			for _, r := range p.tables[i].rules {
				list = append(list, r.nr-1, r.nr, r.nr+1)
			}
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// testArgs returns argument tuples that decide between the rules for a call:
// all combinations of interesting values if they are few, else a fixed sample.
func testArgs(p *Policy, audit, nr uint32) [][6]uint64 {
	var values [6][]uint64
	if t := p.table(audit, nr); t != nil {
		for _, r := range t.rules {
			if r.nr != nr {
				continue
			}
			for _, c := range p.conds(&r) {
				values[c.arg] = append(values[c.arg], aroundCond(c)...)
			}
		}
	}
	total := 1
	for i := range values {
		values[i] = append(values[i], 0)
		slices.Sort(values[i])
		values[i] = slices.Compact(values[i])
		total *= len(values[i])
		total = min(total, 1<<20)
	}
	if total == 1 {
		return [][6]uint64{{}, {1<<64 - 1, 1<<64 - 1, 1<<64 - 1, 1<<64 - 1, 1<<64 - 1, 1<<64 - 1}}
	}
	var out [][6]uint64
	if total <= 4096 {
		for n := range total {
			var args [6]uint64
			for i, v := range values {
				args[i] = v[n%len(v)]
				n /= len(v)
			}
			out = append(out, args)
		}
		return out
	}
	rng := rand.New(rand.NewPCG(uint64(nr), uint64(audit)))
	for range 4096 {
		var args [6]uint64
		for i, v := range values {
			args[i] = v[rng.IntN(len(v))]
		}
		out = append(out, args)
	}
	return out
}

// aroundCond returns the values next to where the condition changes, in each
// half of the argument.
func aroundCond(c cond) []uint64 {
	var out []uint64
	near := func(v uint64) {
		for _, lo := range []uint64{v - 1, v, v + 1} {
			low := lo & 0xffffffff
			out = append(out, lo, low, v&^0xffffffff|low)
			for _, hi := range []uint64{v>>32 - 1, v>>32 + 1, 1, 0xffffffff} {
				out = append(out, hi<<32|low)
			}
		}
	}
	near(c.value)
	if c.bits == 32 { // the upper half of the argument must not matter
		out = append(out, 1<<32|c.value, 0xffffffff<<32|c.value)
	}
	if c.op == opMasked {
		want := c.value & c.valueTwo
		near(want)
		near(want | ^c.value)
		for bit := uint64(1); bit != 0; bit <<= 1 {
			if c.value&bit != 0 {
				out = append(out, want^bit, (want|^c.value)^bit)
			}
		}
	}
	return out
}
