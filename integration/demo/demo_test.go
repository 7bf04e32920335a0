package main

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

// Every step's check accepts the right result and nothing near it.
func TestChecks(t *testing.T) {
	own, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Fatal(err)
	}
	n, err := statusNumber(string(own), "Seccomp_filters")
	if err != nil {
		t.Fatal(err)
	}
	lines := func(mode, filters int) string {
		return fmt.Sprintf("Seccomp:\t%d\nSeccomp_filters:\t%d\n", mode, filters)
	}
	cases := []struct {
		step string
		good result
		bad  []result
	}{
		{"The filter is there", result{stdout: lines(2, n+1)},
			[]result{{stdout: lines(0, n)}, {stdout: lines(2, n)}, {stdout: lines(2, n+2)}, {stdout: "Seccomp:\t2\n"}, {}, {stdout: lines(2, n+1), status: 1}}},
		{"A call that the profile does not list is denied", result{stdout: "EPERM\n"},
			[]result{{stdout: "ENOSYS\n"}, {stdout: "0\n"}, {}, {stdout: "EPERM\n", status: 1}}},
		{"The same call without a filter, to compare", result{stdout: "EINVAL\n"},
			[]result{{stdout: "EPERM\n"}, {}, {stdout: "EINVAL\n", status: 1}}},
		{"A call newer than the profile", result{stdout: "ENOSYS\n"}, []result{{stdout: "EPERM\n"}, {}}},
		{"A call that the profile allows", result{}, []result{{status: 1}, {status: 159}}},
		{"The same call, killed", result{status: 159}, []result{{}, {status: 1}, {status: 137}}},
	}
	all := steps()
	if len(all) != len(cases) {
		t.Fatalf("%d steps, %d cases", len(all), len(cases))
	}
	for i, c := range cases {
		if all[i].title != c.step {
			t.Errorf("step %d is %q, expected %q", i, all[i].title, c.step)
			continue
		}
		if err := all[i].check(c.good); err != nil {
			t.Errorf("%s: %+v: %v", c.step, c.good, err)
		}
		for _, r := range c.bad {
			if all[i].check(r) == nil {
				t.Errorf("%s: %+v is accepted", c.step, r)
			}
		}
	}
}

// Without a runtime the demo fails and says what is missing.
func TestNoRuntime(t *testing.T) {
	t.Setenv("RUNSEAL", "/nonexistent/runseal")
	var out strings.Builder
	if _, err := newStage(&out); err == nil || !strings.Contains(err.Error(), "/nonexistent/runseal") {
		t.Errorf("error is %v", err)
	}
}
