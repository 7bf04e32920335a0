package nsenter

import (
	"encoding/binary"
	"fmt"
	"io"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// Name is the name of op i's system call.
func (p *Program) Name(i int) string {
	name, _ := signature(p.Ops[i].Nr)
	return name
}

// Describe writes the program for people, one line an op: its index, the call
// with its arguments decoded, the register that takes the result, what happens
// on errors, and the config.json field that asked for it.
//
//	12  openat2(root, "proc", O_PATH|O_CLOEXEC, IN_ROOT) -> target, ENOENT: 15    mounts[0].destination
//
// What the parent does meanwhile has a dash instead of an index.
func (p *Program) Describe(w io.Writer) error {
	others := p.others
	for i := range p.Ops {
		for ; len(others) > 0 && others[0].op == i; others = others[1:] {
			if _, err := fmt.Fprintf(w, "%4s  %-84s  %s\n", "-", others[0], others[0].Field); err != nil {
				return err
			}
		}
		st := p.Step(i)
		about := st.Field
		if about == "" {
			about = "(" + st.String() + ")" // nothing in config.json asked for it
		}
		if _, err := fmt.Fprintf(w, "%4d  %-84s  %s\n", i, p.line(i), about); err != nil {
			return err
		}
	}
	return nil
}

func (p *Program) line(i int) string {
	op := &p.Ops[i]
	name, kinds := signature(op.Nr)
	var args []string
	for k := 0; k < int(op.nargs); k++ {
		kind := byte('x')
		if k < len(kinds) {
			kind = kinds[k]
		}
		if kind != '-' {
			args = append(args, p.arg(op, k, kind))
		}
	}
	s := name + "(" + strings.Join(args, ", ") + ")"
	switch op.Nr {
	case OpAlone, OpFork, OpSpin:
		s = name
	case OpJump:
		s = "jump to " + strconv.Itoa(int(op.Target))
	case OpJumpN:
		s = "if " + args[0] + " is negative jump to " + strconv.Itoa(int(op.Target))
	}
	if op.Out != RegNone {
		s += " -> " + p.regName(op.Out)
	}
	for _, h := range op.on {
		if h.Errno == 0 {
			continue
		}
		e := unix.ErrnoName(unix.Errno(h.Errno))
		if h.Errno == AnyErrno {
			e = "any error"
		}
		if int(h.Target) == i+1 {
			s += ", " + e + " ignored"
		} else {
			s += ", " + e + ": " + strconv.Itoa(int(h.Target))
		}
	}
	return s
}

func (p *Program) regName(r Reg) string {
	if n := p.names[r]; n != "" {
		return n
	}
	return "r" + strconv.Itoa(int(r))
}

// arg formats argument k of op; see signature for the kinds.
func (p *Program) arg(op *Op, k int, kind byte) string {
	v := op.Args[k]
	if op.isReg>>k&1 != 0 {
		if kind == 'X' { // a path chosen at run time
			return "*" + p.regName(Reg(v))
		}
		return p.regName(Reg(v))
	}
	mem := op.isMem>>k&1 != 0
	switch kind {
	case 'f':
		if int32(v) == unix.AT_FDCWD {
			return "AT_FDCWD"
		}
		return strconv.Itoa(int(int32(v)))
	case 'd':
		return strconv.FormatInt(int64(v), 10)
	case 'o':
		return fmt.Sprintf("%#o", v)
	case 'n':
		return unix.ErrnoName(unix.Errno(v))
	}
	if fl := flagsOf(kind); fl != nil && !mem {
		return fl.format(v)
	}
	if !mem {
		return fmt.Sprintf("%#x", v)
	}
	m := p.arena[v:]
	word := func(i int) uint64 { return binary.NativeEndian.Uint64(m[i*8:]) }
	switch kind {
	case 's', 'X':
		return strconv.Quote(p.cstring(v))
	case 'b': // bytes whose length is the next argument
		return strconv.Quote(string(m[:op.Args[k+1]]))
	case 'v':
		return p.vector(m)
	case 'w':
		s := openFlags.format(word(0))
		if word(1) != 0 {
			s += fmt.Sprintf(", %#o", word(1))
		}
		return s + ", " + resolveFlags.format(word(2))
	case 'a':
		return mountAttr(word(0), word(1), word(2))
	case 'r':
		return fmt.Sprintf("{cur=%s, max=%s}", limit(word(0)), limit(word(1)))
	case 'g':
		return p.groups(m, int(op.Args[k-1]))
	case 'c':
		return capSets(m)
	case 'm':
		return maskList(m[:op.Args[k-1]])
	case 'N':
		return maskList(m[:op.Args[k+1]/8])
	case 'p':
		n := binary.NativeEndian.Uint16(m)
		return fmt.Sprintf("%d instructions", n)
	case 'i':
		if op.Args[1] != unix.SIOCSIFFLAGS {
			break
		}
		return fmt.Sprintf("{%q, %#x}", strings.TrimRight(string(m[:16]), "\x00"), binary.NativeEndian.Uint16(m[16:]))
	}
	return fmt.Sprintf("mem+%#x", v)
}

func (p *Program) cstring(off uint64) string {
	s, _, _ := strings.Cut(string(p.arena[off:]), "\x00")
	return s
}

// vector formats argv or envp: the first few strings, then a count.
func (p *Program) vector(m []byte) string {
	var list []string
	n := 0
	for ; ; n++ {
		off := binary.NativeEndian.Uint64(m[n*8:])
		if off == 0 {
			break
		}
		if n < 8 {
			list = append(list, strconv.Quote(p.cstring(off)))
		}
	}
	if n > 8 {
		list = append(list, fmt.Sprintf("... %d in all", n))
	}
	return "[" + strings.Join(list, ", ") + "]"
}

func (p *Program) groups(m []byte, n int) string {
	list := make([]string, n)
	for i := range list {
		list[i] = strconv.Itoa(int(binary.NativeEndian.Uint32(m[i*4:])))
	}
	return "[" + strings.Join(list, ", ") + "]"
}

// capSets formats the two struct __user_cap_data_struct of capset(2).
func capSets(m []byte) string {
	set := func(i int) uint64 {
		return uint64(binary.NativeEndian.Uint32(m[i*4:])) | uint64(binary.NativeEndian.Uint32(m[12+i*4:]))<<32
	}
	return fmt.Sprintf("{effective=%#x, permitted=%#x, inheritable=%#x}", set(0), set(1), set(2))
}

func limit(v uint64) string {
	if v == ^uint64(0) {
		return "unlimited"
	}
	return strconv.FormatUint(v, 10)
}

func mountAttr(set, clear, propagation uint64) string {
	var s []string
	if set != 0 {
		s = append(s, "set="+attrFlags.format(set))
	}
	if clear != 0 {
		s = append(s, "clear="+attrFlags.format(clear))
	}
	if propagation != 0 {
		s = append(s, "propagation="+mountFlags.format(propagation))
	}
	return "{" + strings.Join(s, ", ") + "}"
}

// maskList prints the numbers of the bits that are set in a mask of longs.
func maskList(m []byte) string {
	var parts []string
	set := func(n int) bool { return n < 8*len(m) && binary.NativeEndian.Uint64(m[n/64*8:])>>(n%64)&1 != 0 }
	for n := 0; n < 8*len(m); n++ {
		first := n
		for set(n) {
			n++
		}
		switch n - first {
		case 0:
		case 1:
			parts = append(parts, strconv.Itoa(first))
		default:
			parts = append(parts, fmt.Sprintf("%d-%d", first, n-1))
		}
	}
	return "{" + strings.Join(parts, ",") + "}"
}
