package lint

import (
	"fmt"
	"slices"

	"github.com/opencontainers/runtime-spec/specs-go"

	"github.com/runseal/runseal/seccomp"
	"github.com/runseal/runseal/seccomp/arch"
)

var (
	shadowedRule = &Rule{
		ID: "shadowed-rule", Severity: Warning,
		Title: "an entry that never decides a call, because other entries decide otherwise",
		Help: `An entry without conditions beats all with conditions, wherever it stands; of two without conditions the first wins,
and of those with conditions the first that matches. So the entry has no effect for the calls, and what it says does not
happen. Remove it, or the other one. (Proved for all arguments and architectures.)`,
	}
	redundantRule = &Rule{
		ID: "redundant-rule", Severity: Note,
		Title: "an entry that changes nothing for a call, because others say the same",
		Help: `Without the name in this entry the profile would decide all calls alike. (Proved for all arguments and
architectures; all that is reported can be removed together.)`,
	}
	overlappingRules = &Rule{
		ID: "overlapping-rules", Severity: Warning,
		Title: "two entries with different actions match the same call, and their order decides",
		Help: `Here the first entry that matches wins. libseccomp, and so most runtimes, orders rules in ways of its own and
refuses some of such profiles; another runtime may decide otherwise. Make the conditions exclude each other.`,
	}
	defaultRule = &Rule{
		ID: "default-action-rule", Severity: Note,
		Title: "an entry that says what happens anyway",
		Help: `Action and errno of the entry are those of the default, so that it is no rule. Its names still count for the
question which calls are newer than the profile (see newer-calls): the finding says if they do.`,
	}
	yieldingRule = &Rule{
		ID: "default-action-yields", Severity: Warning,
		Title: "an entry that says the default action does not keep others from deciding otherwise",
		Help: `An entry with the action and errno of the default is no rule: entries behind it decide as if it was not there, also
where it stands first or has no conditions. To keep a call at the default remove the other entries for it.`,
	}
	orderRules = []*Rule{shadowedRule, redundantRule, overlappingRules, defaultRule, yieldingRule}
)

func checkOrder(m *model) {
	var found groups
	raises := m.raisers()
	for _, id := range m.ids {
		if !m.exists(id) {
			continue
		}
		m.checkDefaults(&found, id, raises)
		var uses []use // effective ones, one for each entry
		for _, u := range m.uses[id] {
			if m.entries[u.entry].effective && (len(uses) == 0 || uses[len(uses)-1].entry != u.entry) {
				uses = append(uses, u)
			}
		}
		if len(uses) < 2 {
			continue
		}
		if len(uses) > maxRules {
			m.leave(id.String())
			continue
		}
		deciding, dead := m.deciding(id, uses)
		for _, u := range dead {
			m.reportDead(&found, id, u, deciding)
		}
		deciding = m.checkRedundant(&found, id, deciding, dead)
		m.checkOverlaps(&found, id, deciding)
	}
	found.report(m)
}

// checkDefaults looks at the entries that say the default action.
func (m *model) checkDefaults(found *groups, id arch.ID, raises map[int]bool) {
	for _, u := range m.uses[id] {
		if m.entries[u.entry].effective {
			continue
		}
		other := slices.IndexFunc(m.uses[id], func(o use) bool { return m.entries[o.entry].effective })
		if other >= 0 {
			at := m.uses[id][other].entry
			found.add(yieldingRule, u, id, fmt.Sprintf("%%s: %s is the default action, so that the entry does not keep %s (%s) from deciding",
				m.entries[u.entry].action, entryPath(at), m.entries[at].action), entryPath(at))
			continue
		}
		text := fmt.Sprintf("%%s: %s is the default action", m.entries[u.entry].action)
		if raises[u.entry] {
			text += "; calls below the newest of the names get it too, instead of ENOSYS"
		}
		found.add(defaultRule, u, id, text)
	}
}

// raisers returns the entries without which more calls would count as newer than the
// profile on the native architecture.
func (m *model) raisers() map[int]bool {
	last, found := uint32(0), map[int]bool{}
	for _, id := range m.ids {
		nr, ok := m.native().NumberOf(id)
		if !ok || nr < last {
			continue
		}
		if nr > last {
			last, found = nr, map[int]bool{}
		}
		for _, u := range m.uses[id] {
			found[u.entry] = true
		}
	}
	if len(found) > 1 {
		return nil // each can go while the others stay
	}
	if k := m.otherwise.Kind(); k == seccomp.Allow || k == seccomp.Log || k == seccomp.Trace(0) || m.otherwise == seccomp.Errno(enosys) {
		return nil // newer calls get the default
	}
	return found
}

