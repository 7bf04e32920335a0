package lint

import (
	"fmt"
	"slices"

	"github.com/opencontainers/runtime-spec/specs-go"

	"github.com/runseal/runseal/seccomp/arch"
)

var (
	duplicateArgument = &Rule{
		ID: "duplicate-argument", Severity: Warning,
		Title: "several conditions on one argument in one entry: they are alternatives",
		Help: `Conditions of one entry must all hold, but if any argument index occurs twice each condition is a rule of its own,
and one is enough. Every runtime does so, although the specification does not say it. "index 0 greater than 1" and "index
0 less than 5" therefore hold for all values. If alternatives are meant write an entry for each; a range of values can only
be written by entries for what is outside.`,
	}
	conditionAlways = &Rule{
		ID: "condition-always", Severity: Warning,
		Title: "a condition that holds for every value",
		Help: `The condition restricts nothing: SCMP_CMP_MASKED_EQ with a mask of 0, SCMP_CMP_GE 0, or SCMP_CMP_LE with the
largest value. For SCMP_CMP_MASKED_EQ value is the mask and valueTwo what the masked argument must be; they are often
exchanged.`,
	}
	conditionNever = &Rule{
		ID: "condition-never", Severity: Warning,
		Title: "a condition that holds for no value",
		Help: `SCMP_CMP_LT 0, or SCMP_CMP_GT with the largest value: comparisons are unsigned. The rule never applies, unless its
conditions are alternatives (see duplicate-argument) or are lost in a multiplexer (see multiplexer-bypass).`,
	}
	maskIgnores = &Rule{
		ID: "mask-ignores-bits", Severity: Warning,
		Title: "a valueTwo with bits that the mask leaves out",
		Help: `SCMP_CMP_MASKED_EQ holds if argument & value == valueTwo & value: bits of valueTwo outside the mask (value) are not
compared. Perhaps the two values are exchanged.`,
	}
	unusedValueTwo = &Rule{
		ID: "value-two-unused", Severity: Warning,
		Title: "a valueTwo that the operator does not use",
		Help:  `Only SCMP_CMP_MASKED_EQ uses valueTwo. Perhaps that operator was meant, or a range of values, which no operator has.`,
	}
	wideValue = &Rule{
		ID: "wide-value-32-bit", Severity: Warning,
		Title: "a value above 32 bits for an architecture that compares 32",
		Help: `32-bit architectures, x32 among them, compare the lower 32 bits of argument and value, so that the condition means
something else there. (Negative numbers, whose upper half is all ones, keep their meaning and are not reported.)`,
	}
	argumentRules = []*Rule{duplicateArgument, conditionAlways, conditionNever, maskIgnores, unusedValueTwo, wideValue, intArgument}
)

func checkArguments(m *model) {
	narrow := m.narrowArch()
	for i := range m.profile.Syscalls {
		s := &m.profile.Syscalls[i]
		if len(m.entries[i].alternatives) > 1 {
			m.report(duplicateArgument, entryPath(i)+".args", "an index occurs twice, so that any one of the conditions is enough", nil)
		}
		for k, a := range s.Args {
			path := argPath(i, k)
			text := fmt.Sprintf("%s %#x", a.Op, a.Value)
			if a.Op == specs.OpMaskedEqual {
				text = fmt.Sprintf("%s with mask %#x", a.Op, a.Value)
			}
			switch {
			case always(a, m.native().Bits):
				m.report(conditionAlways, path, text+" holds for every value", nil)
			case never(a, m.native().Bits):
				text += " holds for no value"
				switch {
				case len(m.entries[i].alternatives) > 1: // alternatives, of which another one may hold
				case a.Index == 0 && m.muxed(i):
					text += ", so that the rule applies through a multiplexer only, where the condition is lost"
				default:
					text += ", so that the rule never applies"
				}
				m.report(conditionNever, path, text, nil)
			}
			if a.Op == specs.OpMaskedEqual && a.ValueTwo&^a.Value != 0 && a.Value != 0 {
				m.report(maskIgnores, path, fmt.Sprintf("bits %#x of valueTwo %#x are outside the mask %#x and ignored", a.ValueTwo&^a.Value, a.ValueTwo, a.Value), nil)
			}
			if a.Op != specs.OpMaskedEqual && a.ValueTwo != 0 {
				m.report(unusedValueTwo, path, fmt.Sprintf("%s ignores valueTwo %#x", a.Op, a.ValueTwo), nil)
			}
			if narrow != nil && (wide(a.Value) || a.Op == specs.OpMaskedEqual && wide(a.ValueTwo&a.Value)) && m.used(i, narrow) {
				m.report(wideValue, path, fmt.Sprintf("on %s value %#x counts as %#x", narrow.Scmp, a.Value, uint32(a.Value)), nil)
			}
		}
	}
}

// narrowArch is an architecture that compares 32 bits, or nil.
func (m *model) narrowArch() *arch.Arch {
	for _, a := range m.archs {
		if a.Bits == 32 {
			return a
		}
	}
	return nil
}

// used says whether an entry has a name that the architecture has.
func (m *model) used(i int, a *arch.Arch) bool {
	for _, name := range m.profile.Syscalls[i].Names {
		if _, ok := a.Number(name); ok {
			return true
		}
	}
	return false
}

// muxed says whether an entry names a call that can be made through a multiplexer.
func (m *model) muxed(i int) bool {
	return slices.ContainsFunc(m.profile.Syscalls[i].Names, func(name string) bool {
		id, ok := arch.Find(name)
		return ok && slices.ContainsFunc(m.all, func(a *arch.Arch) bool { _, _, _, muxed := a.Mux(id); return muxed })
	})
}

// wide says whether a value loses its meaning in 32 bits.
func wide(v uint64) bool {
	negative := v>>31 == 1<<33-1
	return v>>32 != 0 && !negative
}

// top is the largest value of so many bits.
func top(bits int) uint64 { return 1<<bits - 1 }

// always and never say whether a condition holds for all values of an argument,
// compared in so many bits, or for none.
func always(a specs.LinuxSeccompArg, bits int) bool {
	v := a.Value & top(bits)
	switch a.Op {
	case specs.OpLessEqual:
		return v == top(bits)
	case specs.OpGreaterEqual, specs.OpMaskedEqual:
		return v == 0
	}
	return false
}

func never(a specs.LinuxSeccompArg, bits int) bool {
	v := a.Value & top(bits)
	return a.Op == specs.OpLessThan && v == 0 || a.Op == specs.OpGreaterThan && v == top(bits)
}
