package enforced

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/runseal/runseal/seccomp"
	"github.com/runseal/runseal/seccomp/arch"
	"github.com/runseal/runseal/seccomp/bdd"
	"github.com/runseal/runseal/seccomp/bpf"
	"github.com/runseal/runseal/seccomp/compose"
	"github.com/runseal/runseal/seccomp/cover"
)

// putIntoWords fills Calls and Others from the spans.
func (a *Analysis) putIntoWords(t *Arch) error {
	if t.spans == nil {
		return fmt.Errorf("%s: more than %d ranges of numbers: %w", t.Arch.Scmp, maxSpans, bpf.ErrComplex)
	}
	names := namesOf(t.Arch)
	_, end := t.Arch.Numbers()
	for i, s := range t.spans {
		last := uint64(min(end, compose.NoCalls-1))
		if i+1 < len(t.spans) {
			last = t.spans[i+1].From - 1
		}
		outcomes, err := a.outcomes(s.To, t.Arch)
		if a.d.Full() || outcomes == nil {
			return fmt.Errorf("%s call %d: %w", t.Arch.Scmp, s.From, err)
		}
		next := uint32(s.From)
		for len(names) > 0 && uint64(names[0].Number) <= last {
			n := names[0]
			names = names[1:]
			if n.Number > next {
				t.Others = append(t.Others, Range{next, n.Number - 1, outcomes, err})
			}
			t.Calls = append(t.Calls, Call{n.ID.String(), n.Number, outcomes, err})
			next = n.Number + 1
		}
		if uint64(next) <= last {
			t.Others = append(t.Others, Range{next, uint32(last), outcomes, err})
		}
	}
	return nil
}

// namesOf lists the calls of the architecture by number; of several names of one number
// the one that [arch.Arch.Name] gives.
func namesOf(t *arch.Arch) []arch.Call {
	return slices.CompactFunc(t.Calls(), func(x, y arch.Call) bool { return x.Number == y.Number })
}

// maxActions bounds the different actions of one call.
const maxActions = 16

// outcomes puts a function of the arguments into words: for each action the conditions
// under which it is taken, and for the one that would need most of them what is left.
// If there is an error but a list, it has the actions without their conditions.
func (a *Analysis) outcomes(f bdd.Ref, t *arch.Arch) ([]seccomp.Outcome, error) {
	actions := a.d.Leaves(f, maxActions)
	if actions == nil {
		return nil, fmt.Errorf("more than %d actions: %w", maxActions, bpf.ErrComplex)
	}
	slices.SortFunc(actions, func(x, y uint32) int { // the most permissive first
		return cmp.Or(cmp.Compare(int32(y), int32(x)), cmp.Compare(x, y))
	})
	list, err := a.decided(f, actions, t)
	if err != nil {
		list = nil
		for _, v := range actions {
			list = append(list, seccomp.Outcome{Action: seccomp.Action(v)})
		}
	}
	return list, err
}

// decided is outcomes for the actions that f has.
func (a *Analysis) decided(f bdd.Ref, actions []uint32, t *arch.Arch) (list []seccomp.Outcome, err error) {
	if len(actions) == 1 {
		return []seccomp.Outcome{{Action: seccomp.Action(actions[0])}}, nil
	}
	covers := make([]cover.Cover, len(actions))
	rest := -1
	for i, v := range actions {
		if covers[i], err = a.words.Cover(f, v, t); err != nil {
			if rest >= 0 && covers[rest] == nil { // two of them that cannot be said
				return nil, err
			}
			rest = i
			continue
		}
		if rest < 0 || covers[rest] != nil && covers[i].Cost() >= covers[rest].Cost() {
			rest = i
		}
	}
	left := seccomp.Outcome{Action: seccomp.Action(actions[rest])}
	for i, v := range actions {
		if i == rest {
			continue
		}
		for _, all := range covers[i] {
			list = append(list, seccomp.Outcome{Action: seccomp.Action(v), If: all})
			left.Unless = append(left.Unless, all)
		}
	}
	return append(list, left), nil
}
