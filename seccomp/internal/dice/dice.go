// Package dice makes seccomp profiles of arbitrary bytes, for property tests and fuzz
// targets of the packages that read, write and combine profiles:
//
//	f.Fuzz(func(t *testing.T, data []byte) {
//		p := dice.New(data).Profile()
//		...
//	})
//
// The profiles are valid for package seccomp on every architecture, have few calls and
// many conditions, and touch what is special: multiplexers, architectures of 32 bits,
// defaults and errnos that are spelled out, flags, listeners. Equal bytes give equal
// profiles. Nothing but tests imports it.
package dice

import (
	"encoding/binary"
	"math/rand/v2"

	"github.com/opencontainers/runtime-spec/specs-go"
)

// Dice turns bytes into choices; past their end each choice is the first.
type Dice struct{ b []byte }

// New returns dice that show these bytes.
func New(b []byte) *Dice { return &Dice{b} }

// Random returns dice that show n bytes of a sequence that the seed determines.
func Random(seed uint64, n int) *Dice {
	rng := rand.New(rand.NewPCG(seed, seed+1))
	b := make([]byte, 0, n+8)
	for len(b) < n {
		b = binary.LittleEndian.AppendUint64(b, rng.Uint64())
	}
	return New(b[:n])
}

// N returns a number from 0 to sides-1.
func (d *Dice) N(sides int) int {
	if len(d.b) == 0 {
		return 0
	}
	v := int(d.b[0])
	d.b = d.b[1:]
	return v % sides
}

var (
	actions = []specs.LinuxSeccompAction{specs.ActErrno, specs.ActAllow, specs.ActKillProcess, specs.ActKill, specs.ActTrap,
		specs.ActTrace, specs.ActLog, specs.ActNotify}
	ops = []specs.LinuxSeccompOperator{specs.OpEqualTo, specs.OpNotEqual, specs.OpLessThan, specs.OpLessEqual, specs.OpGreaterThan,
		specs.OpGreaterEqual, specs.OpMaskedEqual}
	archs = []specs.Arch{specs.ArchX86_64, specs.ArchX86, specs.ArchX32, specs.ArchAARCH64, specs.ArchARM}
	names = []string{"read", "write", "execve", "socket", "accept", "socketcall", "shmat", "clone", "clone3", "openat2", "set_tls",
		"ioctl", "personality", "mseal", "rt_sigaction"}
	flags = []specs.LinuxSeccompFlag{specs.LinuxSeccompFlagLog, specs.LinuxSeccompFlagSpecAllow}
)

// value yields small numbers, whose halves are alike, so that conditions touch.
func (d *Dice) value() uint64 {
	half := func() uint64 {
		switch n := d.N(24); n {
		case 23:
			return 0xffffffff
		case 22:
			return 0x80000000
		default:
			return uint64(n / 3)
		}
	}
	high := uint64(0)
	if d.N(4) == 1 {
		high = half()
	}
	return high<<32 | half()
}

// action yields an action with its errno; notify says whether it may be
// SCMP_ACT_NOTIFY.
func (d *Dice) action(notify bool) (specs.LinuxSeccompAction, *uint) {
	n := len(actions)
	if !notify {
		n--
	}
	a := actions[d.N(n)]
	if (a == specs.ActErrno || a == specs.ActTrace) && d.N(2) == 1 {
		errno := uint(1 + d.N(40))
		return a, &errno
	}
	return a, nil
}

// Profile yields a profile.
func (d *Dice) Profile() *specs.LinuxSeccomp {
	p := &specs.LinuxSeccomp{}
	p.DefaultAction, p.DefaultErrnoRet = d.action(false)
	for _, a := range archs {
		if d.N(3) == 1 {
			p.Architectures = append(p.Architectures, a)
		}
	}
	switch d.N(4) {
	case 1:
		p.Flags = []specs.LinuxSeccompFlag{}
	case 2:
		p.Flags = flags[:1+d.N(len(flags))]
	}
	if d.N(3) == 1 {
		p.ListenerPath, p.ListenerMetadata = "/run/agent.sock", "for <tests> & more"
	}
	for range d.N(10) {
		var s specs.LinuxSyscall
		s.Action, s.ErrnoRet = d.action(p.ListenerPath != "")
		for range 1 + d.N(3) {
			s.Names = append(s.Names, names[d.N(len(names))])
		}
		if d.N(2) == 1 {
			for range 1 + d.N(3) {
				s.Args = append(s.Args, specs.LinuxSeccompArg{Index: uint(d.N(3)), Value: d.value(), ValueTwo: d.value(), Op: ops[d.N(len(ops))]})
			}
		}
		p.Syscalls = append(p.Syscalls, s)
	}
	return p
}
