package docker

import (
	"strings"

	"github.com/runseal/runseal/seccomp/strictjson"
)

// Cap is a capability that a condition of a profile names.
type Cap struct {
	Entry int    // of the text's syscalls
	Field string // of the entry: excludes.caps[0]
	Name  string
}

// Excluding says whether the entry does not apply where the capability is.
func (c Cap) Excluding() bool { return strings.HasPrefix(c.Field, "excludes.") }

// ConditionCaps returns the capabilities that the conditions of a profile name, in the
// order of the entries, whether they apply or not. [Resolve] takes any that could be one:
// which there are is a matter of the kernel. But a condition on one that is misspelt never
// holds, and an exclusion that never holds allows.
func ConditionCaps(data []byte) ([]Cap, error) {
	p, err := parse(data)
	if err != nil {
		return nil, err
	}
	var list []Cap
	for i, rule := range p.Syscalls {
		if rule.Includes != nil {
			for j, name := range rule.Includes.Caps {
				list = append(list, Cap{i, strictjson.Index("includes.caps", j), name})
			}
		}
		if rule.Excludes != nil {
			for j, name := range rule.Excludes.Caps {
				list = append(list, Cap{i, strictjson.Index("excludes.caps", j), name})
			}
		}
	}
	return list, nil
}
