package graph

import (
	"slices"
)

// sweeps is how often the order of the layers is tried to be bettered.
const sweeps = 12

// order sets the order within each layer so that few lines cross: it sorts each layer
// by the mean position of the neighbours on one side, going through the layers to and
// fro (Sugiyama, Tagawa and Toda, 1981), exchanges neighbours where that helps, and keeps
// the best of what it saw.
func (l *layers) order() {
	l.number()
	l.exchange()
	best, bestRows := l.crossings(), l.copyRows()
	for i := 0; i < sweeps && best > 0; i++ {
		if i%2 == 0 {
			for k := 1; k < len(l.rows); k++ {
				l.sort(k, func(s *slot) []int { return s.left })
			}
		} else {
			for k := len(l.rows) - 2; k >= 0; k-- {
				l.sort(k, func(s *slot) []int { return s.right })
			}
		}
		l.exchange()
		if c := l.crossings(); c < best {
			best, bestRows = c, l.copyRows()
		}
	}
	l.rows = bestRows
	l.number()
}

func (l *layers) copyRows() [][]int {
	rows := make([][]int, len(l.rows))
	for i, r := range l.rows {
		rows[i] = slices.Clone(r)
	}
	return rows
}

// number writes down each slot's position in its layer.
func (l *layers) number() {
	for _, row := range l.rows {
		for at, s := range row {
			l.slots[s].at = at
		}
	}
}

// sort orders a layer by the mean position of the neighbours. A slot that has none
// stays where it is.
func (l *layers) sort(layer int, beside func(*slot) []int) {
	row := l.rows[layer]
	mean := map[int]float64{}
	for at, s := range row {
		near := beside(&l.slots[s])
		sum := 0
		for _, n := range near {
			sum += l.slots[n].at
		}
		mean[s] = float64(at)
		if len(near) > 0 {
			mean[s] = float64(sum) / float64(len(near))
		}
	}
	slices.SortStableFunc(row, func(a, b int) int {
		switch {
		case mean[a] < mean[b]:
			return -1
		case mean[a] > mean[b]:
			return 1
		}
		return 0
	})
	for at, s := range row {
		l.slots[s].at = at
	}
}

// exchange exchanges neighbours in a layer as long as fewer of their lines cross then.
func (l *layers) exchange() {
	for better := true; better; { // ends: each exchange leaves fewer crossings
		better = false
		for _, row := range l.rows {
			for i := 0; i+1 < len(row); i++ {
				a, b := &l.slots[row[i]], &l.slots[row[i+1]]
				now := l.crossing(a.left, b.left) + l.crossing(a.right, b.right)
				then := l.crossing(b.left, a.left) + l.crossing(b.right, a.right)
				if then < now {
					row[i], row[i+1] = row[i+1], row[i]
					a.at, b.at = b.at, a.at
					better = true
				}
			}
		}
	}
}

// crossing counts the lines of an upper slot, given by where they go, that cross those
// of a lower one.
func (l *layers) crossing(upper, lower []int) (n int) {
	for _, u := range upper {
		for _, v := range lower {
			if l.slots[u].at > l.slots[v].at {
				n++
			}
		}
	}
	return n
}

// crossings counts the pairs of lines that cross. Of the lines between two layers,
// sorted by their left ends, two cross if their right ends are in the other order; a
// tree of sums (Fenwick, 1994) counts those.
func (l *layers) crossings() int {
	total := 0
	for i := 0; i+1 < len(l.rows); i++ {
		sums := make([]int, len(l.rows[i+1])+1)
		lines := 0
		for _, s := range l.rows[i] {
			ends := make([]int, 0, 4)
			for _, r := range l.slots[s].right {
				ends = append(ends, l.slots[r].at)
			}
			slices.Sort(ends)
			for _, e := range ends { // those before that end further down
				notBelow := 0
				for k := e + 1; k > 0; k -= k & -k {
					notBelow += sums[k]
				}
				total += lines - notBelow
			}
			for _, e := range ends {
				for k := e + 1; k < len(sums); k += k & -k {
					sums[k]++
				}
			}
			lines += len(ends)
		}
	}
	return total
}
