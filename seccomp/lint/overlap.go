package lint

import (
	"fmt"
	"slices"

	"github.com/opencontainers/runtime-spec/specs-go"

	"github.com/runseal/runseal/seccomp"
	"github.com/runseal/runseal/seccomp/arch"
)

// checkOverlaps looks for pairs of entries whose order makes a difference.
func (m *model) checkOverlaps(found *groups, id arch.ID, uses []use) {
	for j := range uses {
		for i := range j {
			x, y := &m.entries[uses[i].entry], &m.entries[uses[j].entry]
			if x.action == y.action || x.alternatives == nil || y.alternatives == nil || disjoint(x, y) {
				continue
			}
			if !m.afford(m.loadOf([]use{uses[i], uses[j]}).comparing(), id.String()) {
				return
			}
			var others []use
			for _, u := range m.uses[id] {
				if u.entry != uses[i].entry && u.entry != uses[j].entry {
					others = append(others, u)
				}
			}
			pair := m.aspect(id, others)
			at := [2]int{slices.Index(pair.entries, uses[i].entry), slices.Index(pair.entries, uses[j].entry)}
			swapped := *pair
			turned := *pair.profile
			turned.Syscalls = slices.Clone(pair.profile.Syscalls)
			turned.Syscalls[at[0]], turned.Syscalls[at[1]] = turned.Syscalls[at[1]], turned.Syscalls[at[0]]
			swapped.profile = &turned
			diff, err := compare(pair, &swapped)
			if err != nil {
				m.leave(id.String())
				return
			}
			m.reportOverlap(found, id, uses[i], uses[j], diff)
		}
	}
}

// reportOverlap reports that two uses differ with their order. What is said of a call is
// true of the whole profile, in which a third entry can decide it.
func (m *model) reportOverlap(found *groups, id arch.ID, first, second use, diff *seccomp.Comparison) {
	x, y := &m.entries[first.entry], &m.entries[second.entry]
	text := ""
	for _, d := range diff.Differences {
		a := arch.ByCall(d.Example.Arch, d.Example.Nr)
		if nr, ok := a.NumberOf(id); !ok || nr != d.Example.Nr {
			continue
		}
		call := callText(id, d.Example.Args, 0)
		if m.policy.Decide(d.Example.Arch, d.Example.Nr, d.Example.Args) == x.action {
			text = fmt.Sprintf("%%s: %s matches as well and wins because it is first: %s gets %s, not %s", entryPath(first.entry), call, x.action, y.action)
			break
		}
		if text == "" {
			text = fmt.Sprintf("%%s: %s matches as well and is first: calls such as %s get %s, not %s, unless a third entry decides them",
				entryPath(first.entry), call, x.action, y.action)
		}
	}
	if text != "" {
		found.add(overlappingRules, second, id, text, entryPath(first.entry))
	}
}

// disjoint says whether two entries are seen at once to match no call together:
// each pair of alternatives compares one argument with different values. Most lists
// of allowed values are of this kind.
func disjoint(x, y *entry) bool {
	if x.alternatives == nil || y.alternatives == nil {
		return false
	}
	for _, p := range x.alternatives {
		for _, q := range y.alternatives {
			if !apart(p, q) {
				return false
			}
		}
	}
	return true
}

func apart(p, q []specs.LinuxSeccompArg) bool {
	for _, a := range p {
		for _, b := range q {
			// In 32 bits both can mean the same, hence the lower halves.
			if a.Index == b.Index && a.Op == specs.OpEqualTo && b.Op == specs.OpEqualTo && uint32(a.Value) != uint32(b.Value) {
				return true
			}
		}
	}
	return false
}
