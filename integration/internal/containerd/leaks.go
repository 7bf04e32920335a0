package containerd

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/integration/internal/box"
)

// stop removes what tests have left in the daemon, ends it and looks for
// processes, cgroups and mounts.
func (d *Daemon) stop(process *os.Process, ended chan struct{}) {
	out, _ := d.Try("containers", "ls", "-q")
	for _, id := range strings.Fields(out) {
		if !d.t.Failed() {
			d.t.Errorf("container %s is left", id)
		}
		d.Try("tasks", "rm", "--force", id)
		d.Try("containers", "rm", id)
	}
	if d.t.Failed() {
		d.t.Logf("containerd's log:\n%s", d.LogTail())
	}
	process.Signal(unix.SIGTERM)
	select {
	case <-ended:
	case <-time.After(20 * time.Second):
		d.t.Error("containerd has not ended after SIGTERM")
		process.Kill()
		<-ended
	}
	var left []string
	box.Eventually(func() bool { left = d.left(); return len(left) == 0 })
	if len(left) > 0 {
		d.t.Errorf("left behind:\n\t%s", strings.Join(left, "\n\t"))
	}
	d.log.Close()
	d.sweep()
	box.Reap()
	if err := os.RemoveAll(d.dir); err != nil {
		d.t.Error(err)
	}
}

// left lists state entries of the runtime, cgroups, mounts and shims.
func (d *Daemon) left() []string {
	var left []string
	entries, _ := filepath.Glob(d.Path("runtime/*/*"))
	left = append(left, entries...)
	for _, pattern := range []string{"/sys/fs/cgroup/*/" + d.Cgroup + "/*/", "/sys/fs/cgroup/" + d.Cgroup + "/*/"} {
		dirs, _ := filepath.Glob(pattern)
		left = append(left, dirs...)
	}
	for _, m := range d.mounts() {
		left = append(left, "mount "+m)
	}
	for _, pid := range d.processes() {
		left = append(left, fmt.Sprintf("process %s", pid))
	}
	return left
}

func (d *Daemon) mounts() []string {
	data, _ := os.ReadFile("/proc/self/mountinfo")
	var points []string
	for _, l := range strings.Split(string(data), "\n") {
		if f := strings.Fields(l); len(f) > 4 && strings.HasPrefix(f[4], d.dir+"/") {
			points = append(points, f[4])
		}
	}
	return points
}

// processes lists those that name the daemon's socket or directory on their
// command line: shims, and commands of the runtime.
func (d *Daemon) processes() []string {
	files, _ := filepath.Glob("/proc/[0-9]*/cmdline")
	var list []string
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err == nil && bytes.Contains(data, []byte(d.dir)) {
			list = append(list, strings.Split(f, "/")[2]+" "+string(bytes.ReplaceAll(data, []byte{0}, []byte{' '})))
		}
	}
	return list
}

func (d *Daemon) sweep() {
	for _, p := range d.processes() {
		var pid int
		if _, err := fmt.Sscan(p, &pid); err == nil && pid != os.Getpid() {
			unix.Kill(pid, unix.SIGKILL)
		}
	}
	for points := d.mounts(); len(points) > 0; points = points[:len(points)-1] {
		unix.Unmount(points[len(points)-1], unix.MNT_DETACH)
	}
	for _, pattern := range []string{"/sys/fs/cgroup/*/" + d.Cgroup, "/sys/fs/cgroup/" + d.Cgroup} {
		dirs, _ := filepath.Glob(pattern)
		for _, dir := range dirs {
			unix.Rmdir(dir)
		}
	}
}
