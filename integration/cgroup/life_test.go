package cgroup_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/opencontainers/runtime-spec/specs-go"
	"github.com/runseal/runseal/runtime/cgroup"
	"golang.org/x/sys/unix"
)

// waitPids waits until the cgroup has n processes.
func waitPids(t *testing.T, c *cgroup.Cgroup, n int) []int {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(time.Millisecond) {
		pids, err := c.Pids()
		if err != nil {
			t.Fatal(err)
		}
		if len(pids) >= n {
			return pids
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d processes, expected %d", len(pids), n)
		}
	}
}

func TestJoin(t *testing.T) {
	path := newPath()
	c := container(t, path, nil)
	cmd := shell(t, c, "exec sleep 60")
	if pids := waitPids(t, c, 1); !slices.Equal(pids, []int{cmd.Process.Pid}) {
		t.Errorf("processes %v, want %d", pids, cmd.Process.Pid)
	}
	for {
		comm, err := os.ReadFile(fmt.Sprintf("/proc/%d/comm", cmd.Process.Pid))
		if err != nil {
			t.Fatal(err)
		}
		if string(comm) == "sleep\n" { // it has joined everything
			break
		}
		time.Sleep(time.Millisecond)
	}
	where, err := os.ReadFile(fmt.Sprintf("/proc/%d/cgroup", cmd.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range strings.Split(strings.TrimSpace(string(where)), "\n") {
		f := strings.SplitN(line, ":", 3)
		if _, ours := c.Paths()[strings.Split(f[1], ",")[0]]; ours && f[2] != path {
			t.Errorf("%s, want %s", line, path)
		}
	}
	if err := cgroup.Open(c.Paths()).Kill(); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err == nil || err.Error() != "signal: killed" {
		t.Errorf("%v", err)
	}
}

// TestDefaultPath: the parent that runseal made goes with its last container.
func TestDefaultPath(t *testing.T) {
	c := container(t, "", nil)
	for _, p := range c.Paths() {
		if !strings.HasSuffix(p, "/runseal/id") {
			t.Errorf("path %s", p)
		}
	}
	if err := c.Destroy(); err != nil {
		t.Fatal(err)
	}
	gone(t, c)
	for _, p := range c.Paths() {
		if entries, err := os.ReadDir(filepath.Dir(p)); err == nil {
			if !slices.ContainsFunc(entries, os.DirEntry.IsDir) { // else another runtime's container is in it
				t.Errorf("%s is left", filepath.Dir(p))
			}
		}
	}
	if err := c.Destroy(); err != nil {
		t.Errorf("second Destroy: %v", err)
	}
}

func TestFreeze(t *testing.T) {
	c := container(t, newPath(), nil)
	dir := t.TempDir()
	cmd := shell(t, c, "while :; do echo >> "+dir+"/ticks; sleep 0.005; done")
	size := func() int64 {
		fi, err := os.Stat(dir + "/ticks")
		if err != nil {
			return 0
		}
		return fi.Size()
	}
	for deadline := time.Now().Add(5 * time.Second); size() == 0; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the process does not run")
		}
	}
	o := cgroup.Open(c.Paths())
	frozen := func(want bool) {
		t.Helper()
		if got, err := o.Frozen(); got != want || err != nil {
			t.Errorf("frozen: %v %v, want %v", got, err, want)
		}
	}
	frozen(false)
	if err := o.Freeze(); err != nil {
		t.Fatal(err)
	}
	frozen(true)
	before := size()
	time.Sleep(50 * time.Millisecond)
	if after := size(); after != before {
		t.Errorf("it went on from %d to %d", before, after)
	}
	if err := o.Thaw(); err != nil {
		t.Fatal(err)
	}
	frozen(false)
	for deadline := time.Now().Add(5 * time.Second); size() == before; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("it does not go on")
		}
	}
	// A frozen container can be killed.
	if err := o.Freeze(); err != nil {
		t.Fatal(err)
	}
	if err := o.Kill(); err != nil {
		t.Fatal(err)
	}
	cmd.Wait()
}

// TestDestroyDeep: a container that may make cgroups can nest them deeper than a
// path can be long.
func TestDestroyDeep(t *testing.T) {
	c := container(t, newPath(), nil)
	dir := c.Paths()["name=systemd"]
	if dir == "" {
		dir = c.Paths()[""]
	}
	fd, err := unix.Open(dir, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	name := strings.Repeat("x", 200)
	for i := range 25 { // 5,000 bytes
		for _, n := range []string{name, "side" + strconv.Itoa(i)} {
			if err := unix.Mkdirat(fd, n, 0o755); err != nil {
				t.Fatal(err)
			}
		}
		next, err := unix.Openat(fd, name, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
		if err != nil {
			t.Fatal(err)
		}
		unix.Close(fd)
		fd = next
	}
	unix.Close(fd)
	if pids, err := c.Pids(); err != nil || len(pids) != 0 {
		t.Errorf("%v %v", pids, err)
	}
	if err := c.Destroy(); err != nil {
		t.Fatal(err)
	}
	gone(t, c)
}

func BenchmarkDetect(b *testing.B) {
	for b.Loop() {
		if _, err := cgroup.Detect(); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkCreateSetDestroy also reports how long the kernel takes for the
// directories alone.
func BenchmarkCreateSetDestroy(b *testing.B) {
	l, err := cgroup.Detect()
	if err != nil {
		b.Fatal(err)
	}
	parent := newPath()
	keep := container(b, parent+"/keep", nil) // so that parents are there
	b.Cleanup(func() {
		keep.Destroy()
		for _, p := range keep.Paths() {
			os.Remove(filepath.Dir(p))
		}
	})
	var create, set, destroy, bare time.Duration
	n := 0
	for b.Loop() {
		c, err := cgroup.New(l, &specs.Spec{Linux: &specs.Linux{CgroupsPath: parent + "/x"}}, "id")
		if err != nil {
			b.Fatal(err)
		}
		t0 := time.Now()
		err = c.Create()
		t1 := time.Now()
		if err == nil {
			err = c.Set()
		}
		t2 := time.Now()
		if err == nil {
			err = c.Destroy()
		}
		t3 := time.Now()
		if err != nil {
			b.Fatal(err)
		}
		for _, p := range c.Paths() {
			if err := unix.Mkdir(p, 0o755); err != nil {
				b.Fatal(err)
			}
		}
		t4 := time.Now()
		for _, p := range c.Paths() {
			unix.Rmdir(p)
		}
		create, set, destroy, bare, n = create+t1.Sub(t0), set+t2.Sub(t1), destroy+t3.Sub(t2), bare+t4.Sub(t3), n+1
	}
	for unit, d := range map[string]time.Duration{"create-us": create, "set-us": set, "destroy-us": destroy, "mkdir-us": bare} {
		b.ReportMetric(float64(d.Microseconds())/float64(n), unit)
	}
}
