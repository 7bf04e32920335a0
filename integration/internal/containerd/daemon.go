// Package containerd runs a private containerd for tests of runseal in the place of
// runc: a daemon whose root, state, socket and configuration live in a temporary
// directory, with an image that is made from the host's busybox.
//
//	d := containerd.Start(t, containerd.Options{Namespace: "runseal-test", Cgroup: "runseal-test",
//		Image: containerd.Image{Name: "localhost/busybox:test", Cmd: []string{"/bin/sh"}}})
//	d.Ctr("images", "ls")
//
// The clean-up ends the daemon and fails the test if a container has left a process,
// a mount, a cgroup below Options.Cgroup or a state entry below Path("runtime"), which
// is where a test has the runtime's --root.
//
// The package is for tests only.
package containerd

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// Options say how a daemon differs from another test's.
type Options struct {
	Namespace string                 // of containerd
	Cgroup    string                 // directory in each hierarchy below which all containers are
	Image     Image                  // imported with the native snapshotter
	CRI       func(d *Daemon) string // configuration of the CRI plugin in TOML; nil: without it
}

// A Daemon is a private containerd with one image.
type Daemon struct {
	Options
	*Client
	dir string
	log *os.File
}

// Start starts a daemon for the test and imports the image.
func Start(t testing.TB, o Options) *Daemon {
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
	d := &Daemon{Options: o, dir: dir}
	d.Client = NewClient(t, d.Socket(), o.Namespace, d.LogTail)
	disabled, further := `"io.containerd.grpc.v1.cri"`, ""
	if o.CRI != nil {
		disabled, further = "", o.CRI(d)
	}
	config := fmt.Sprintf("version = 2\nroot = %q\nstate = %q\ndisabled_plugins = [%s]\n[grpc]\naddress = %q\n%s",
		d.Path("root"), d.Path("state"), disabled, d.Socket(), further)
	if err := os.WriteFile(d.Path("config.toml"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	if d.log, err = os.Create(d.Path("log")); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("containerd", "--config", d.Path("config.toml"), "--log-level", "info")
	cmd.Stdout, cmd.Stderr = d.log, d.log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() { cmd.Wait(); close(ended) }()
	t.Cleanup(func() { d.stop(cmd.Process, ended) })

	// A loaded machine takes a while to probe all of containerd's plugins.
	for deadline := time.Now().Add(Limit); ; time.Sleep(100 * time.Millisecond) {
		if _, err := d.Try("version"); err == nil {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("containerd does not answer:\n%s", d.LogTail())
		}
	}
	archive := d.Path("image.tar")
	if err := o.Image.Write(archive); err != nil {
		t.Fatal(err)
	}
	d.Ctr("images", "import", "--snapshotter", "native", archive)
	return d
}

// Path is that of a file in the daemon's directory, which goes with it.
func (d *Daemon) Path(name string) string { return filepath.Join(d.dir, name) }

// Socket is the path of the daemon's socket.
func (d *Daemon) Socket() string { return d.Path("sock") }

// LogTail is the end of what the daemon has logged.
func (d *Daemon) LogTail() string {
	data, _ := os.ReadFile(d.Path("log"))
	return string(data[max(0, len(data)-4000):])
}
