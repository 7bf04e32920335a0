package main

import (
	"context"
	"fmt"
	"time"
)

// subject is something that is measured against others. once returns one time
// for each row that it fills, always the same number of them.
type subject struct {
	name string
	once func() ([]time.Duration, error)
}

// rest waits for some time. The error is that ctx has ended before.
func rest(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-time.After(d):
		return nil
	}
}

// interleave measures every subject o.n times in rounds, each round in another
// order. The result is indexed by subject, row and round. The first error ends it,
// as does ctx, between two measurements.
func interleave(ctx context.Context, o options, subjects []subject) ([][][]time.Duration, error) {
	got := make([][][]time.Duration, len(subjects))
	for round := range o.warmup + o.n {
		for _, k := range order(round, len(subjects)) {
			if err := rest(ctx, o.pause); err != nil {
				return nil, err
			}
			times, err := subjects[k].once()
			if err != nil {
				return nil, fmt.Errorf("%s: %w", subjects[k].name, err)
			}
			if round < o.warmup {
				continue
			}
			if got[k] == nil {
				got[k] = make([][]time.Duration, len(times))
			}
			for row, t := range times {
				got[k][row] = append(got[k][row], t)
			}
		}
	}
	return got, nil
}

// order returns the indexes 0..n-1 in the order of a round: every rotation
// forwards, then every rotation backwards. For three subjects these are all the
// orders, so that each follows each of the others equally often.
func order(round, n int) []int {
	idx := make([]int, n)
	for i := range idx {
		idx[i] = (i + round) % n
		if round/n%2 == 1 {
			idx[i] = n - 1 - idx[i]
		}
	}
	return idx
}
