package lint

import "slices"

// Rule is one kind of finding. Ids are stable: they are used in the configuration of
// projects and by what reads SARIF.
type Rule struct {
	ID       string
	Severity Severity
	// Title is one line: what the rule finds.
	Title string
	// Help says why it matters and what to do about it, in one or more paragraphs.
	Help string
}

// Rules returns all rules by their ids. The slice is the caller's own.
func Rules() []*Rule {
	var list []*Rule
	for _, family := range [][]*Rule{
		profileRules, memberRules, nameRules, archRules, muxRules, argumentRules, orderRules, actionRules, defaultRules, siblingRules,
		dangerRules, flagRules, startRules, sizeRules,
	} {
		list = append(list, family...)
	}
	slices.SortFunc(list, func(x, y *Rule) int {
		if x.ID < y.ID {
			return -1
		}
		return 1
	})
	return list
}

// FindRule returns the rule with this id, or nil.
func FindRule(id string) *Rule {
	for _, r := range Rules() {
		if r.ID == id {
			return r
		}
	}
	return nil
}
