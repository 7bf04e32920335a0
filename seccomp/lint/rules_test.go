package lint

import (
	"slices"
	"strings"
	"testing"
)

func TestRules(t *testing.T) {
	for id, list := range cases {
		for _, c := range list {
			t.Run(id+"/"+c.name, func(t *testing.T) {
				var got []string
				o := onX86
				o.Source = &Source{Text: []byte(c.profile)}
				for _, f := range Check(parse(t, c.profile), o) {
					if f.Rule.ID == id {
						got = append(got, f.String())
					}
					if strings.Contains(f.String(), "\n") {
						t.Errorf("more than one line: %s", &f)
					}
				}
				if len(got) != len(c.want) {
					t.Fatalf("%s\n%d findings, want %d:\n%s", c.profile, len(got), len(c.want), strings.Join(got, "\n"))
				}
				for i, want := range c.want {
					if !strings.Contains(got[i], want) {
						t.Errorf("got  %s\nwant %s", got[i], want)
					}
				}
			})
		}
	}
}

// Each rule has a case with a finding and one without, and says what it is about.
func TestRulesComplete(t *testing.T) {
	seen := map[string]bool{}
	for _, r := range Rules() {
		if seen[r.ID] || FindRule(r.ID) != r || r.Title == "" || r.Help == "" || r.Severity < Note || r.Severity > Error {
			t.Errorf("rule %q: twice, or incomplete", r.ID)
		}
		seen[r.ID] = true
		if r.ID != strings.ToLower(r.ID) || strings.ContainsAny(r.ID, " _.") || strings.Contains(r.Title, "\n") {
			t.Errorf("rule %q: expected a name in kebab-case, and a title of one line", r.ID)
		}
		if r == Resolved || r == UnknownCapability { // not of Check; see the tests of sealctl
			continue
		}
		with := slices.ContainsFunc(cases[r.ID], func(c lintCase) bool { return len(c.want) > 0 })
		without := slices.ContainsFunc(cases[r.ID], func(c lintCase) bool { return len(c.want) == 0 })
		if !with || !without {
			t.Errorf("rule %s: no case with a finding, or none without", r.ID)
		}
	}
	for id := range cases {
		if !seen[id] {
			t.Errorf("cases for %s, which is no rule", id)
		}
	}
}

// On s390x the flags of clone are its second argument.
func TestCloneS390X(t *testing.T) {
	for condition, want := range map[string]bool{"1 MASKED_EQ 2114060288": false, "0 MASKED_EQ 2114060288": true} {
		found := Check(parse(t, deny("", rule("clone", "ALLOW", condition))), Options{Native: "SCMP_ARCH_S390X"})
		if got := slices.ContainsFunc(found, func(f Finding) bool { return f.Rule == userNamespace }); got != want {
			t.Errorf("%s: %v, want %v", condition, got, want)
		}
	}
}
