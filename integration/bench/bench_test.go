package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/runseal/runseal/integration/bundle"
)

func TestParseFlags(t *testing.T) {
	o, err := parseFlags([]string{"-n", "3", "-pause", "5ms", "-json"})
	if err != nil || o.n != 3 || o.pause != 5*time.Millisecond || !o.json {
		t.Errorf("got %+v, %v", o, err)
	}
	if o, err = parseFlags([]string{"-hot"}); err != nil || o.pause != 0 || o.n != 40 {
		t.Errorf("-hot: got %+v, %v", o, err)
	}
	for _, args := range [][]string{{"-n", "0"}, {"-warmup", "-1"}, {"-pause", "-1s"}, {"extra"}} {
		if _, err := parseFlags(args); err == nil || !strings.Contains(err.Error(), args[len(args)-1]) {
			t.Errorf("%q: error is %v, want one that names the value", args, err)
		}
	}
}

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

func TestQuantile(t *testing.T) {
	for _, c := range []struct {
		values []float64
		q      float64
		want   float64
	}{
		{[]float64{7}, 0.5, 7},
		{[]float64{3, 1, 2}, 0.5, 2},
		{[]float64{4, 1, 3, 2}, 0.5, 2.5},
		{[]float64{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}, 0.9, 10},
		{[]float64{1, 2}, 1, 2},
	} {
		if got := quantile(c.values, c.q); got != c.want {
			t.Errorf("quantile(%v, %g) = %g, want %g", c.values, c.q, got, c.want)
		}
	}
}

func sampleReport() *report {
	rep := newReport(options{n: 1}, []*runtime{{Name: "runseal"}, {Name: "crun"}, {Name: "runc"}})
	ms := time.Millisecond
	rep.addTimes(rowRun, [][]time.Duration{{8 * ms}, {10 * ms}, {20 * ms}})
	rep.addPeaks(rowCreateMem, [][]int64{{5120}, {4096}, {10240}})
	rep.addFloor("floor", []time.Duration{ms})
	return rep
}

// A limit counts as met, unless the target says below.
func TestTargets(t *testing.T) {
	want := []verdict{
		{"run: at most 0.8x of crun", 0.8, true},
		{"run: at most 0.3x of runc", 0.4, false},
		{"peak memory, create: below 0.5x of runc", 0.5, false},
	}
	got := sampleReport().Targets
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
}

func TestWrite(t *testing.T) {
	var b bytes.Buffer
	rep := sampleReport()
	if err := rep.writeTable(&b, true); err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(b.String(), "\n\n")
	want := strings.Join([]string{
		`                          runseal       crun        runc   runseal/crun   runseal/runc`,
		`   run                    8.00 ms   10.00 ms    20.00 ms           0.80           0.40`,
		`   peak memory, create   5.00 MiB   4.00 MiB   10.00 MiB           1.25           0.50`,
		`   floor                  1.00 ms`,
		``,
		`target met     run: at most 0.8x of crun (0.80x)`,
		`target missed  run: at most 0.3x of runc (0.40x)`,
		`target missed  peak memory, create: below 0.5x of runc (0.50x)`,
	}, "\n")
	if got := strings.TrimSuffix(table, "\n"); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}

	b.Reset()
	if err := rep.writeJSON(&b); err != nil {
		t.Fatal(err)
	}
	var back report
	if err := json.Unmarshal(b.Bytes(), &back); err != nil {
		t.Fatal(err)
	}
	if len(back.Rows) != 3 || back.Rows[0].Median[2] != 20 || back.Rows[0].Ratios[0] != 0.8 || len(back.Targets) != 3 {
		t.Errorf("JSON: got %+v", back)
	}
}

func TestController(t *testing.T) {
	type found struct {
		enabled bool
		cgroups int
	}
	for text, want := range map[string]found{
		"hugetlb\t0\t1\t1\n":                              {true, 1},
		"cpu\t1\t9\t1\nhugetlb\t9\t4\t1\n":                {true, 4},
		"hugetlb\t0\t1\t0\n":                              {false, 1},
		"hugetlb2\t0\t1\t1\n":                             {},
		"#subsys_name\thierarchy\tnum_cgroups\tenabled\n": {},
	} {
		if enabled, n := controllerLine(text, "hugetlb"); (found{enabled, n}) != want {
			t.Errorf("%q: %v %d, want %v", text, enabled, n, want)
		}
	}
}

// What /proc/cgroups says of a hierarchy's number is no sign of a mount.
func TestMountsController(t *testing.T) {
	for line, want := range map[string]bool{
		"36 35 0:30 / /sys/fs/cgroup/hugetlb rw - cgroup cgroup rw,hugetlb": true,
		"36 35 0:30 / /sys/fs/cgroup/x rw - cgroup cgroup rw,cpu,hugetlb":   true,
		"36 35 0:30 / /sys/fs/cgroup/hugetlb rw - cgroup cgroup rw,cpu":     false,
		"36 35 0:30 / /sys/fs/cgroup/hugetlb rw - cgroup2 cgroup2 rw":       false,
		"36 35 0:30 / /hugetlb rw - tmpfs cgroup rw,hugetlb":                false,
	} {
		if got := mountsController(line+"\n", "hugetlb"); got != want {
			t.Errorf("%q: %v, want %v", line, got, want)
		}
	}
}

// A command that fails is an error with its name, status and standard error; the
// program launch hands on the status and a plausible peak.
func TestSpawn(t *testing.T) {
	dir := t.TempDir()
	s, err := newSpawner(filepath.Join(dir, "stderr"))
	if err != nil {
		t.Fatal(err)
	}
	defer s.close()
	if took, err := s.run("/bin/sleep", "0.02"); err != nil || took < 20*time.Millisecond {
		t.Errorf("sleep 0.02: %v, %v", took, err)
	}
	_, err = s.run("/bin/sh", "-c", "echo oh no >&2; exit 3")
	for _, want := range []string{"/bin/sh", "exit status 3", "oh no"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error is %v, want %q in it", err, want)
		}
	}

	launch := filepath.Join(dir, "launch")
	if err := bundle.Build(launch, "./integration/bench/launch"); err != nil {
		t.Fatal(err)
	}
	kib, err := s.peak(launch, "/bin/true")
	if err != nil {
		t.Fatal(err)
	}
	// This test is a Go program with fmt and json in it: larger than /bin/true
	// and launch together, so its own size in the result would show.
	if own := residentKiB(t); kib <= 0 || kib >= own {
		t.Errorf("peak of /bin/true is %d KiB, want less than this test's own %d KiB", kib, own)
	}
	if _, err := s.peak(launch, "/bin/sh", "-c", "kill -9 $$"); err == nil || !strings.Contains(err.Error(), "exit status 137") {
		t.Errorf("a killed program: error is %v, want exit status 137", err)
	}
	// What the measured program leaves running must not hold the result back.
	start := time.Now()
	if _, err := s.peak(launch, "/bin/sh", "-c", "sleep 3 &"); err != nil || time.Since(start) > 2*time.Second {
		t.Errorf("a program with a child that lives on: %v after %v", err, time.Since(start))
	}
}

func residentKiB(t *testing.T) int64 {
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), "VmRSS:")
	var kib int64
	if _, err := fmt.Sscan(rest, &kib); err != nil {
		t.Fatalf("VmRSS in /proc/self/status: %v", err)
	}
	return kib
}
