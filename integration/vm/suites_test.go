package main

import "testing"

// TestShares: each test that does not ask the kernel runs on one machine, each other on
// all of them.
func TestShares(t *testing.T) {
	names := []string{"TestA", "TestB", "TestC", "TestD", "TestE", "TestF", "TestKernel", "TestG", "TestH"}
	s := suite{pkg: "integration/lifecycle", asks: "Kernel"}
	runs := make(map[string]int)
	machines, same := 0, 0
	for _, m := range targets {
		if m.node != "" || len(m.jobs) > 0 {
			continue
		}
		machines++
		if m.same != "" {
			same++
		}
		chosen := names
		if share := s.share(m); share != nil {
			var err error
			if chosen, err = share.Choose(names); err != nil {
				t.Fatal(err)
			}
			if len(chosen) == 0 || len(chosen) > 4 {
				t.Errorf("%s: %q", m.name, chosen)
			}
		}
		for _, name := range chosen {
			runs[name]++
		}
	}
	for _, name := range names {
		want := 1
		if name == "TestKernel" {
			want = machines - same
		}
		if runs[name] != want {
			t.Errorf("%s runs on %d of %d machines, expected %d", name, runs[name], machines, want)
		}
	}
	for _, m := range targets {
		for _, s := range m.suites() {
			if share := s.share(m); share != nil && len(m.jobs) == 0 && (share.Nth < 0 || share.Of < 2) {
				t.Errorf("%s has no share of %s", m.name, s.pkg)
			}
		}
	}
}
