package spec

import (
	"strconv"
	"strings"
)

// Largest numbers in lists.
const (
	// MaxCPU is the highest processor that a kernel can be built for (CONFIG_NR_CPUS).
	MaxCPU = 8191
	// MaxNode is the highest memory node (MAX_NUMNODES of linux/numa.h).
	MaxNode = 1023

	maxListText = 1 << 16 // bytes; all processors one by one take less
)

// A List is a set of processors or memory nodes, number n as bit n%64 of word n/64:
// what the kernel calls a mask. It ends with a word that is not zero.
type List []uint64

// ParseList reads a list such as "0-3,7": numbers and ranges that rise, separated by
// commas, from 0 to last, in any order. Spaces may stand around each. The list must
// have a number in it. The error says what is wrong; the path of the field is "".
func ParseList(text string, last int) (List, error) {
	if len(text) > maxListText {
		return nil, bad("", "%d bytes: expected at most %d", len(text), maxListText)
	}
	set := make(List, last/64+1)
	for part := range strings.SplitSeq(text, ",") {
		part = strings.TrimSpace(part)
		low, high, ranged := strings.Cut(part, "-")
		if !ranged {
			high = low
		}
		a, err1 := strconv.ParseUint(low, 10, 32)
		b, err2 := strconv.ParseUint(high, 10, 32)
		switch {
		case err1 != nil || err2 != nil:
			return nil, bad("", "%s: %s is no number and no range, expected a list such as 0-3,7", quote(text), quote(part))
		case a > b:
			return nil, bad("", "%s: the range %s runs backwards", quote(text), part)
		case b > uint64(last):
			return nil, bad("", "%s: expected numbers from 0 to %d", quote(text), last)
		}
		for ; a <= b; a++ {
			set[a/64] |= 1 << (a % 64)
		}
	}
	n := len(set)
	for set[n-1] == 0 {
		n--
	}
	return set[:n], nil
}
