package box

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// cleanup deletes the box's containers by the runtime's own means, then looks
// for what is left, reports it and removes it by force.
func (b *Box) cleanup() {
	b.t.Helper()
	defer b.sweep() // also when a command has hung and ended the clean-up
	if _, err := os.Stat(b.Root); err == nil {
		r := b.Do("delete", "--force", b.ID)
		if r.Status != 0 {
			b.t.Errorf("delete --force %s: exit status %d, stderr %q", b.ID, r.Status, r.Stderr)
		}
	}
	if left := b.Left(); len(left) > 0 {
		b.t.Errorf("left behind after delete --force:\n\t%s", strings.Join(left, "\n\t"))
	}
}

// Left lists what belongs to the box and still exists: processes (zombies do
// not count, they are waiting for their parent), cgroups, mounts and entries
// of the state directory. It allows two seconds for processes that have been
// killed to disappear.
func (b *Box) Left() []string {
	var left []string
	for end := time.Now().Add(2 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		left = b.look()
		if len(left) == 0 || time.Now().After(end) {
			return left
		}
	}
}

// NothingLeft fails the test if the box has left anything, without a delete.
func (b *Box) NothingLeft() {
	b.t.Helper()
	if left := b.Left(); len(left) > 0 {
		b.t.Errorf("left behind:\n\t%s", strings.Join(left, "\n\t"))
	}
}

func (b *Box) look() []string {
	var left []string
	for _, pid := range b.Processes() {
		comm, _ := os.ReadFile(fmt.Sprintf("/proc/%d/comm", pid))
		left = append(left, fmt.Sprintf("process %d %s", pid, bytes.TrimSpace(comm)))
	}
	for _, dir := range b.Cgroups() {
		left = append(left, "cgroup "+dir)
	}
	for _, m := range b.Mounts() {
		left = append(left, "mount "+m)
	}
	entries, _ := os.ReadDir(b.Root)
	for _, e := range entries {
		if b.shared && e.Name() != b.ID {
			continue
		}
		left = append(left, "state "+filepath.Join(b.Root, e.Name()))
	}
	return left
}

// Processes lists the live processes that carry the box's mark in their
// environment (commands of the runtime, the forked child before its execve and
// the container's processes), except this test's own.
func (b *Box) Processes() []int {
	var pids []int
	entries, err := os.ReadDir("/proc")
	if err != nil {
		b.t.Fatal(err)
	}
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil || pid == os.Getpid() {
			continue
		}
		// A zombie has no memory and so an empty environment.
		env, err := os.ReadFile(fmt.Sprintf("/proc/%d/environ", pid))
		if err != nil {
			continue
		}
		for _, v := range bytes.Split(env, []byte{0}) {
			if string(v) == b.token {
				pids = append(pids, pid)
				break
			}
		}
	}
	return pids
}

// Cgroups lists the box's cgroup directories in every hierarchy, outermost
// first: those below its own cgroup path, those that carry its id, and the scopes
// that end with it.
func (b *Box) Cgroups() []string {
	var dirs []string
	filepath.WalkDir("/sys/fs/cgroup", func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.IsDir() {
			return nil // gone meanwhile
		}
		if d.Name() == b.ID || strings.Contains(path, "/"+b.ID+"/") || strings.HasSuffix(d.Name(), "-"+b.ID+".scope") {
			dirs = append(dirs, path)
		}
		// Without any below, which the number of links tells, there is no need to read
		// some sixty names of files.
		if st := new(unix.Stat_t); unix.Lstat(path, st) == nil && st.Nlink == 2 {
			return fs.SkipDir
		}
		return nil
	})
	return dirs
}

// Mounts lists the mount points of this mount namespace below the
// bundle and the state directory.
func (b *Box) Mounts() []string {
	data, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		b.t.Fatal(err)
	}
	var points []string
	for _, line := range strings.Split(string(data), "\n") {
		if f := strings.Fields(line); len(f) > 4 && (f[4] == b.Dir || strings.HasPrefix(f[4], b.Dir+"/") || strings.HasPrefix(f[4], b.work+"/")) {
			points = append(points, f[4])
		}
	}
	return points
}

// sweep removes by force what a failed test has left, so that it does not
// disturb the next one.
func (b *Box) sweep() {
	b.kill()
	// What another test's box waits for is not to be collected here: the last of those
	// that run at the same time does it for all.
	if live.Add(-1) == 0 {
		Reap()
	}
	b.force()
}

// kill kills all of the box's processes, frozen ones too.
func (b *Box) kill() {
	for _, dir := range b.Cgroups() {
		os.WriteFile(filepath.Join(dir, "freezer.state"), []byte("THAWED"), 0)
		os.WriteFile(filepath.Join(dir, "cgroup.freeze"), []byte("0"), 0)
	}
	for _, pid := range b.Processes() {
		unix.Kill(pid, unix.SIGKILL)
	}
	for _, dir := range b.Cgroups() {
		procs, _ := os.ReadFile(filepath.Join(dir, "cgroup.procs"))
		for _, f := range strings.Fields(string(procs)) {
			if pid, err := strconv.Atoi(f); err == nil && pid != os.Getpid() {
				unix.Kill(pid, unix.SIGKILL)
			}
		}
	}
}

// force removes the box's cgroups and mounts.
func (b *Box) force() {
	for dirs := b.Cgroups(); len(dirs) > 0; dirs = dirs[:len(dirs)-1] {
		unix.Rmdir(dirs[len(dirs)-1])
	}
	for points := b.Mounts(); len(points) > 0; points = points[:len(points)-1] {
		unix.Unmount(points[len(points)-1], unix.MNT_DETACH)
	}
}

// Reap collects zombies among this process's children that os/exec does not
// know: the processes of detached containers, and shims. No command may be running.
func Reap() {
	children, err := os.ReadFile(fmt.Sprintf("/proc/self/task/%d/children", os.Getpid()))
	if err != nil {
		return
	}
	for _, f := range strings.Fields(string(children)) {
		pid, err := strconv.Atoi(f)
		if err != nil {
			continue
		}
		// A box's command has been waited for; what is left as a zombie
		// without a command line is an orphan of the runtime.
		if cmdline, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid)); err == nil && len(cmdline) == 0 {
			unix.Wait4(pid, nil, unix.WNOHANG, nil)
		}
	}
}

// removeCgroupParents removes the tests' parent cgroups where they are empty.
func removeCgroupParents() {
	dirs, _ := filepath.Glob("/sys/fs/cgroup/*/" + cgroupParent)
	for _, dir := range append(dirs, "/sys/fs/cgroup/"+cgroupParent) {
		unix.Rmdir(dir)
	}
}
