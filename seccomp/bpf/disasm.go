package bpf

import (
	"bytes"
	"fmt"
	"io"
)

// Namer supplies the names that make a listing readable. A nil function or an
// empty string means that the number stands alone.
type Namer struct {
	Arch    func(audit uint32) string
	Syscall func(audit, nr uint32) string
	Return  func(value uint32) string
}

// Disassemble writes one line per instruction:
//
//	0: ld   arch
//	1: jeq  0xc000003e (SCMP_ARCH_X86_64)  -> 2, 5
//	2: ld   nr
//	3: jge  59 (execve)  -> 4, 5
//
// Jumps show the line for true, then the line for false. A number is named if
// every way to the line has loaded the system call number, and named by the
// architecture that every way has found, if it is the same one. Halves of 64-bit
// words are named by the byte order of the architectures that can come to the
// line; if there is none, or both, by this machine's.
func Disassemble(w io.Writer, prog []Instruction, n Namer) error {
	known := trackAll(prog)
	var b bytes.Buffer
	for i, ins := range prog {
		fmt.Fprintf(&b, "%4d: ", i)
		ins.format(&b, i, known[i], n)
		b.WriteByte('\n')
	}
	_, err := w.Write(b.Bytes())
	return err
}

// format appends the instruction at line i, reached with facts.
func (ins Instruction) format(b *bytes.Buffer, i int, facts facts, n Namer) {
	operand := fmt.Sprintf("%#x", ins.K)
	if ins.Op&srcX != 0 {
		operand = "x"
	}
	switch ins.Op {
	case opLdAbs:
		fmt.Fprintf(b, "ld   %s", WordName(ins.K, facts.order.isBig()))
	case opLdLen:
		b.WriteString("ld   len")
	case opLdImm:
		fmt.Fprintf(b, "ld   #%#x", ins.K)
	case opLdMem:
		fmt.Fprintf(b, "ld   m[%d]", ins.K)
	case opLdxLen:
		b.WriteString("ldx  len")
	case opLdxImm:
		fmt.Fprintf(b, "ldx  #%#x", ins.K)
	case opLdxMem:
		fmt.Fprintf(b, "ldx  m[%d]", ins.K)
	case opSt:
		fmt.Fprintf(b, "st   m[%d]", ins.K)
	case opStx:
		fmt.Fprintf(b, "stx  m[%d]", ins.K)
	case opTax:
		b.WriteString("tax")
	case opTxa:
		b.WriteString("txa")
	case aluNeg:
		b.WriteString("neg")
	case opRetK:
		fmt.Fprintf(b, "ret  %s", orHex(n.Return, ins.K))
	case opRetA:
		b.WriteString("ret  a")
	case opJa:
		fmt.Fprintf(b, "ja   -> %d", i+1+int(ins.K))
	default:
		name := mnemonic(ins.Op &^ srcX)
		if name == "" {
			fmt.Fprintf(b, "invalid %#04x %d %d %#x", ins.Op, ins.Jt, ins.Jf, ins.K)
			return
		}
		fmt.Fprintf(b, "%-4s %s", name, facts.operand(operand, ins, n))
		if ins.Op&classMask == classJmp {
			fmt.Fprintf(b, "  -> %d, %d", i+1+int(ins.Jt), i+1+int(ins.Jf))
		}
	}
}

func orHex(name func(uint32) string, v uint32) string {
	if name != nil {
		if s := name(v); s != "" {
			return s
		}
	}
	return fmt.Sprintf("%#x", v)
}

func mnemonic(op uint16) string {
	switch op {
	case uint16(JEQ):
		return "jeq"
	case uint16(JGT):
		return "jgt"
	case uint16(JGE):
		return "jge"
	case uint16(JSET):
		return "jset"
	case aluAdd:
		return "add"
	case aluSub:
		return "sub"
	case aluMul:
		return "mul"
	case aluDiv:
		return "div"
	case aluOr:
		return "or"
	case aluAnd:
		return "and"
	case aluXor:
		return "xor"
	case aluLsh:
		return "lsh"
	case aluRsh:
		return "rsh"
	}
	return ""
}

// WordName is the name of the word at the byte offset off of struct seccomp_data:
// "nr", "arg0.low". big says which half of 64-bit words comes first.
func WordName(off uint32, big bool) string {
	switch {
	case off == OffNr:
		return "nr"
	case off == OffArch:
		return "arch"
	case off >= dataSize || off&3 != 0:
		return fmt.Sprintf("[%d]", off)
	}
	half := "low"
	if second := off&4 != 0; second != big {
		half = "high"
	}
	if off < offArgs {
		return "ip." + half
	}
	return fmt.Sprintf("arg%d.%s", (off-offArgs)/8, half)
}
