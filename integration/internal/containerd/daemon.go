// Package containerd runs a private containerd (package room) for tests of runseal in the
// place of runc, with an image that is made from the host's busybox.
//
//	d := containerd.Start(t, containerd.Options{Namespace: "runseal-test", Cgroup: "runseal-test",
//		Image: busybox.Image{Name: "localhost/busybox:test", Cmd: []string{"/bin/sh"}}})
//	d.Ctr("images", "ls")
//
// The clean-up looks for state entries below Path("runtime"), which is where a test has
// the runtime's --root.
//
// The package is for tests only.
package containerd

import (
	"cmp"
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/runseal/runseal/integration/internal/busybox"
	"github.com/runseal/runseal/integration/internal/room"
)

// Options say how a daemon differs from another test's.
type Options struct {
	Namespace string                 // of containerd
	Cgroup    string                 // directory in each hierarchy below which all containers are
	Image     busybox.Image          // imported with the snapshotter
	CRI       func(d *Daemon) string // configuration of the CRI plugin in TOML; nil: without it
	// Snapshotter has the containers' files; empty: native, which copies them and so works
	// on every file system.
	Snapshotter string
	Wrap        []string // program and arguments that execute the daemon in their place
}

// A Daemon is a private containerd with one image.
type Daemon struct {
	*Client
	*room.Room
	process *room.Daemon
}

// Start starts a daemon for the test and imports the image.
func Start(t testing.TB, o Options) *Daemon {
	t.Helper()
	for _, program := range []string{"containerd", "ctr", "containerd-shim-runc-v2"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Fatalf("%v (Debian package containerd)", err)
		}
	}
	d := &Daemon{Room: room.New(t, "ctr", o.Cgroup)}
	d.States = []string{"runtime/*/*"}
	d.Client = NewClient(t, d.Socket(), o.Namespace, d.LogTail)
	disabled, further := `"io.containerd.grpc.v1.cri"`, ""
	if o.CRI != nil {
		disabled, further = "", o.CRI(d)
	}
	config := d.Write("config.toml", fmt.Sprintf("version = 2\nroot = %q\nstate = %q\ndisabled_plugins = [%s]\n[grpc]\naddress = %q\n%s",
		d.Path("root"), d.Path("state"), disabled, d.Socket(), further), 0o600)
	answers := func() error { return exec.Command("ctr", "--address", d.Socket(), "version").Run() }
	d.process = d.Room.Daemon("log", answers, nil, append(slices.Clone(o.Wrap), "containerd", "--config", config, "--log-level", "info")...)
	t.Cleanup(d.empty)
	archive := d.Path("image.tar")
	if err := o.Image.Write(archive); err != nil {
		t.Fatal(err)
	}
	d.Ctr("images", "import", "--snapshotter", cmp.Or(o.Snapshotter, "native"), archive)
	return d
}

// Process is the daemon itself.
func (d *Daemon) Process() *room.Daemon { return d.process }

// Socket is the path of the daemon's socket.
func (d *Daemon) Socket() string { return d.Path("sock") }

// LogTail is the end of what the daemon has logged.
func (d *Daemon) LogTail() string { return d.process.LogTail() }

// empty removes what tests have left in the daemon.
func (d *Daemon) empty() {
	out, _ := d.Try("containers", "ls", "-q")
	for _, id := range strings.Fields(out) {
		if !d.t.Failed() {
			d.t.Errorf("container %s is left", id)
		}
		d.Try("tasks", "rm", "--force", id)
		d.Try("containers", "rm", id)
	}
}
