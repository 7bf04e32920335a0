package report

import (
	"slices"

	"github.com/runseal/runseal/seccomp"
	"github.com/runseal/runseal/seccomp/arch"
)

// Call is a system call of one architecture, and how a policy decides it.
type Call struct {
	Name   string
	Number uint32
	// Outcomes are the ways in which the call is decided, in the order in which the
	// profile tries them. If the arguments do not matter it is one without conditions.
	Outcomes []seccomp.Outcome
}

// Calls asks the policy for each call that the architecture has, in the order of the
// numbers.
func Calls(policy *seccomp.Policy, a *arch.Arch) ([]Call, error) {
	var list []Call
	for _, call := range a.Calls() {
		outcomes, err := policy.Explain(a.Audit, call.Number)
		if err != nil {
			return nil, err
		}
		if !slices.ContainsFunc(outcomes, func(o seccomp.Outcome) bool { return o.Action != outcomes[0].Action }) {
			// It may have been several entries, but they say the same.
			outcomes = []seccomp.Outcome{{Action: outcomes[0].Action, Cause: outcomes[0].Cause}}
		}
		list = append(list, Call{call.ID.String(), call.Number, outcomes})
	}
	return list, nil
}
