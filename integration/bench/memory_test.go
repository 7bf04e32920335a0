package main

import (
	"fmt"
	"strings"
	"testing"
)

func TestUsageFiles(t *testing.T) {
	const v2 = "[/sys/fs/cgroup/runseal-bench/1-x/memory.current /sys/fs/cgroup/unified/runseal-bench/1-x/memory.current]"
	for _, c := range []struct{ text, want string }{
		{"0::/runseal-bench/1-x\n", v2},
		{"5:pids:/runseal-bench/1-x\n4:memory:/runseal-bench/1-x\n0::/\n", "[/sys/fs/cgroup/memory/runseal-bench/1-x/memory.usage_in_bytes]"},
		{"0::/\n4:cpu,memory:/runseal-bench/1-x\n", "[/sys/fs/cgroup/memory/runseal-bench/1-x/memory.usage_in_bytes]"},
		{"5:pids:/elsewhere\n0::/runseal-bench/1-x\n", v2},
	} {
		if got, err := usageFiles(c.text); err != nil || fmt.Sprint(got) != c.want {
			t.Errorf("%q: got %v, %v, want %s", c.text, got, err, c.want)
		}
	}
	for _, text := range []string{"", "0::/\n", "4:memory:/\n0::/runseal-bench/1-x\n", "nonsense\n", "4:memory:/runseal-benchmark/x\n"} {
		if got, err := usageFiles(text); err == nil || !strings.Contains(err.Error(), "expected") {
			t.Errorf("%q: got %v, %v, want an error that says what was expected", text, got, err)
		}
	}
}
