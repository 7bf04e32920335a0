package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
)

// In six rounds of three each is behind each of the others twice, and every
// round has all of them.
func TestOrder(t *testing.T) {
	behind := map[[2]int]int{}
	seen := map[string]bool{}
	for round := range 6 {
		o := order(round, 3)
		if o[0]+o[1]+o[2] != 3 || o[0] == o[1] || o[1] == o[2] {
			t.Fatalf("round %d: %v is not an order of 0, 1, 2", round, o)
		}
		seen[fmt.Sprint(o)] = true
		behind[[2]int{o[0], o[1]}]++
		behind[[2]int{o[1], o[2]}]++
	}
	if len(seen) != 6 {
		t.Errorf("%d different orders in six rounds, want 6", len(seen))
	}
	for pair, n := range behind {
		if n != 2 {
			t.Errorf("%d comes directly before %d %d times, want 2", pair[0], pair[1], n)
		}
	}
}

func TestInterleave(t *testing.T) {
	o := options{n: 4, warmup: 1}
	calls := [2]int{}
	subjects := make([]subject, 2)
	for k := range subjects {
		subjects[k] = subject{fmt.Sprint("s", k), func() ([]time.Duration, error) {
			calls[k]++
			return []time.Duration{time.Duration(calls[k]), time.Duration(100 + k)}, nil
		}}
	}
	got, err := interleave(t.Context(), o, subjects)
	if err != nil {
		t.Fatal(err)
	}
	// The warm-up call, number 1, is not in the result.
	want := "[[[2ns 3ns 4ns 5ns] [100ns 100ns 100ns 100ns]] [[2ns 3ns 4ns 5ns] [101ns 101ns 101ns 101ns]]]"
	if s := fmt.Sprint(got); s != want {
		t.Errorf("got  %s\nwant %s", s, want)
	}

	broken := errors.New("broken")
	subjects[1].once = func() ([]time.Duration, error) { return nil, broken }
	if _, err := interleave(t.Context(), o, subjects); !errors.Is(err, broken) || !strings.HasPrefix(err.Error(), "s1: ") {
		t.Errorf("error is %v, want that of the subject with its name", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	o.pause = time.Hour
	if _, err := interleave(ctx, o, subjects); !errors.Is(err, context.Canceled) {
		t.Errorf("after an interruption: error is %v", err)
	}
}
