package docker

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/integration/internal/box"
	"github.com/runseal/runseal/integration/internal/busybox"
	"github.com/runseal/runseal/integration/internal/room"
)

const image = "localhost/busybox:test"

// A daemon is a private dockerd with one image.
type daemon struct {
	*room.Room
	process *room.Daemon
	t       testing.TB
}

var daemons atomic.Int64 // so that each has a cgroup of its own

// start starts a daemon for the test; more are further members of daemon.json.
func start(t testing.TB, more map[string]any) *daemon {
	t.Helper()
	return startBy(t, more, nil)
}

// startBy starts it by a program that executes its arguments, if there is one.
func startBy(t testing.TB, more map[string]any, by func(d *daemon) []string) *daemon {
	t.Helper()
	for program, pkg := range map[string]string{"dockerd": "docker.io", "docker": "docker.io", "docker-init": "tini", "containerd": "containerd", "ps": "procps"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Fatalf("%v (Debian package %s)", err, pkg)
		}
	}
	cgroup := fmt.Sprintf("runseal-docker-%d-%d", os.Getpid(), daemons.Add(1))
	d := &daemon{Room: room.New(t, "docker", cgroup), t: t}
	// Docker has one state directory for all runtimes, and names it after its first one.
	d.States = []string{"exec/runtime-*/*/*"}
	file := d.Write("daemon.json", d.config(more), 0o600)
	// The client's own configuration is the machine's, which is none of a test's business.
	answers := func() error { return d.command("version").Run() }
	argv := []string{"dockerd", "--config-file", file}
	if by != nil {
		argv = append(by(d), argv...)
	}
	d.process = d.Daemon("log", answers, nil, argv...)
	t.Cleanup(d.empty)
	archive := d.Path("image.tar")
	if err := (&busybox.Image{Name: image, Cmd: []string{"/bin/sh"}}).Write(archive); err != nil {
		t.Fatal(err)
	}
	d.must(t, "load", "--input", archive)
	return d
}

// config is the text of daemon.json.
func (d *daemon) config(more map[string]any) string {
	d.t.Helper()
	config := map[string]any{
		"data-root": d.Path("data"), "exec-root": d.Path("exec"), "pidfile": d.Path("pid"),
		"hosts": []string{"unix://" + d.Path("sock")},
		// Without it dockerd writes a key to /etc/docker.
		"deprecated-key-path": d.Path("key.json"),
		// It would change the machine's network.
		"bridge": "none", "iptables": false, "ip6tables": false, "ip-forward": false, "ip-masq": false,
		"cgroup-parent": "/" + d.Cgroup,
		"live-restore":  true,
		"runtimes":      map[string]any{"runseal": map[string]any{"path": box.Binary()}},
	}
	maps.Copy(config, more)
	text, err := json.Marshal(config)
	if err != nil {
		d.t.Fatal(err)
	}
	return string(text)
}

func (d *daemon) argv(args []string) []string {
	return append([]string{"docker", "--config", d.Path("client"), "--host", "unix://" + d.Path("sock")}, args...)
}

func (d *daemon) command(args ...string) *exec.Cmd {
	argv := d.argv(args)
	return exec.Command(argv[0], argv[1:]...)
}

// do runs docker with an open standard input that has nothing in it.
func (d *daemon) do(t testing.TB, args ...string) room.Result {
	t.Helper()
	return room.Command{Argv: d.argv(args)}.Run(t, d.process.LogTail)
}

// doWith is do with something to read, and its end.
func (d *daemon) doWith(t testing.TB, stdin string, args ...string) room.Result {
	t.Helper()
	return room.Command{Argv: d.argv(args), Stdin: stdin}.Run(t, d.process.LogTail)
}

// terminal is do on a terminal.
func (d *daemon) terminal(t testing.TB, args ...string) *room.Terminal {
	t.Helper()
	return room.Command{Argv: d.argv(args)}.Terminal(t, d.process.LogTail)
}

// must is do for a command that has to succeed; it returns its standard output without
// the last newline.
func (d *daemon) must(t testing.TB, args ...string) string {
	t.Helper()
	r := d.do(t, args...)
	if r.Status != 0 {
		t.Fatalf("docker %q: exit status %d, stdout %q, stderr %q", args, r.Status, r.Stdout, r.Stderr)
	}
	return strings.TrimSuffix(r.Stdout, "\n")
}

// get is a value of docker inspect, as Docker's template prints it.
func (d *daemon) get(t testing.TB, id, template string) string {
	t.Helper()
	return d.must(t, "container", "inspect", "--format", template, id)
}

// empty removes what tests have left in the daemon.
func (d *daemon) empty() {
	for _, id := range strings.Fields(d.do(d.t, "ps", "--all", "--quiet").Stdout) {
		if !d.t.Failed() {
			d.t.Errorf("container %s is left", id)
		}
		d.do(d.t, "rm", "--force", "--volumes", id)
	}
	// dockerd mounts its root on itself where mounts are private, and leaves what it has
	// found mounted, as it does after a restart.
	if err := unix.Unmount(d.Path("data"), unix.MNT_DETACH); err != nil && err != unix.EINVAL {
		d.t.Error(err)
	}
}
