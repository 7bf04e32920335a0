package lint

import (
	"strings"

	"github.com/runseal/runseal/seccomp/arch"
)

// maxDistance is how many letters a name may be away from the one that was meant.
const maxDistance = 2

// maxSuggested bounds the names for which others are searched, which takes time.
const maxSuggested = 500

// Suggest returns the system call that was probably meant by a name that is none, or "".
func Suggest(name string, archs []*arch.Arch) string { return suggest(name, archs) }

// suggest returns the known name that is nearest to one that is not, or "" if none is
// near. Names that one of the architectures has are preferred.
func suggest(name string, archs []*arch.Arch) string {
	plain := strings.ToLower(strings.TrimSpace(name))
	for _, prefix := range []string{"sys_", "__nr_", "nr_"} { // of other places where calls have names
		plain = strings.TrimPrefix(plain, prefix)
	}
	if _, ok := arch.Find(plain); ok {
		return plain
	}
	if len(plain) < 3 || len(plain) > 40 { // the longest name has 28 letters
		return ""
	}
	limit := maxDistance
	if len(plain) < 6 {
		limit = 1 // short names are near to many others
	}
	best, bestCost := "", 2*limit+2
	for id := range arch.ID(arch.NumIDs) {
		known := id.String()
		if known == "" || len(known)-len(plain) > limit || len(plain)-len(known) > limit {
			continue
		}
		cost := 2 * distance(plain, known)
		if cost > 2*limit {
			continue
		}
		if !anyHas(archs, id) {
			cost++
		}
		if cost < bestCost {
			best, bestCost = known, cost
		}
	}
	return best
}

// Nearest returns the first of a few names that is near to one that is none of them, or
// "".
func Nearest(name string, known []string) string {
	best, bestCost := "", maxDistance+1
	if len(name) > 40 { // longer than all, and the search takes time in proportion
		return ""
	}
	for _, k := range known {
		if cost := distance(strings.ToLower(name), strings.ToLower(k)); cost < bestCost && cost < min(len(name), len(k)) {
			best, bestCost = k, cost
		}
	}
	return best
}

func anyHas(archs []*arch.Arch, id arch.ID) bool {
	for _, a := range archs {
		if _, ok := a.NumberOf(id); ok {
			return true
		}
	}
	return false
}

// distance is how many letters have to be inserted, deleted, replaced, or swapped with
// their neighbour, to make b of a (Damerau-Levenshtein, without swapping twice).
func distance(a, b string) int {
	before, above, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range row {
		above[j] = j
	}
	for i := range len(a) {
		row[0] = i + 1
		for j := range len(b) {
			replace := above[j]
			if a[i] != b[j] {
				replace++
			}
			row[j+1] = min(replace, above[j+1]+1, row[j]+1)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
		}
		before, above, row = above, row, before
	}
	return above[len(b)]
}
