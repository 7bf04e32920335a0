package enforced

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/runseal/runseal/seccomp"
	"github.com/runseal/runseal/seccomp/arch"
	"github.com/runseal/runseal/seccomp/bdd"
	"github.com/runseal/runseal/seccomp/bpf"
)

// putIntoWords fills Calls and Others from the spans.
func (a *Arch) putIntoWords() error {
	if a.spans == nil {
		return fmt.Errorf("%s: more than %d ranges of numbers: %w", a.Arch.Scmp, maxSpans, bpf.ErrComplex)
	}
	names := namesOf(a.Arch)
	_, end := numbers(a.Arch)
	for i, s := range a.spans {
		last := end - 1
		if i+1 < len(a.spans) {
			last = a.spans[i+1].From - 1
		}
		outcomes, err := a.layout.outcomes(s.To, a.Arch)
		if a.layout.d.Full() || outcomes == nil {
			return fmt.Errorf("%s call %d: %w", a.Arch.Scmp, s.From, err)
		}
		next := uint32(s.From)
		for len(names) > 0 && uint64(names[0].nr) <= last {
			n := names[0]
			names = names[1:]
			if n.nr > next {
				a.Others = append(a.Others, Range{next, n.nr - 1, outcomes, err, s.To})
			}
			a.Calls = append(a.Calls, Call{n.name, n.nr, outcomes, err, s.To})
			next = n.nr + 1
		}
		if uint64(next) <= last {
			a.Others = append(a.Others, Range{next, uint32(last), outcomes, err, s.To})
		}
	}
	return nil
}

type numbered struct {
	nr   uint32
	name string
}

// namesOf lists the calls of the architecture by number; of several names of one number
// the one that [arch.Arch.Name] gives.
func namesOf(t *arch.Arch) []numbered {
	var list []numbered
	for id := range arch.ID(arch.NumIDs) {
		if nr, ok := t.NumberOf(id); ok {
			list = append(list, numbered{nr, id.String()})
		}
	}
	slices.SortStableFunc(list, func(x, y numbered) int { return cmp.Compare(x.nr, y.nr) })
	return slices.CompactFunc(list, func(x, y numbered) bool { return x.nr == y.nr })
}

type coverKey struct {
	f    bdd.Ref
	bits int
}

// maxActions bounds the different actions of one call.
const maxActions = 16

// outcomes puts a function of the arguments into words: for each action the conditions
// under which it is taken, and for the one that would need most of them what is left.
// If there is an error but a list, it has the actions without their conditions.
func (l *layout) outcomes(f bdd.Ref, t *arch.Arch) ([]seccomp.Outcome, error) {
	key := coverKey{f, t.Bits}
	if known, ok := l.covers[key]; ok {
		return known.list, known.err
	}
	actions := l.d.Leaves(f, maxActions)
	if actions == nil {
		return nil, fmt.Errorf("more than %d actions: %w", maxActions, bpf.ErrComplex)
	}
	slices.SortFunc(actions, func(x, y uint32) int { // the most permissive first
		return cmp.Or(cmp.Compare(int32(y), int32(x)), cmp.Compare(x, y))
	})
	list, err := l.decided(f, actions, &coverer{d: l.d, bits: t.Bits, left: &l.left})
	if err != nil {
		list = nil
		for _, v := range actions {
			list = append(list, seccomp.Outcome{Action: seccomp.Action(v)})
		}
	}
	l.covers[key] = words{list, err}
	return list, err
}

// words is what outcomes has found for a function.
type words struct {
	list []seccomp.Outcome
	err  error
}

// decided is outcomes for the actions that f has.
func (l *layout) decided(f bdd.Ref, actions []uint32, c *coverer) (list []seccomp.Outcome, err error) {
	if len(actions) == 1 {
		return []seccomp.Outcome{{Action: seccomp.Action(actions[0])}}, nil
	}
	covers := make([]cover, len(actions))
	rest := -1
	for i, v := range actions {
		if covers[i], err = c.cover(l.is(f, v)); err != nil {
			if rest >= 0 && covers[rest] == nil { // two of them that cannot be said
				return nil, err
			}
			rest = i
			continue
		}
		if rest < 0 || covers[rest] != nil && covers[i].cost() >= covers[rest].cost() {
			rest = i
		}
	}
	left := seccomp.Outcome{Action: seccomp.Action(actions[rest])}
	again := l.d.Leaf(actions[rest])
	for i, v := range actions {
		if i == rest {
			continue
		}
		for _, all := range covers[i] {
			list = append(list, seccomp.Outcome{Action: seccomp.Action(v), If: all})
			left.Unless = append(left.Unless, all)
			again = l.d.If(c.holds(all), l.d.Leaf(v), again)
		}
	}
	if again != f || l.d.Full() {
		return nil, fmt.Errorf("the conditions that were found are not exact: %w", bpf.ErrComplex)
	}
	return append(list, left), nil
}

// is returns the predicate that f has the value.
func (l *layout) is(f bdd.Ref, value uint32) bdd.Ref {
	return l.d.Combine(func(v, _ uint32) uint32 {
		if v == value {
			return 1
		}
		return 0
	}, f, bdd.False)
}
