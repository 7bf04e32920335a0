package cgroup_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/opencontainers/runtime-spec/specs-go"
	"github.com/runseal/runseal/runtime/cgroup"
	"golang.org/x/sys/unix"
)

// fifteen is a limit of every controller that both versions have.
func fifteen() *specs.LinuxResources {
	return &specs.LinuxResources{Pids: &specs.LinuxPids{Limit: ptr(int64(15))}, Memory: &specs.LinuxMemory{Limit: ptr(int64(15 << 20))}}
}

// parent makes a cgroup that is no container's, in every hierarchy, and returns its
// directories.
func parent(t *testing.T, path string) []string {
	t.Helper()
	var dirs []string
	for _, dir := range build(t, path, nil).Paths() {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		dirs = append(dirs, dir)
	}
	return dirs
}

// TestParentsWithoutControllers: cgroups that are there already get what the
// container's limits need.
func TestParentsWithoutControllers(t *testing.T) {
	path := newPath()
	parent(t, path)
	parent(t, path+"/a/b")
	c := container(t, path+"/a/b/c/d", fifteen())
	if got := read(t, c, "pids", "pids.max"); got != "15" {
		t.Errorf("pids.max: %s", got)
	}
	if layout(t).Mode == cgroup.V2 {
		all, err := os.ReadFile("/sys/fs/cgroup/cgroup.controllers")
		if err != nil {
			t.Fatal(err)
		}
		if got := read(t, c, "", "cgroup.controllers"); got+"\n" != string(all) {
			t.Errorf("the container has %q, the machine %q", got, all)
		}
	}
}

// TestBelowAContainer: version 2 gives no controllers to a cgroup that is below one
// with processes. Without limits it can be used all the same.
func TestBelowAContainer(t *testing.T) {
	path := newPath()
	outer := container(t, path, nil)
	cmd := shell(t, outer, "exec sleep 60")
	t.Cleanup(func() {
		if err := outer.Kill(); err != nil {
			t.Error(err)
		}
		cmd.Wait()
	})
	waitPids(t, outer, 1)
	c := build(t, path+"/below", fifteen())
	if err := c.Create(); err != nil {
		t.Fatal(err)
	}
	err := c.Set()
	if layout(t).Mode != cgroup.V2 {
		if err != nil {
			t.Error(err)
		}
	} else if want := fmt.Sprintf("linux.resources.pids.limit: 15: pids.max: no such file or directory; cgroup %s has processes of its own (pid %d) and so gives no controllers to those below it",
		outer.UnifiedDir(), cmd.Process.Pid); err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
	free := container(t, path+"/free", nil)
	out, err := output(t, free, "cat /proc/self/cgroup")
	if err != nil || !strings.Contains(out, ":"+path+"/free\n") {
		t.Errorf("%v: %s", err, out)
	}
}

// TestThreadedParent: what is below a threaded cgroup has no memory controller.
func TestThreadedParent(t *testing.T) {
	if layout(t).Mode != cgroup.V2 {
		return // version 1 has no such type
	}
	path := newPath()
	parent(t, path)
	dir := parent(t, path+"/threads")[0]
	if err := os.WriteFile(dir+"/cgroup.type", []byte("threaded"), 0); err != nil {
		t.Fatal(err)
	}
	// Its parent is a "domain threaded" cgroup now, and what is new there "domain invalid".
	c := build(t, path+"/c", fifteen())
	if err := c.Create(); err != nil {
		t.Fatal(err)
	}
	if err, want := c.Set(), "linux.resources."; err == nil || !strings.HasPrefix(err.Error(), want) ||
		!strings.Contains(err.Error(), "cgroup "+filepath.Dir(dir)+" is threaded and gives no controller ") {
		t.Errorf("%v", err)
	}
	free := build(t, path+"/free", nil)
	if err := free.Create(); err != nil {
		t.Fatal(err)
	}
	// That is what clone3(2) says; see TestRefusedBirth of the features.
	if field, why := free.WhyNot(unix.EOPNOTSUPP, 1); field != "linux.cgroupsPath" || !strings.Contains(why, `/free is of type "domain invalid", expected "domain"`) {
		t.Errorf("%s: %s", field, why)
	}
}

// TestFrozenParent: a process would stand still before it is a container's.
func TestFrozenParent(t *testing.T) {
	path := newPath()
	file, frozen, thawed := "freezer.state", "FROZEN", "THAWED"
	if layout(t).Mode == cgroup.V2 {
		file, frozen, thawed = "cgroup.freeze", "1", "0"
	}
	write := func(what string) {
		t.Helper()
		n := 0
		for _, dir := range parent(t, path) {
			if _, err := os.Stat(filepath.Join(dir, file)); err != nil || strings.HasPrefix(dir, "/sys/fs/cgroup/unified/") {
				continue
			}
			if err := os.WriteFile(filepath.Join(dir, file), []byte(what), 0); err != nil {
				t.Fatal(err)
			}
			n++
		}
		if n != 1 {
			t.Fatalf("%d freezers", n)
		}
	}
	write(frozen)
	for _, below := range []string{"", "/c"} {
		c := build(t, path+below, nil)
		if err := c.Create(); err == nil || !strings.HasPrefix(err.Error(), "linux.cgroupsPath: "+c.Paths()[keyOf(c)]+": expected a cgroup that is not frozen") {
			t.Errorf("below %q: %v", below, err)
		}
		write(thawed)
		if err := c.Create(); err != nil {
			t.Errorf("below %q, thawed: %v", below, err)
		}
		write(frozen)
	}
	write(thawed)
}

// keyOf is the hierarchy of the freezer.
func keyOf(c *cgroup.Cgroup) string {
	if layoutOf(c) == cgroup.V2 {
		return ""
	}
	return "freezer"
}

// TestParentsComeAndGo: containers that are made and removed at the same time, and
// with the last one their parent, do not get into each other's way.
func TestParentsComeAndGo(t *testing.T) {
	l := layout(t)
	var wg sync.WaitGroup
	done := make(chan bool)
	defer close(done)
	go func() { // as the delete of a container that was the last
		dir := filepath.Dir(build(t, "", nil).UnifiedDir())
		for {
			select {
			case <-done:
				return
			default:
				unix.Rmdir(dir)
			}
		}
	}()
	for n := range 3 {
		wg.Go(func() {
			for i := range 20 {
				c, err := cgroup.New(l, spec("", fifteen()), fmt.Sprintf("test-%d-%d-%d", os.Getpid(), n, i))
				if err != nil {
					t.Error(err)
					return
				}
				err = c.Create()
				if err == nil {
					err = c.Set()
				}
				if err != nil {
					t.Error(err)
				}
				if err := c.Destroy(); err != nil {
					t.Error(err)
				}
				gone(t, c)
				if t.Failed() {
					return
				}
			}
		})
	}
	wg.Wait()
}
