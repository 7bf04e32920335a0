package graph

// rounds is how often all layers are placed.
const rounds = 40

// place sets the heights. Each layer in turn is put as near as its order allows to
// where its neighbours are, first from left to right, then back.
func (l *layers) place() {
	for _, row := range l.rows { // to begin with, one below the other
		y := 0.0
		for _, s := range row {
			l.slots[s].y = y + l.slots[s].h/2
			y += l.slots[s].h + rowGap
		}
	}
	for i := range rounds {
		for k := range l.rows {
			if i%2 == 0 {
				l.settle(l.rows[k], i > 2, true)
			} else {
				l.settle(l.rows[len(l.rows)-1-k], true, i > 2)
			}
		}
	}
}

// settle moves the slots of a layer to the mean of their neighbours', on the left, on
// the right or on both sides, or as near as possible: the sum of the squares of the
// distances becomes the smallest that leaves the order and the space between them
// (pool adjacent violators).
func (l *layers) settle(row []int, left, right bool) {
	type pool struct {
		sum, weight float64 // of the places wished for, less the space above each in the pool
		first       int
	}
	var pools []pool
	above := make([]float64, len(row)) // the space from the first slot to this one
	for i, s := range row {
		if i > 0 {
			above[i] = above[i-1] + (l.slots[row[i-1]].h+l.slots[s].h)/2 + rowGap
		}
		wish, weight := l.wish(s, left, right)
		pools = append(pools, pool{(wish - above[i]) * weight, weight, i})
		for n := len(pools) - 1; n > 0; n-- {
			p, q := pools[n-1], pools[n]
			if p.sum/p.weight <= q.sum/q.weight {
				break
			}
			pools = pools[:n]
			pools[n-1] = pool{p.sum + q.sum, p.weight + q.weight, p.first}
		}
	}
	for n, p := range pools {
		end := len(row)
		if n+1 < len(pools) {
			end = pools[n+1].first
		}
		for i := p.first; i < end; i++ {
			l.slots[row[i]].y = p.sum/p.weight + above[i]
		}
	}
}

// wish is where a slot would be by its neighbours, and how much that counts. Long
// edges should be straight more than short ones.
func (l *layers) wish(s int, left, right bool) (y, weight float64) {
	me := &l.slots[s]
	add := func(near []int) {
		for _, n := range near {
			w := 1.0
			if l.slots[n].pass && me.pass {
				w = 6
			}
			y += w * l.slots[n].y
			weight += w
		}
	}
	if left {
		add(me.left)
	}
	if right {
		add(me.right)
	}
	if weight == 0 {
		return me.y, 0.1
	}
	return y / weight, weight
}
