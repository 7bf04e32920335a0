package room

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/integration/internal/box"
)

// close ends the daemons, the last one first, looks for what is left, and removes it.
func (r *Room) close() {
	for _, d := range slices.Backward(r.daemons) {
		if r.t.Failed() {
			r.t.Logf("the log of %s:\n%s", filepath.Base(d.argv[0]), d.LogTail())
		}
		d.Stop(unix.SIGTERM)
		d.log.Close()
	}
	if left := r.Left(); len(left) > 0 {
		r.t.Errorf("left behind:\n\t%s", strings.Join(left, "\n\t"))
	}
	r.sweep()
	box.Reap()
	if err := os.RemoveAll(r.dir); err != nil {
		r.t.Error(err)
	}
}

// abandon removes the room while its test runs.
func (r *Room) abandon() {
	for _, d := range slices.Backward(r.daemons) {
		d.cmd.Process.Kill()
		<-d.ended
	}
	box.Until(func() bool {
		r.sweep()
		box.Reap()
		return os.RemoveAll(r.dir) == nil && len(r.processes())+len(r.mounts()) == 0
	})
}

// Left lists what of the engine's containers exists: entries in the state directories of
// runtimes, cgroups, mounts, shims and commands of the runtime. It allows a moment for
// them to go.
func (r *Room) Left() []string {
	var left []string
	box.Eventually(func() bool { left = r.look(); return len(left) == 0 })
	return left
}

func (r *Room) look() []string {
	var left []string
	for _, pattern := range r.States {
		entries, _ := filepath.Glob(r.Path(pattern))
		left = append(left, entries...)
	}
	for _, pattern := range r.cgroups() {
		left = append(left, below(pattern)...)
	}
	for _, m := range r.mounts() {
		left = append(left, "mount "+m)
	}
	for _, pid := range r.processes() {
		left = append(left, "process "+pid)
	}
	return left
}

// cgroups are patterns of the directory of the containers: in the hierarchies of
// version 1 and the unified one of a hybrid machine, and in version 2 alone.
func (r *Room) cgroups() []string {
	return []string{"/sys/fs/cgroup/*/" + r.Cgroup, "/sys/fs/cgroup/" + r.Cgroup}
}

// below are the directories in those that match a pattern. (A pattern that ends with a
// slash matches nothing.)
func below(pattern string) []string {
	entries, _ := filepath.Glob(pattern + "/*")
	return slices.DeleteFunc(entries, func(name string) bool {
		st, err := os.Lstat(name)
		return err != nil || !st.IsDir()
	})
}

func (r *Room) mounts() []string {
	data, _ := os.ReadFile("/proc/self/mountinfo")
	var points []string
	for l := range strings.Lines(string(data)) {
		if f := strings.Fields(l); len(f) > 4 && strings.HasPrefix(f[4], r.dir+"/") {
			points = append(points, f[4])
		}
	}
	return points
}

// processes lists those that name the room's directory on their command line: shims,
// monitors, and commands of the runtime. Daemons that run are not among them.
func (r *Room) processes() []string {
	files, _ := filepath.Glob("/proc/[0-9]*/cmdline")
	var list []string
	for _, f := range files {
		pid := strings.Split(f, "/")[2]
		running := func(d *Daemon) bool {
			select {
			case <-d.ended:
				return false
			default:
				return fmt.Sprint(d.Pid()) == pid
			}
		}
		data, err := os.ReadFile(f)
		if err == nil && bytes.Contains(data, []byte(r.dir)) && !slices.ContainsFunc(r.daemons, running) {
			list = append(list, pid+" "+string(bytes.ReplaceAll(data, []byte{0}, []byte{' '})))
		}
	}
	return list
}

// sweep removes by force what a failed test has left, so that it does not disturb the
// next one.
func (r *Room) sweep() {
	for _, p := range r.processes() {
		var pid int
		if _, err := fmt.Sscan(p, &pid); err == nil && pid != os.Getpid() {
			unix.Kill(pid, unix.SIGKILL)
		}
	}
	for points := r.mounts(); len(points) > 0; points = points[:len(points)-1] {
		unix.Unmount(points[len(points)-1], unix.MNT_DETACH)
	}
	for _, pattern := range r.cgroups() {
		parents, _ := filepath.Glob(pattern)
		for _, parent := range parents {
			for _, dir := range append(below(parent), parent) {
				procs, _ := os.ReadFile(filepath.Join(dir, "cgroup.procs"))
				for _, f := range strings.Fields(string(procs)) {
					var pid int
					if _, err := fmt.Sscan(f, &pid); err == nil && pid != os.Getpid() {
						unix.Kill(pid, unix.SIGKILL)
					}
				}
				box.Eventually(func() bool { err := unix.Rmdir(dir); return err == nil || err == unix.ENOENT })
			}
		}
	}
}
