package cri

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// timings are how long calls have taken that run side by side, and their errors.
type timings struct {
	mu   sync.Mutex
	took []time.Duration
	errs []error
}

func (m *timings) measure(do func() error) {
	began := time.Now()
	err := do()
	took := time.Since(began)
	m.mu.Lock()
	defer m.mu.Unlock()
	m.took = append(m.took, took)
	if err != nil {
		m.errs = append(m.errs, err)
	}
}

// atOnce does n things side by side.
func atOnce(n int, do func(i int) error) *timings {
	m := &timings{}
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() { m.measure(func() error { return do(i) }) })
	}
	wg.Wait()
	return m
}

// at is a percentile.
func (m *timings) at(percent int) time.Duration {
	slices.Sort(m.took)
	return m.took[min(len(m.took)-1, len(m.took)*percent/100)]
}

func (m *timings) ok(t *testing.T, what string) {
	t.Helper()
	if len(m.errs) > 0 {
		t.Errorf("%s: %d of %d have failed: %v", what, len(m.errs), len(m.took), errors.Join(m.errs[:min(3, len(m.errs))]...))
	}
}

func seconds(d time.Duration) string {
	if d < time.Second {
		return fmt.Sprintf("%d ms", d.Milliseconds())
	}
	return fmt.Sprintf("%.1f s", d.Seconds())
}

// use is what a node uses.
type use struct {
	daemon       int // descriptors of containerd
	shims        int // of all shims
	zombies      int // children of containerd, of shims, and of this process
	memory, peak int // bytes that are charged to the containers, now and at most
}

func (n *node) use(t *testing.T) (u use) {
	t.Helper()
	fds := func(pid int) int {
		list, _ := os.ReadDir(fmt.Sprintf("/proc/%d/fd", pid))
		return len(list)
	}
	parents := map[int]bool{n.Process().Pid(): true, os.Getpid(): true}
	u.daemon = fds(n.Process().Pid())
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, f := range stats {
		pid, _ := strconv.Atoi(strings.Split(f, "/")[2])
		if args, _ := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid)); bytes.Contains(args, []byte("containerd-shim")) && bytes.Contains(args, []byte(n.Path(""))) {
			parents[pid] = true
			u.shims += fds(pid)
		}
	}
	for _, f := range stats {
		data, _ := os.ReadFile(f)
		name, rest, _ := strings.Cut(string(data), ") ")
		if f := strings.Fields(rest); len(f) > 1 && f[0] == "Z" {
			parent, _ := strconv.Atoi(f[1])
			// Shims have nobody but this process, which collects them at its end.
			if parents[parent] && !strings.HasSuffix(name, "(containerd-shim") {
				u.zombies++
			}
		}
	}
	for _, x := range []struct {
		to    *int
		names [2]string // of version 1 and 2
	}{
		{&u.memory, [2]string{"memory/" + n.Cgroup + "/memory.usage_in_bytes", n.Cgroup + "/memory.current"}},
		{&u.peak, [2]string{"memory/" + n.Cgroup + "/memory.max_usage_in_bytes", n.Cgroup + "/memory.peak"}},
	} {
		for _, name := range x.names {
			if data, err := os.ReadFile(filepath.Join("/sys/fs/cgroup", name)); err == nil {
				*x.to, _ = strconv.Atoi(strings.TrimSpace(string(data)))
			}
		}
	}
	return u
}

// compare fails the test if more is used than before; some of it is the measurement's.
func (u use) compare(t *testing.T, what string, before use, pods int) {
	t.Helper()
	t.Logf("%s: %+v, before them %+v", what, u, before)
	if u.daemon > before.daemon+10 {
		t.Errorf("%s containerd has %d descriptors, and had %d", what, u.daemon, before.daemon)
	}
	if u.shims > before.shims+pods {
		t.Errorf("%s the shims have %d descriptors, and had %d", what, u.shims, before.shims)
	}
	if u.zombies > 0 {
		t.Errorf("%s there are %d zombies", what, u.zombies)
	}
	if u.memory == 0 || u.memory > before.memory+pods<<18 {
		t.Errorf("%s %d bytes are charged to the containers, and %d were", what, u.memory, before.memory)
	}
}
