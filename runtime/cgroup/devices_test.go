package cgroup

import (
	"math/rand"
	"reflect"
	"strings"
	"testing"

	"github.com/opencontainers/runtime-spec/specs-go"
)

// granted is what devicePolicy's comment says, as plainly as possible.
func (p *devicePolicy) granted(kind byte, major, minor int64, access uint8) bool {
	for _, e := range p.except {
		if !e.covers(deviceRule{kind, major, minor, 0}) {
			continue
		}
		if p.allow && e.access&access != 0 {
			return false
		}
		if !p.allow && access&^e.access == 0 {
			return true
		}
	}
	return p.allow
}

// run executes a program as the kernel would, for one access.
func run(t *testing.T, code []insn, kind, access, major, minor uint32) bool {
	t.Helper()
	var reg [11]uint64
	ctx := [3]uint32{access<<16 | kind, major, minor}
	for pc := 0; pc < len(code); pc++ {
		i := code[pc]
		switch i.op {
		case opLoad32:
			reg[i.dst] = uint64(ctx[i.off/4])
		case opMovReg:
			reg[i.dst] = uint64(uint32(reg[i.src]))
		case opMovImm:
			reg[i.dst] = uint64(int64(i.imm))
		case opAndImm:
			reg[i.dst] = uint64(uint32(reg[i.dst]) & uint32(i.imm))
		case opShrImm:
			reg[i.dst] = uint64(uint32(reg[i.dst]) >> i.imm)
		case opJneImm:
			if reg[i.dst] != uint64(int64(i.imm)) {
				pc += int(i.off)
			}
		case opJeqImm:
			if reg[i.dst] == uint64(int64(i.imm)) {
				pc += int(i.off)
			}
		case opExit:
			return reg[regResult] == 1
		default:
			t.Fatalf("unknown opcode %#x", i.op)
		}
	}
	t.Fatal("the program has no end")
	return false
}

func TestDefaultPolicy(t *testing.T) {
	want := "a; c *:* m; b *:* m; c 1:3 rwm; c 1:5 rwm; c 1:7 rwm; c 1:8 rwm; c 1:9 rwm; c 5:0 rwm; c 5:2 rwm; c 10:200 rwm; c 136:* rwm"
	for _, rules := range [][]specs.LinuxDeviceCgroup{nil, {{Access: "rwm"}}, {{Allow: true, Access: "rwm"}, {Type: "a", Major: ptr(int64(-1)), Access: "rmw"}}} {
		p, err := newDevicePolicy(rules)
		if err != nil {
			t.Fatal(err)
		}
		lines, deny := p.commands()
		if got := strings.Join(lines, "; "); got != want || !deny[0] || deny[1] || deny[len(deny)-1] {
			t.Errorf("got %s %v", got, deny)
		}
	}
}

