package lint

import (
	"fmt"
	"strings"

	"github.com/runseal/runseal/seccomp/bpf"
)

var (
	filterTooLarge = &Rule{
		ID: "filter-too-large", Severity: Error,
		Title: "the filter would be larger than the kernel takes",
		Help:  `The kernel takes 4096 instructions. Conditions on arguments cost most; calls without conditions cost next to nothing.`,
	}
	filterSize = &Rule{
		ID: "filter-size", Severity: Note,
		Title: "the size of the filter, and the longest way through it",
		Help: `Each call that is not always allowed costs the instructions on its way through the filter; calls that are always
allowed cost nothing since Linux 5.11. The longest way is that of a call whose arguments are compared with many values.`,
	}
	sizeRules = []*Rule{filterTooLarge, filterSize, notChecked}
)

func checkSize(m *model) {
	filter, err := m.policy.Compile()
	if err != nil {
		m.report(filterTooLarge, root+".syscalls", strings.TrimPrefix(err.Error(), root+": "), nil)
		return
	}
	m.report(filterSize, root, fmt.Sprintf("%d instructions of at most %d, the longest way through them executes %d",
		len(filter.Instructions), bpf.MaxInstructions, longestPath(filter.Instructions)), nil)
}

// longestPath is the most instructions that one call executes. Jumps go forwards
// only, so that one pass from the end finds it.
func longestPath(prog []bpf.Instruction) int {
	const (
		class, jump, ret = 0x07, 0x05, 0x06 // BPF_CLASS, BPF_JMP, BPF_RET of linux/bpf_common.h
		always           = 0x05             // BPF_JMP | BPF_JA
	)
	longest := make([]int, len(prog)+1)
	after := func(i int) int {
		if i > len(prog) {
			return 0
		}
		return longest[i]
	}
	for i := len(prog) - 1; i >= 0; i-- {
		next := 0
		switch ins := prog[i]; {
		case ins.Op&class == ret:
		case ins.Op == always:
			next = after(i + 1 + int(ins.K))
		case ins.Op&class == jump:
			next = max(after(i+1+int(ins.Jt)), after(i+1+int(ins.Jf)))
		default:
			next = after(i + 1)
		}
		longest[i] = 1 + next
	}
	return longest[0]
}
