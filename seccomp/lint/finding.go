package lint

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// Severity grades a finding. The zero value is none.
type Severity int

// Severities, from the least to the most serious.
const (
	Note Severity = iota + 1
	Warning
	Error
)

// String returns "note", "warning" or "error": the levels of SARIF.
func (s Severity) String() string {
	switch s {
	case Note:
		return "note"
	case Warning:
		return "warning"
	case Error:
		return "error"
	}
	return fmt.Sprintf("Severity(%d)", int(s))
}

// MarshalJSON writes the name.
func (s Severity) MarshalJSON() ([]byte, error) { return json.Marshal(s.String()) }

// ParseSeverity is the opposite of String.
func ParseSeverity(name string) (Severity, error) {
	for _, s := range []Severity{Error, Warning, Note} {
		if s.String() == name {
			return s, nil
		}
	}
	return 0, fmt.Errorf("severity %q: expected error, warning or note", name)
}

// Finding is one thing that a rule has to say about a profile.
type Finding struct {
	Rule *Rule
	// Path is the field, from the root of config.json: linux.seccomp.flags. The
	// entries of linux.seccomp.syscalls count as in the profile that was checked;
	// of a profile in Docker's format that is the resolved one.
	Path string
	// Message is one line without the path.
	Message string
	// Calls are the system calls that it is about, if there are any.
	Calls []string
	// Related are paths of other fields that play a part.
	Related []string
}

// String is "linux.seccomp.flags: message [rule-id]".
func (f *Finding) String() string { return fmt.Sprintf("%s: %s [%s]", f.Path, f.Message, f.Rule.ID) }

// byPath orders findings as the specification lists the fields, entries by number.
func byPath(list []Finding) {
	keys := make(map[string][]string, len(list))
	for i := range list {
		keys[list[i].Path] = split(list[i].Path)
	}
	slices.SortStableFunc(list, func(x, y Finding) int {
		return cmp.Or(slices.CompareFunc(keys[x.Path], keys[y.Path], compareSegments), cmp.Compare(y.Rule.Severity, x.Rule.Severity),
			cmp.Compare(x.Rule.ID, y.Rule.ID), cmp.Compare(x.Message, y.Message))
	})
}

// order is that of the members of linux.seccomp; others come first, by name.
var order = []string{"defaultAction", "defaultErrnoRet", "architectures", "flags", "listenerPath", "listenerMetadata", "syscalls"}

// compareSegments orders parts of paths. Numbers are compared by their length first.
func compareSegments(x, y string) int {
	if i, j := slices.Index(order, x), slices.Index(order, y); i >= 0 || j >= 0 {
		return cmp.Compare(i, j)
	}
	if isIndex(x) && isIndex(y) {
		return cmp.Or(cmp.Compare(len(x), len(y)), cmp.Compare(x, y))
	}
	return cmp.Compare(x, y)
}

// unique returns a list without what is in it already.
func unique(list []string) []string {
	seen := map[string]bool{}
	var out []string
	for _, s := range list {
		if !seen[s] {
			seen[s] = true
			out = append(out, s)
		}
	}
	return out
}

// maxListed is the number of calls that a message lists.
const maxListed = 12

// list writes calls for a message, and counts those that it leaves out.
func list(calls []string) string {
	if n := len(calls); n > maxListed+1 { // "and 1 more" would be no shorter
		return fmt.Sprintf("%s and %d more", strings.Join(calls[:maxListed], ", "), n-maxListed)
	}
	return strings.Join(calls, ", ")
}
