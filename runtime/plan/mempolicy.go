package plan

import (
	"fmt"

	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/nsenter"
	"github.com/runseal/runseal/runtime/spec"
)

// memoryPolicy sets linux.memoryPolicy, which fork and execve(2) hand on
// (set_mempolicy(2)). It is the container's, so exec's process has it too.
//
// It comes when the process is in its cgroup: the kernel takes those of the nodes that
// cpuset.mems allows and that have memory, and refuses the policy (EINVAL) if none is left.
func (p *planner) memoryPolicy() {
	if p.spec.Linux == nil || p.spec.Linux.MemoryPolicy == nil {
		return
	}
	policy := p.spec.Linux.MemoryPolicy
	mode := spec.MemoryModeByName(policy.Mode)
	what, number := "set the memory policy "+string(mode.Name)+since(mode.Since), mode.Number
	for _, name := range policy.Flags {
		f := spec.MemoryFlagByName(name)
		what += " with " + string(f.Name) + since(f.Since)
		number |= f.Bit
	}
	mask, bits := nsenter.Imm(0), 0
	if policy.Nodes != "" {
		nodes, _ := spec.ParseList(policy.Nodes, spec.MaxNode) // validated
		mask = p.mask(nodes)
		bits = 64*len(nodes) + 1 // the kernel takes one away
		what += fmt.Sprintf(" for the nodes %q, of which one at least has to have memory and to be in the container's cpuset", policy.Nodes)
	}
	p.Step("linux.memoryPolicy", "%s", what)
	p.Sys(unix.SYS_SET_MEMPOLICY, nsenter.Imm(number), mask, nsenter.Imm(bits))
}

// since adds the kernel that a mode came with, for the reader of an EINVAL.
func since(version string) string {
	if version == "" {
		return ""
	}
	return " (Linux " + version + ")"
}

// mask puts a list into the program's memory as the kernel's arrays of longs.
func (p *planner) mask(list spec.List) nsenter.Arg {
	words := make([]nsenter.Arg, len(list))
	for i, w := range list {
		words[i] = nsenter.Imm(w)
	}
	return p.Words(words...)
}