func TestDevicePolicy(t *testing.T) {
	rule := func(allow bool, kind string, major, minor int64, access string) specs.LinuxDeviceCgroup {
		return specs.LinuxDeviceCgroup{Allow: allow, Type: kind, Major: &major, Minor: &minor, Access: access}
	}
	none := specs.LinuxDeviceCgroup{Access: "rwm"}
	all := specs.LinuxDeviceCgroup{Allow: true, Access: "rwm"}
	for _, c := range []struct {
		name  string
		rules []specs.LinuxDeviceCgroup
		yes   []deviceRule
		no    []deviceRule
	}{
		{"allowed device", []specs.LinuxDeviceCgroup{none, rule(true, "c", 10, 229, "rw")},
			[]deviceRule{{'c', 10, 229, accRead | accWrite}, {'c', 10, 229, accMknod}}, []deviceRule{{'b', 10, 229, accRead}, {'c', 10, 1, accRead}}},
		{"privileged", []specs.LinuxDeviceCgroup{none, all}, []deviceRule{{'b', 8, 0, accAll}, {'c', 1, 1, accAll}}, nil},
		{"all but one", []specs.LinuxDeviceCgroup{all, rule(false, "b", 8, -1, "w")},
			[]deviceRule{{'b', 8, 0, accRead}, {'b', 9, 0, accAll}}, []deviceRule{{'b', 8, 0, accWrite}, {'b', 8, 3, accRead | accWrite}}},
		{"a denied default device stays denied", []specs.LinuxDeviceCgroup{none, rule(false, "c", 1, 8, "rwm")},
			[]deviceRule{{'c', 1, 3, accAll}, {'c', 1, 9, accRead}}, []deviceRule{{'c', 1, 8, accRead}}},
		{"type a with numbers is only that device", []specs.LinuxDeviceCgroup{none, rule(true, "a", 8, 1, "r")},
			[]deviceRule{{'b', 8, 1, accRead}, {'c', 8, 1, accRead}}, []deviceRule{{'b', 8, 1, accWrite}, {'b', 8, 2, accRead}}},
		{"type a with some access is only that access", []specs.LinuxDeviceCgroup{none, rule(true, "a", -1, -1, "r")},
			[]deviceRule{{'b', 8, 1, accRead}, {'c', 1, 1, accRead}}, []deviceRule{{'b', 8, 1, accWrite}}},
		{"a wide denial takes back what is in it", []specs.LinuxDeviceCgroup{none, rule(true, "c", 10, 1, "rw"), rule(true, "c", 10, 2, "rw"), rule(false, "c", 10, -1, "w")},
			[]deviceRule{{'c', 10, 1, accRead}}, []deviceRule{{'c', 10, 1, accWrite}, {'c', 10, 2, accWrite}}},
	} {
		p, err := newDevicePolicy(c.rules)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		for _, r := range c.yes {
			if !p.granted(r.kind, r.major, r.minor, r.access) {
				t.Errorf("%s: %s refused", c.name, r)
			}
		}
		for _, r := range c.no {
			if p.granted(r.kind, r.major, r.minor, r.access) {
				t.Errorf("%s: %s granted", c.name, r)
			}
		}
	}
}

// TestDeviceProgram: the program decides every access as the policy does, for
// random policies from a small world of numbers.
func TestDeviceProgram(t *testing.T) {
	rnd := rand.New(rand.NewSource(1))
	both := map[bool]int{}
	for range 500 {
		var rules []specs.LinuxDeviceCgroup
		for range rnd.Intn(6) {
			access := []string{"r", "w", "m", "rw", "rwm", "rm"}[rnd.Intn(6)]
			d := specs.LinuxDeviceCgroup{Allow: rnd.Intn(2) == 0, Type: []string{"a", "b", "c"}[rnd.Intn(3)], Access: access}
			if rnd.Intn(3) > 0 {
				d.Major = ptr(int64(rnd.Intn(3)))
			}
			if rnd.Intn(3) > 0 {
				d.Minor = ptr(int64(rnd.Intn(4)))
			}
			rules = append(rules, d)
		}
		p, err := newDevicePolicy(rules)
		if err != nil {
			continue // not expressible
		}
		code := p.program()
		if len(encode(code)) != 8*len(code) {
			t.Fatal("an instruction has 8 bytes")
		}
		for _, kind := range []byte{'b', 'c'} {
			for major := range int64(4) {
				for minor := range int64(5) {
					for access := uint8(1); access <= accAll; access++ {
						n := uint32(1)
						if kind == 'c' {
							n = 2
						}
						want := p.granted(kind, major, minor, access)
						both[want]++
						if got := run(t, code, n, uint32(access), uint32(major), uint32(minor)); got != want {
							t.Fatalf("%+v: %c %d:%d %d: program %v, policy %v", p, kind, major, minor, access, got, want)
						}
					}
				}
			}
		}
	}
	if both[true] < 1000 || both[false] < 1000 {
		t.Errorf("one-sided test: %v", both)
	}
}

func TestEncode(t *testing.T) {
	// As an assembler for BPF (little endian) has them: r2 = *(u32 *)(r1 + 0);
	// if r2 != 2 goto +3; r0 = 1; exit.
	got := encode([]insn{{op: opLoad32, dst: 2, src: 1}, {op: opJneImm, dst: 2, off: 3, imm: 2}, {op: opMovImm, imm: 1}, {op: opExit}})
	want := []byte{0x61, 0x12, 0, 0, 0, 0, 0, 0, 0x55, 0x02, 3, 0, 2, 0, 0, 0, 0xb7, 0, 0, 0, 1, 0, 0, 0, 0x95, 0, 0, 0, 0, 0, 0, 0}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %x\nwant %x", got, want)
	}
}
