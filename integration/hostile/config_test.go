package hostile

import (
	"fmt"
	"slices"
	"testing"

	"github.com/runseal/runseal/integration/internal/box"
)

// rows is the table of bad configurations.
func rows(w *around) []row {
	return slices.Concat(seccompRows(), syntaxRows(), idRows(), processRows(), hostRows(w), limitRows(), deviceRows(), sysctlRows(), hookRows(), acceptedRows())
}

const lastRow = 42

// Every bad configuration is answered as it should be: by one line that names the field
// and says what was expected, in no time, and nothing is left or changed anywhere.
func TestBadConfiguration(t *testing.T) {
	w := outside(t)
	all := rows(w)
	var seen [lastRow + 1]bool
	for _, c := range all {
		seen[c.n] = true
	}
	for n := 1; n <= lastRow; n++ {
		if !seen[n] && !(onlyAMD64[n] && !amd64) {
			t.Errorf("row %d is not in the table", n)
		}
	}
	t.Run("rows", func(t *testing.T) {
		for i := range all {
			c := &all[i]
			if !box.Sampled(i) {
				continue
			}
			t.Run(fmt.Sprintf("%d %s", c.n, c.name), func(t *testing.T) {
				t.Parallel()
				if c.accepted != nil {
					c.accepted(t)
				} else {
					c.refuse(t)
				}
				w.unchanged(t)
			})
		}
	})
}

// Not only empty and broken text: every prefix of a good file is refused too.
func TestTruncatedConfig(t *testing.T) {
	b := base(t)
	whole := b.Config()
	c := &row{field: "config.json", say: `end|empty|closing|expected`}
	for _, n := range []int{0, 1, 2, len(whole) / 4, len(whole) / 2, len(whole) - 1} {
		b.WriteConfig(whole[:n])
		r := b.Do("run", "--bundle", b.Dir, b.ID)
		checkRefusal(t, b, fmt.Sprintf("run on %d of %d bytes", n, len(whole)), r, c)
	}
}
