package bpf

const memWords = 16

// VM runs one checked program.
type VM struct{ prog []Instruction }

// NewVM checks the program by the kernel's rules ([Check]).
func NewVM(prog []Instruction) (*VM, error) {
	if err := Check(prog); err != nil {
		return nil, err
	}
	return &VM{prog}, nil
}

// Run returns the program's result for one call.
func (vm *VM) Run(d *Data) uint32 {
	ret, _ := vm.Trace(d, nil)
	return ret
}

// Trace is Run that also returns how many instructions were executed and calls
// visit, if it is not nil, with the index of each.
func (vm *VM) Trace(d *Data, visit func(pc int)) (ret uint32, steps int) {
	var a, x uint32
	var m [memWords]uint32
	for pc := 0; ; pc++ { // Check has made sure that every path ends in a return
		if visit != nil {
			visit(pc)
		}
		steps++
		ins := vm.prog[pc]
		operand := ins.K
		if class := ins.Op & classMask; (class == classAlu || class == classJmp) && ins.Op&srcX != 0 {
			operand = x
		}
		switch ins.Op {
		case opLdAbs:
			a = d.Word(ins.K)
		case opLdLen:
			a = dataSize
		case opLdImm:
			a = ins.K
		case opLdMem:
			a = m[ins.K]
		case opLdxLen:
			x = dataSize
		case opLdxImm:
			x = ins.K
		case opLdxMem:
			x = m[ins.K]
		case opSt:
			m[ins.K] = a
		case opStx:
			m[ins.K] = x
		case opTax:
			x = a
		case opTxa:
			a = x
		case opRetK:
			return ins.K, steps
		case opRetA:
			return a, steps
		case opJa:
			pc += int(ins.K)
		default:
			switch ins.Op &^ srcX {
			case aluAdd:
				a += operand
			case aluSub:
				a -= operand
			case aluMul:
				a *= operand
			case aluDiv:
				if operand == 0 {
					return 0, steps // as the kernel: the program ends with 0
				}
				a /= operand
			case aluOr:
				a |= operand
			case aluAnd:
				a &= operand
			case aluXor:
				a ^= operand
			case aluLsh:
				a <<= operand & 31
			case aluRsh:
				a >>= operand & 31
			case aluNeg:
				a = -a
			default: // Check has left only the conditional jumps
				if Cond(ins.Op&^srcX).Holds(a, operand) {
					pc += int(ins.Jt)
				} else {
					pc += int(ins.Jf)
				}
			}
		}
	}
}

// Holds says whether a conditional jump with this operand is taken when A is a.
func (c Cond) Holds(a, k uint32) bool {
	switch c {
	case JEQ:
		return a == k
	case JGT:
		return a > k
	case JGE:
		return a >= k
	default: // JSET
		return a&k != 0
	}
}