// deciding tells the uses that decide the call for some arguments on some
// architecture from those that never do. Where that is not to be found out, a use
// counts as deciding.
func (m *model) deciding(id arch.ID, uses []use) (some, none []use) {
	seen := map[int]bool{}
	ask := func(list []seccomp.Outcome) bool {
		for _, o := range list {
			if o.Cause.By == seccomp.ByRule {
				seen[o.Cause.Entry] = true
			}
		}
		return list != nil
	}
	for _, a := range m.all {
		if nr, ok := a.NumberOf(id); ok && !ask(m.outcomes(a, nr)) {
			return uses, nil
		}
		if _, nr, selector, ok := a.Mux(id); ok && !ask(m.outcomes(a, nr, specs.LinuxSeccompArg{Value: uint64(selector), Op: specs.OpEqualTo})) {
			return uses, nil
		}
	}
	for _, u := range uses {
		if seen[u.entry] {
			some = append(some, u)
		} else {
			none = append(none, u)
		}
	}
	return some, none
}

// reportDead reports a use that never decides, by what becomes of the calls that it
// matches.
func (m *model) reportDead(found *groups, id arch.ID, u use, deciding []use) {
	if len(deciding) == 0 {
		return // none of them ever matches: condition-never
	}
	e := &m.entries[u.entry]
	matches := false
	for _, a := range m.all {
		nr, ok := a.NumberOf(id)
		choices := e.alternatives
		if !ok {
			var selector uint32
			if _, nr, selector, ok = a.Mux(id); !ok {
				continue
			}
			choices = [][]specs.LinuxSeccompArg{{{Value: uint64(selector), Op: specs.OpEqualTo}}}
		}
		if choices == nil {
			choices = [][]specs.LinuxSeccompArg{nil}
		}
		for _, given := range choices {
			if !m.afford(m.loads[call{a, nr}].explaining(), id.String()) {
				return
			}
			list, err := m.policy.Explain(a.Audit, nr, given...)
			if err != nil {
				continue // no argument meets the conditions
			}
			matches = true
			for _, o := range list {
				if o.Action != e.action && o.Cause.By == seccomp.ByRule {
					found.add(shadowedRule, u, id, fmt.Sprintf("%%s: never %s by this entry, because %s decides with %s", e.action, o.Cause, o.Action),
						o.Cause.String())
					return
				}
			}
		}
	}
	if matches {
		found.add(redundantRule, u, id, fmt.Sprintf("%%s: %s says the same", entryPath(deciding[0].entry)), entryPath(deciding[0].entry))
	}
}

// alike says whether two aspects of the profile are proved to decide all calls alike.
func (m *model) alike(id arch.ID, x, y *aspect) bool {
	diff, err := compare(x, y)
	if err != nil {
		m.leave(id.String())
		return false
	}
	return len(diff.Differences) == 0
}

// checkRedundant looks, from the last to the first, for uses without which the others
// decide alike. It returns the rest. gone are uses that are to be removed already.
func (m *model) checkRedundant(found *groups, id arch.ID, uses, gone []use) []use {
	m.removed = append(m.removed, gone...)
	l := m.loadOf(uses)
	if l.args == 0 {
		return uses // no conditions: each that decides is needed
	}
	whole := m.aspect(id, nil)
	for i := len(uses) - 1; i >= 0 && len(uses) > 1; i-- {
		if !m.replaceable(uses, i) {
			continue
		}
		if !m.afford(2*l.comparing(), id.String()) {
			break
		}
		// Alone, and together with all that has been reported: otherwise one of two
		// could be removed, and each of them would be said to be it.
		one := m.usesIn(id, uses[i].entry)
		all := slices.Concat(m.removed, one)
		if !m.alike(id, whole, m.aspect(id, one)) || !m.alike(id, whole, m.aspect(id, all)) {
			continue
		}
		u := uses[i]
		m.removed, uses = all, slices.Delete(slices.Clone(uses), i, i+1)
		found.add(redundantRule, u, id, "%s: other entries say the same for all arguments that this one matches")
	}
	return uses
}

// replaceable says whether another use with the action of the i-th matches calls that
// it matches: only such can stand in for it.
func (m *model) replaceable(uses []use, i int) bool {
	x := &m.entries[uses[i].entry]
	for j := range uses {
		if y := &m.entries[uses[j].entry]; i != j && x.action == y.action && !disjoint(x, y) {
			return true
		}
	}
	return false
}

// usesIn returns all uses of a name in one entry.
func (m *model) usesIn(id arch.ID, entry int) []use {
	var list []use
	for _, u := range m.uses[id] {
		if u.entry == entry {
			list = append(list, u)
		}
	}
	return list
}
