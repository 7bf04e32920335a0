//go:build libseccomp

package libseccomp

import (
	"math/rand/v2"
	"slices"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/seccomp/arch"
	"github.com/runseal/runseal/seccomp/bpf"
)

// Multiplexers of i386, whose first argument selects one of about 20 calls.
const (
	socketcall = 102
	ipc        = 117
)

// calls yields what the two sides are compared on: every number that a table can
// have and those at the bounds of the ABIs, of the listed architectures and of
// others, with argument values around each bound of the profile's conditions.
func calls(p *specs.LinuxSeccomp, archs []specs.Arch, yield func(*bpf.Data) bool) {
	var numbers []uint32
	for nr := range uint32(701) {
		numbers = append(numbers, nr, arch.X32Bit|nr)
	}
	for nr := uint32(983039); nr < 983049; nr++ { // arm's private calls
		numbers = append(numbers, nr)
	}
	numbers = append(numbers, 0x3ffffffe, 0x3fffffff, 0x7fffffff, 0x80000000, 0x800000ff, 0xbfffffff, 0xc0000000, 0xfffffffe, 0xffffffff)

	conds := conditions(p, archs)
	for _, audit := range []uint32{unix.AUDIT_ARCH_X86_64, unix.AUDIT_ARCH_I386, unix.AUDIT_ARCH_AARCH64, unix.AUDIT_ARCH_ARM,
		unix.AUDIT_ARCH_PPC64LE, 0} {
		for _, nr := range numbers {
			for _, args := range tuples(conds[number{audit, nr}], uint64(nr)) {
				if !yield(&bpf.Data{Nr: nr, Arch: audit, IP: 0xdeadbeef_feedface, Args: args}) {
					return
				}
			}
		}
	}
}

type number struct{ audit, nr uint32 }

// conditions lists, for each call, the conditions of the rules that name it.
func conditions(p *specs.LinuxSeccomp, archs []specs.Arch) map[number][]specs.LinuxSeccompArg {
	list := map[number][]specs.LinuxSeccompArg{}
	for _, name := range archs {
		a := arch.Lookup(string(name))
		if a.Audit == unix.AUDIT_ARCH_I386 {
			for _, nr := range []uint32{socketcall, ipc} {
				for v := range uint64(27) {
					if nr == ipc { // with a version, too
						list[number{a.Audit, nr}] = append(list[number{a.Audit, nr}], specs.LinuxSeccompArg{Index: 0, Value: 0x10000 | v, Op: specs.OpEqualTo})
					}
					list[number{a.Audit, nr}] = append(list[number{a.Audit, nr}], specs.LinuxSeccompArg{Index: 0, Value: v, Op: specs.OpEqualTo})
				}
			}
		}
		for _, s := range p.Syscalls {
			for _, name := range s.Names {
				if nr, ok := a.Number(name); ok {
					list[number{a.Audit, nr}] = append(list[number{a.Audit, nr}], s.Args...)
				}
				if a.Audit == unix.AUDIT_ARCH_I386 {
					list[number{a.Audit, socketcall}] = append(list[number{a.Audit, socketcall}], s.Args...)
				}
			}
		}
	}
	return list
}

// maxTuples is how many argument tuples are tried for one call; where there are
// more combinations they are drawn at random, always the same ones.
const maxTuples = 3000

func tuples(conds []specs.LinuxSeccompArg, seed uint64) [][6]uint64 {
	var values [6][]uint64
	for _, c := range conds {
		values[c.Index] = append(values[c.Index], around(c)...)
	}
	total := 1
	for i := range values {
		values[i] = append(values[i], 0, 1<<64-1)
		slices.Sort(values[i])
		values[i] = slices.Compact(values[i])
		total = min(total*len(values[i]), 1<<20)
	}
	if len(conds) == 0 {
		return [][6]uint64{{}, {1<<64 - 1, 1<<64 - 1, 1<<64 - 1, 1<<64 - 1, 1<<64 - 1, 1<<64 - 1}}
	}
	rng := rand.New(rand.NewPCG(seed, 1))
	out := make([][6]uint64, min(total, maxTuples))
	for n := range out {
		rest := n
		for i, v := range values {
			if total > maxTuples {
				rest = rng.IntN(len(v))
			}
			out[n][i] = v[rest%len(v)]
			rest /= len(v)
		}
	}
	return out
}

// around lists values next to where the condition changes, in each half, and for
// a mask each of its bits.
func around(c specs.LinuxSeccompArg) []uint64 {
	var out []uint64
	near := func(v uint64) {
		for _, w := range []uint64{v - 1, v, v + 1} {
			low := w & 0xffffffff
			out = append(out, w, low, v&^0xffffffff|low, (v>>32-1)<<32|low, (v>>32+1)<<32|low, 0xffffffff<<32|low)
		}
	}
	near(c.Value)
	if c.Op == specs.OpMaskedEqual {
		want := c.Value & c.ValueTwo
		near(want)
		out = append(out, want|^c.Value)
		for bit := uint64(1); bit != 0; bit <<= 1 {
			out = append(out, want^bit, (want|^c.Value)^bit)
		}
	}
	return out
}
