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

// cond is one condition on one argument, as the profile has it.
type cond struct {
	arg             uint8 // 0 to 5
	op              op
	value, valueTwo uint64
}

// holds says whether the condition holds for a call of an architecture that
// compares the given number of bits, 32 or 64. In 32 bits both the argument
// and the operands lose their upper halves.
func (c cond) holds(args *[6]uint64, bits int) bool {
	a, v, w := args[c.arg], c.value, c.valueTwo
	if bits == 32 {
		a, v, w = uint64(uint32(a)), uint64(uint32(v)), uint64(uint32(w))
	}
	switch c.op {
	case opNE:
		return a != v
	case opLT:
		return a < v
	case opLE:
		return a <= v
	case opEQ:
		return a == v
	case opGE:
		return a >= v
	case opGT:
		return a > v
	default: // opMasked
		return a&v == w&v
	}
}

// parseConds reads the args of one rule. path is that of the rule.
func parseConds(path string, args []specs.LinuxSeccompArg) ([]cond, error) {
	if len(args) == 0 {
		return nil, nil
	}
	conds := make([]cond, len(args))
	for i, a := range args {
		if a.Index > 5 {
			return nil, fmt.Errorf("%s.args[%d].index: %d, expected 0 to 5", path, i, a.Index)
		}
		c := cond{arg: uint8(a.Index), value: a.Value, valueTwo: a.ValueTwo}
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
			return nil, fmt.Errorf("%s.args[%d].op: missing, expected one of %s", path, i, knownOps)
		default:
			return nil, fmt.Errorf("%s.args[%d].op: unknown operator %q, expected one of %s", path, i, string(a.Op), knownOps)
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
	var seen uint8
	for _, c := range conds {
		bit := uint8(1) << c.arg
		if seen&bit != 0 {
			each := make([][]cond, len(conds))
			for i := range conds {
				each[i] = conds[i : i+1 : i+1]
			}
			return each
		}
		seen |= bit
	}
	return [][]cond{conds}
}
