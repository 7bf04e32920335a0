package seccomp

import (
	"fmt"

	"github.com/opencontainers/runtime-spec/specs-go"
)

// op is a comparison of an argument with a value, unsigned.
type op uint8

const (
	opNE op = iota
	opLT
	opLE
	opEQ
	opGE
	opGT
	opMasked // argument & value == valueTwo & value
)

const knownOps = "SCMP_CMP_EQ, SCMP_CMP_GE, SCMP_CMP_GT, SCMP_CMP_LE, SCMP_CMP_LT, SCMP_CMP_MASKED_EQ, SCMP_CMP_NE"

// cond is one condition on one argument. In 32 bits the operands have lost their
// upper halves.
type cond struct {
	arg             uint8 // 0 to 5
	op              op
	bits            uint8 // width of the comparison: 32 or 64
	value, valueTwo uint64
}

// holds says whether the condition holds for a call with these arguments. A
// comparison in 32 bits does not look at the argument's upper half.
func (c cond) holds(args *[6]uint64) bool {
	a := args[c.arg]
	if c.bits == 32 {
		a = uint64(uint32(a))
	}
	switch c.op {
	case opNE:
		return a != c.value
	case opLT:
		return a < c.value
	case opLE:
		return a <= c.value
	case opEQ:
		return a == c.value
	case opGE:
		return a >= c.value
	case opGT:
		return a > c.value
	default: // opMasked
		return a&c.value == c.valueTwo&c.value
	}
}

// always says whether the condition holds for every argument, and never whether
// it holds for none.
func (c cond) always() bool {
	switch c.op {
	case opLE:
		return c.value == c.top()
	case opGE, opMasked:
		return c.value == 0
	}
	return false
}

func (c cond) never() bool { return c.op == opLT && c.value == 0 || c.op == opGT && c.value == c.top() }

// top is the largest value of an argument in the width of the comparison.
func (c cond) top() uint64 { return 1<<c.bits - 1 }

// allArgs stands for all six arguments, as a set of bits.
const allArgs = 1<<6 - 1

// cut returns the condition as a comparison in 32 bits if its argument is in
// narrow, a set of bits.
func (c cond) cut(narrow uint8) cond {
	if narrow>>c.arg&1 != 0 {
		c.bits, c.value, c.valueTwo = 32, uint64(uint32(c.value)), uint64(uint32(c.valueTwo))
	}
	return c
}

// cut returns the conditions with those on the arguments in narrow cut.
func cut(conds []cond, narrow uint8) []cond {
	if narrow == 0 {
		return conds
	}
	out := make([]cond, len(conds))
	for i, c := range conds {
		out[i] = c.cut(narrow)
	}
	return out
}

// parseConds reads the args of linux.seccomp.syscalls[i].
func parseConds(rule int, args []specs.LinuxSeccompArg) ([]cond, error) {
	if len(args) == 0 {
		return nil, nil
	}
	conds := make([]cond, len(args))
	for i, a := range args {
		if a.Index > 5 {
			return nil, fmt.Errorf("linux.seccomp.syscalls[%d].args[%d].index: %d: expected 0 to 5", rule, i, a.Index)
		}
		c := cond{arg: uint8(a.Index), bits: 64, value: a.Value, valueTwo: a.ValueTwo}
		switch a.Op {
		case specs.OpNotEqual:
			c.op = opNE
		case specs.OpLessThan:
			c.op = opLT
		case specs.OpLessEqual:
			c.op = opLE
		case specs.OpEqualTo:
			c.op = opEQ
		case specs.OpGreaterEqual:
			c.op = opGE
		case specs.OpGreaterThan:
			c.op = opGT
		case specs.OpMaskedEqual:
			c.op = opMasked
		case "":
			return nil, fmt.Errorf("linux.seccomp.syscalls[%d].args[%d].op: missing, expected one of %s", rule, i, knownOps)
		default:
			return nil, fmt.Errorf("linux.seccomp.syscalls[%d].args[%d].op: %q: expected one of %s", rule, i, string(a.Op), knownOps)
		}
		conds[i] = c
	}
	return conds, nil
}

// alternatives splits the conditions of one rule into the rules it stands for:
// conditions on different arguments must hold together, but if any argument
// occurs twice each condition is a rule of its own. That is runc's reading; the
// specification is silent.
func alternatives(conds []cond) [][]cond {
	return split(conds, func(c cond) uint { return uint(c.arg) })
}

// Alternatives splits the conditions of one rule of a profile into those of the rules
// that it stands for: one that has them all, or if they are two on one argument a rule
// for each.
func Alternatives(args []specs.LinuxSeccompArg) [][]specs.LinuxSeccompArg {
	return split(args, func(a specs.LinuxSeccompArg) uint { return a.Index })
}

func split[T any](conds []T, arg func(T) uint) [][]T {
	var seen uint8
	for _, c := range conds {
		bit := uint8(1) << arg(c)
		if seen&bit != 0 {
			each := make([][]T, len(conds))
			for i := range conds {
				each[i] = conds[i : i+1 : i+1]
			}
			return each
		}
		seen |= bit
	}
	return [][]T{conds}
}
