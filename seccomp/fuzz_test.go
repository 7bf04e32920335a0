package seccomp

import (
	"encoding/binary"
	"slices"
	"testing"

	"github.com/opencontainers/runtime-spec/specs-go"

	"github.com/runseal/runseal/seccomp/arch"
	"github.com/runseal/runseal/seccomp/bpf"
)

// dice turns the fuzzer's bytes into choices; past their end it yields 0.
type dice struct{ b []byte }

func (d *dice) n(sides int) int {
	if len(d.b) == 0 {
		return 0
	}
	v := int(d.b[0])
	d.b = d.b[1:]
	return v % sides
}

// value yields numbers that share halves, so that conditions touch.
func (d *dice) value() uint64 {
	half := func() uint64 {
		switch n := d.n(16); n {
		case 15:
			return 0xffffffff
		case 14:
			return 0x80000000
		case 13:
			var b [4]byte
			for i := range b {
				b[i] = byte(d.n(256))
			}
			return uint64(binary.LittleEndian.Uint32(b[:]))
		default:
			return uint64(n / 3)
		}
	}
	return half()<<32 | half()
}

func (d *dice) profile() *specs.LinuxSeccomp {
	actions := []specs.LinuxSeccompAction{specs.ActErrno, specs.ActAllow, specs.ActKillProcess, specs.ActKill, specs.ActTrap,
		specs.ActTrace, specs.ActLog}
	ops := []specs.LinuxSeccompOperator{specs.OpEqualTo, specs.OpNotEqual, specs.OpLessThan, specs.OpLessEqual, specs.OpGreaterThan,
		specs.OpGreaterEqual, specs.OpMaskedEqual}
	names := []string{"read", "write", "execve", "socket", "accept", "socketcall", "shmat", "clone", "openat2", "set_tls", "s390_runtime_instr", "ioctl", "personality"}
	p := &specs.LinuxSeccomp{DefaultAction: actions[d.n(len(actions))]}
	for i := range arch.All() {
		if d.n(3) == 1 {
			p.Architectures = append(p.Architectures, specs.Arch(arch.All()[i].Scmp))
		}
	}
	for range d.n(12) {
		s := specs.LinuxSyscall{Action: actions[d.n(len(actions))]}
		if s.Action == specs.ActErrno && d.n(3) == 1 {
			errno := uint(d.n(3))
			s.ErrnoRet = &errno
		}
		for range 1 + d.n(3) {
			name := names[d.n(len(names))]
			if d.n(4) == 1 { // any call at all
				name = arch.ID((d.n(3)*256 + d.n(256)) % arch.NumIDs).String()
			}
			s.Names = append(s.Names, name)
		}
		for range d.n(4) {
			s.Args = append(s.Args, specs.LinuxSeccompArg{Index: uint(d.n(3)), Value: d.value(), ValueTwo: d.value(), Op: ops[d.n(len(ops))]})
		}
		p.Syscalls = append(p.Syscalls, s)
	}
	return p
}

// FuzzAgree makes a profile of the input and holds the program against Decide
// on the calls that its rules are about and their neighbours; then proves it.
func FuzzAgree(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte{0, 1, 1, 1, 1, 1, 5, 1, 0, 0, 0, 2, 0, 3, 3, 4, 4, 0, 1, 4, 4, 7, 7, 6})
	f.Add(slices.Repeat([]byte{3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8, 9, 7, 9}, 8))
	f.Add(slices.Repeat([]byte{11, 6, 250, 17, 1, 0, 2, 77}, 16))
	f.Fuzz(func(t *testing.T, data []byte) {
		d := &dice{data}
		p, err := NewPolicy(d.profile(), Options{Native: arch.All()[d.n(len(arch.All()))].Scmp, KillThread: d.n(2) == 1, IntArgs: d.n(2) == 1, AsRunc: d.n(4) == 1})
		if err != nil {
			t.Fatal(err)
		}
		prog, err := p.Compile()
		if err != nil {
			t.Fatal(err)
		}
		vm, err := bpf.NewVM(prog.Instructions)
		if err != nil {
			t.Fatal(err)
		}
		extra := [6]uint64{d.value(), d.value(), d.value(), d.value(), d.value(), d.value()}
		try := func(audit, nr uint32) {
			list := testArgs(p, audit, nr)
			if len(list) > 100 {
				list = list[:100]
			}
			for _, args := range append(list, extra) {
				got := Action(vm.Run(&bpf.Data{Nr: nr, Arch: audit, Args: args}))
				if want := p.Decide(audit, nr, args); got != want {
					t.Fatalf("arch %#x nr %#x args %#x: program %s, Decide %s\n%s", audit, nr, args, got, want, prog.Disassemble())
				}
			}
		}
		for _, a := range arch.All() {
			for _, nr := range []uint32{0, a.Base - 1, a.Base, a.Max, a.Max + 1, 0x3fffffff, 0x40000000, 0xffffffff, uint32(extra[0])} {
				try(a.Audit, nr)
			}
		}
		for i := range p.tables {
			tab := &p.tables[i]
			for _, r := range tab.rules {
				for _, nr := range []uint32{r.nr - 1, r.nr, r.nr + 1} {
					try(tab.arch.Audit, nr)
				}
			}
			for _, nr := range []uint32{tab.last + 1, tab.apart.first - 1, tab.apart.first, tab.apart.last, tab.apart.last + 1} {
				try(tab.arch.Audit, nr)
			}
		}
		if err := Verify(prog.Instructions, p); err != nil {
			t.Fatalf("%v\n%s", err, prog.Disassemble())
		}
	})
}
