package seccomp

import (
	"fmt"
	"strings"

	"github.com/opencontainers/runtime-spec/specs-go"

	"github.com/runseal/runseal/seccomp/arch"
	"github.com/runseal/runseal/seccomp/bdd"
	"github.com/runseal/runseal/seccomp/bpf"
)

// Diagram returns the policy as a function of the words of struct seccomp_data (see
// [bpf.WordAt]), for those who compute with policies: whether two decide all calls
// alike is whether their diagrams are equal. leaf gives the value that stands for a
// decision, and is told what makes it. The error wraps [bpf.ErrComplex].
func (p *Policy) Diagram(d *bdd.Diagram, leaf func(Action, Cause) uint32) (bdd.Ref, error) {
	f := d.Leaf(leaf(p.unlisted, Cause{By: ByUnlisted}))
	for _, audit := range p.audits() {
		var parts []bdd.Part
		for _, nr := range p.bounds(audit) {
			to, err := p.CallDiagram(d, audit, nr, leaf)
			if err != nil {
				return bdd.False, err
			}
			parts = append(parts, bdd.Part{From: nr, To: to})
		}
		f = d.If(d.Equal(d.Word(bpf.WordArch), d.Const(audit)), d.Cut(bpf.WordNr, parts), f)
	}
	if d.Full() {
		return bdd.False, fmt.Errorf("seccomp: the policy: %w", bpf.ErrComplex)
	}
	return f, nil
}

// CallDiagram is the part of [Policy.Diagram] for one call, a function of its
// arguments.
func (p *Policy) CallDiagram(d *bdd.Diagram, audit, nr uint32, leaf func(Action, Cause) uint32) (bdd.Ref, error) {
	list, ok := p.outcomes(d, audit, nr)
	f := bdd.False
	for _, o := range list {
		f = d.If(o.when, d.Leaf(leaf(o.action, o.cause)), f)
	}
	if !ok || d.Full() {
		return bdd.False, fmt.Errorf("seccomp: the conditions of call %s: %w", numberText(nr), bpf.ErrComplex)
	}
	return f, nil
}

// ConditionsDiagram is the predicate, over the words of [Policy.Diagram], that all
// conditions hold for a call of the architecture. They are compared in its width. The
// error is an invalid condition, its path beginning with args.
func ConditionsDiagram(d *bdd.Diagram, a *arch.Arch, args []specs.LinuxSeccompArg) (bdd.Ref, error) {
	conds, err := parseConds(0, args)
	if err != nil {
		return bdd.False, fmt.Errorf("args%s", strings.TrimPrefix(err.Error(), syscallPath(0)+".args"))
	}
	if a.Bits == 32 {
		conds = cut(conds, allArgs)
	}
	return allHold(d, a, conds), nil
}
