package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// sampleReport has a row of each kind.
func sampleReport() *report {
	rep := newReport(options{n: 2, pause: 80 * time.Millisecond}, []*runtime{
		{Name: "runseal", Version: "runseal 1", Path: "/r"}, {Name: "crun", Version: "crun 2", Path: "/c"}, {Name: "runc", Version: "runc 3", Path: "/o"}})
	rep.Machine = machine{Cores: 4, CPU: "Z80", Kernel: "6.1", System: "Debian", Cgroup: "cgroup v2"}
	rep.Many = 16
	rep.Parts = []partTime{{"run", 1.5}, {"many", 3}}
	of := func(values ...time.Duration) [][]time.Duration {
		var times [][]time.Duration
		for _, v := range values {
			times = append(times, []time.Duration{v * time.Millisecond, (v + 2) * time.Millisecond})
		}
		return times
	}
	rep.addTimes(sectionMain, rowRun, of(7, 17, 39))
	rep.addTimes(sectionHot, rowRun, of(7, 9, 39))
	rep.add(sectionMain, rowCreateMem, mib, [][]float64{{5}, {4}, {20}})
	rep.add(sectionMain, rowMany, rate, [][]float64{{54}, {30}, {10}})
	rep.addTimes(sectionMain, "  alone", of(1))
	rep.addTimes(sectionFloor, "nothing", of(1))
	rep.judge(targets())
	return rep
}

// A limit counts as met; more is better of rates; a target is judged in its own section.
func TestTargets(t *testing.T) {
	want := []verdict{
		{"run: at most 0.5x of crun", 8. / 18, true},
		{"run in a hot loop: at most 0.75x of crun", 0.8, false},
		{"run: at most 0.2x of runc", 0.2, true},
		{"peak memory, create: at most 0.9x of crun", 1.25, false},
		{"peak memory, create: at most 0.25x of runc", 0.25, true},
		{"containers made and deleted: at least 1.8x of crun", 1.8, true},
		{"containers made and deleted: at least 6x of runc", 5.4, false},
	}
	if got := sampleReport().Targets; fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
}

func compare(t *testing.T, got string, want ...string) {
	t.Helper()
	if w := strings.Join(want, "\n") + "\n"; got != w {
		t.Errorf("got\n%s\nwant\n%s", got, w)
	}
}

func TestTable(t *testing.T) {
	rep := sampleReport()
	verdict, _, _ := strings.Cut(rep.verdicts(false), "\n")
	compare(t, rep.table()+verdict+"\n",
		`runseal  runseal 1 (/r)`,
		`crun     crun 2 (/c)`,
		`runc     runc 3 (/o)`,
		`4 cores (Z80), Linux 6.1, cgroup v2, Debian`,
		``,
		`interleaved, pause 80 ms, medians of 2, memory of 2, 16 containers by 8 workers 2 times:`,
		``,
		`                                  runseal       crun        runc   runseal/crun   runseal/runc`,
		`   run                            8.00 ms   18.00 ms    40.00 ms           0.44           0.20`,
		`   peak memory, create           5.00 MiB   4.00 MiB   20.00 MiB           1.25           0.25`,
		`   containers made and deleted   54.00 /s   30.00 /s    10.00 /s           1.80           5.40`,
		`     alone                        2.00 ms`,
		``,
		`hot loop, without pauses, medians of 2:`,
		``,
		`         runseal       crun       runc   runseal/crun   runseal/runc`,
		`   run   8.00 ms   10.00 ms   40.00 ms           0.80           0.20`,
		``,
		`what is no runtime, medians of 2:`,
		``,
		`   nothing       2.00 ms`,
		``,
		`measured in 4 s: run 1.5 many 3.0`,
		`target met     run: at most 0.5x of crun (0.44x)`)
}

func TestMarkdown(t *testing.T) {
	rep := sampleReport()
	compare(t, rep.markdown(),
		`4 cores (Z80), Linux 6.1, cgroup v2, Debian.`,
		`runseal 1, crun 2, runc 3.`,
		``,
		`Interleaved, pause 80 ms, medians of 2, memory of 2, 16 containers by 8 workers 2 times:`,
		``,
		`| | runseal | crun | runc | runseal/crun | runseal/runc |`,
		`|---|---|---|---|---|---|`,
		`| run | 8.00 ms | 18.00 ms | 40.00 ms | 0.44 | 0.20 |`,
		`| peak memory, create | 5.00 MiB | 4.00 MiB | 20.00 MiB | 1.25 | 0.25 |`,
		`| containers made and deleted | 54.00 /s | 30.00 /s | 10.00 /s | 1.80 | 5.40 |`,
		`| &nbsp;&nbsp;alone | 2.00 ms | | | | |`,
		``,
		`Hot loop, without pauses, medians of 2:`,
		``,
		`| | runseal | crun | runc | runseal/crun | runseal/runc |`,
		`|---|---|---|---|---|---|`,
		`| run | 8.00 ms | 10.00 ms | 40.00 ms | 0.80 | 0.20 |`,
		``,
		`What is no runtime, medians of 2:`,
		``,
		`| | median |`,
		`|---|---|`,
		`| nothing | 2.00 ms |`)
	if first, _, _ := strings.Cut(rep.verdicts(true), "\n"); first != "- met: run: at most 0.5x of crun (0.44x)" {
		t.Errorf("first target is %q", first)
	}
}

func TestJSON(t *testing.T) {
	name := filepath.Join(t.TempDir(), "bench.json")
	if err := sampleReport().saveJSON(name); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	var back report
	if err := json.Unmarshal(data, &back); err != nil {
		t.Fatal(err)
	}
	r := back.Rows[0]
	if r.Section != sectionMain || r.N != 2 || fmt.Sprint(r.Min, r.Q1, r.Median, r.Q3) != "[7 17 39] [7.5 17.5 39.5] [8 18 40] [8.5 18.5 40.5]" || r.Ratios[1] != 0.2 {
		t.Errorf("first row: got %+v", r)
	}
	if len(back.Rows) != 6 || len(back.Targets) != 7 || back.Machine.Cores != 4 || back.Parts[1].Seconds != 3 || back.Many != 16 {
		t.Errorf("JSON: got %+v", back)
	}
}

func TestPerSecond(t *testing.T) {
	if got := perSecond(200, []time.Duration{4 * time.Second, 500 * time.Millisecond}); fmt.Sprint(got) != "[50 400]" {
		t.Errorf("got %v, want 50 and 400", got)
	}
}
