package state

import (
	"fmt"
	"strconv"
)

// maxID is the longest name that a directory, and so a cgroup, can have
// (NAME_MAX).
const maxID = 255

// ValidID checks a container id: 1 to 255 of the characters A-Z a-z 0-9 _ + . -,
// but not "." and "..". It becomes the name of a directory and of a cgroup.
func ValidID(id string) error {
	ok := id != "" && len(id) <= maxID && id != "." && id != ".."
	for i := 0; ok && i < len(id); i++ {
		switch c := id[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9',
			c == '_', c == '+', c == '.', c == '-':
		default:
			ok = false
		}
	}
	if !ok {
		return fmt.Errorf(`invalid container id %s: expected 1 to %d characters of A-Z a-z 0-9 _ + . - and not "." or ".."`, quote(id), maxID)
	}
	return nil
}

// quote cuts long values, so that an error stays one readable line.
func quote(s string) string {
	if len(s) > 80 {
		return strconv.Quote(s[:77]) + "..."
	}
	return strconv.Quote(s)
}
