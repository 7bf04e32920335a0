package ctr

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/runseal/runseal/integration/internal/box"
	"github.com/runseal/runseal/integration/internal/busybox"
	"github.com/runseal/runseal/integration/internal/containerd"
	"github.com/runseal/runseal/integration/internal/room"
)

// A daemon is a private containerd whose containers a test runs by ctr.
type daemon struct {
	*containerd.Daemon
	t *testing.T
}

const image = "localhost/busybox:test"

// start starts a daemon for the test. The parent cgroup of ctr's containers is
// named after the namespace.
func start(t *testing.T) *daemon {
	t.Helper()
	name := fmt.Sprintf("runseal-ctr-%d", os.Getpid())
	return &daemon{t: t, Daemon: containerd.Start(t, containerd.Options{
		Namespace: name, Cgroup: name,
		Image: busybox.Image{Name: image, Cmd: []string{"/bin/sh"}},
	})}
}

// run is `ctr run` with the runtime under test; flags come before the image.
func (d *daemon) run(flags []string, id string, argv ...string) room.Result {
	d.t.Helper()
	args := []string{"run", "--snapshotter", "native", "--runc-binary", box.Binary(), "--runc-root", d.Path("runtime")}
	args = append(append(args, flags...), image, id)
	return d.Do(append(args, argv...)...)
}

// status is the state of a task in `ctr tasks ls`, "" when there is none.
func (d *daemon) status(id string) (pid, state string) {
	d.t.Helper()
	for _, l := range strings.Split(d.Ctr("tasks", "ls"), "\n") {
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
