package engines

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/integration/internal/box"
)

// limit bounds every ctr command: ctr can hang for ever when a task's streams
// do, and a test that hangs says nothing.
const limit = 60 * time.Second

// A daemon is a private containerd with one image.
type daemon struct {
	t         *testing.T
	dir       string
	namespace string // of containerd; also the parent cgroup of its containers
	log       *os.File
}

const image = "localhost/busybox:test"

// start starts a daemon for the test and imports the image. The clean-up stops
// it and fails the test if a container has left anything.
func start(t *testing.T) *daemon {
	t.Helper()
	for _, program := range []string{"containerd", "ctr", "containerd-shim-runc-v2"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Fatalf("%v (Debian package containerd)", err)
		}
	}
	dir, err := os.MkdirTemp("", "runseal-ctr-")
	if err != nil {
		t.Fatal(err)
	}
	d := &daemon{t: t, dir: dir, namespace: fmt.Sprintf("runseal-ctr-%d", os.Getpid())}
	config := fmt.Sprintf("version = 2\nroot = %q\nstate = %q\ndisabled_plugins = [\"io.containerd.grpc.v1.cri\"]\n[grpc]\naddress = %q\n",
		d.path("root"), d.path("state"), d.path("sock"))
	if err := os.WriteFile(d.path("config.toml"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	if d.log, err = os.Create(d.path("log")); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("containerd", "--config", d.path("config.toml"), "--log-level", "info")
	cmd.Stdout, cmd.Stderr = d.log, d.log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() { cmd.Wait(); close(ended) }()
	t.Cleanup(func() { d.stop(cmd.Process, ended) })

	// A loaded machine takes a while to probe all of containerd's plugins.
	for deadline := time.Now().Add(limit); ; time.Sleep(100 * time.Millisecond) {
		if _, err := d.try("version"); err == nil {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("containerd does not answer:\n%s", d.logTail())
		}
	}
	archive := d.path("image.tar")
	if err := writeImage(archive, image); err != nil {
		t.Fatal(err)
	}
	d.ctr("images", "import", "--snapshotter", "native", archive)
	return d
}

func (d *daemon) path(name string) string { return filepath.Join(d.dir, name) }

func (d *daemon) logTail() string {
	data, _ := os.ReadFile(d.path("log"))
	return string(data[max(0, len(data)-4000):])
}

// stop removes what tests have left in the daemon, ends it and looks for
// processes, cgroups and mounts.
func (d *daemon) stop(process *os.Process, ended chan struct{}) {
	out, _ := d.try("containers", "ls", "-q")
	for _, id := range strings.Fields(out) {
		if !d.t.Failed() {
			d.t.Errorf("container %s is left", id)
		}
		d.try("tasks", "rm", "--force", id)
		d.try("containers", "rm", id)
	}
	if d.t.Failed() {
		d.t.Logf("containerd's log:\n%s", d.logTail())
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
	if err := os.RemoveAll(d.dir); err != nil {
		d.t.Error(err)
	}
}

// left lists state entries of the runtime, cgroups, mounts and shims.
func (d *daemon) left() []string {
	var left []string
	entries, _ := filepath.Glob(d.path("runtime/*/*"))
	left = append(left, entries...)
	for _, pattern := range []string{"/sys/fs/cgroup/*/" + d.namespace + "/*/", "/sys/fs/cgroup/" + d.namespace + "/*/"} {
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

func (d *daemon) mounts() []string {
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
func (d *daemon) processes() []string {
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

func (d *daemon) sweep() {
	for _, p := range d.processes() {
		var pid int
		if _, err := fmt.Sscan(p, &pid); err == nil && pid != os.Getpid() {
			unix.Kill(pid, unix.SIGKILL)
		}
	}
	for points := d.mounts(); len(points) > 0; points = points[:len(points)-1] {
		unix.Unmount(points[len(points)-1], unix.MNT_DETACH)
	}
	for _, pattern := range []string{"/sys/fs/cgroup/*/" + d.namespace, "/sys/fs/cgroup/" + d.namespace} {
		dirs, _ := filepath.Glob(pattern)
		for _, dir := range dirs {
			unix.Rmdir(dir)
		}
	}
}

// result is what a ctr command did.
type result struct {
	status         int
	stdout, stderr string
}

// do runs ctr with an open standard input that has nothing in it.
func (d *daemon) do(args ...string) result {
	d.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	r, w, err := os.Pipe()
	if err != nil {
		d.t.Fatal(err)
	}
	defer r.Close()
	defer w.Close()
	cmd := exec.CommandContext(ctx, "ctr", append([]string{"--address", d.path("sock"), "--namespace", d.namespace}, args...)...)
	cmd.Stdin = r
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	// A shim that inherits the pipes must not keep Run from returning.
	cmd.WaitDelay = 5 * time.Second
	err = cmd.Run()
	if ctx.Err() != nil {
		d.t.Fatalf("ctr %q: no end within %v; stdout %q, stderr %q\n%s", args, limit, stdout.String(), stderr.String(), d.logTail())
	}
	if cmd.ProcessState == nil {
		d.t.Fatalf("ctr %q: %v", args, err)
	}
	return result{cmd.ProcessState.ExitCode(), stdout.String(), stderr.String()}
}

func (d *daemon) try(args ...string) (string, error) {
	d.t.Helper()
	r := d.do(args...)
	if r.status != 0 {
		return r.stdout, fmt.Errorf("ctr %q: exit status %d, stderr %q", args, r.status, r.stderr)
	}
	return r.stdout, nil
}

func (d *daemon) ctr(args ...string) string {
	d.t.Helper()
	out, err := d.try(args...)
	if err != nil {
		d.t.Fatal(err)
	}
	return out
}

// run is `ctr run` with the runtime under test; flags come before the image.
func (d *daemon) run(flags []string, id string, argv ...string) result {
	d.t.Helper()
	args := []string{"run", "--snapshotter", "native", "--runc-binary", box.Binary(), "--runc-root", d.path("runtime")}
	args = append(append(args, flags...), image, id)
	return d.do(append(args, argv...)...)
}

// status is the state of a task in `ctr tasks ls`, "" when there is none.
func (d *daemon) status(id string) (pid, state string) {
	d.t.Helper()
	for _, l := range strings.Split(d.ctr("tasks", "ls"), "\n") {
		if f := strings.Fields(l); len(f) == 3 && f[0] == id {
			return f[1], f[2]
		}
	}
	return "", ""
}

func (d *daemon) waitFor(id, state string) {
	d.t.Helper()
	var last string
	if !box.Eventually(func() bool { _, last = d.status(id); return last == state }) {
		d.t.Fatalf("task %s is %q, expected %s", id, last, state)
	}
}
