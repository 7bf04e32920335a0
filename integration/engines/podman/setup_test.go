package podman

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/integration/engines/scenario"
	"github.com/runseal/runseal/integration/internal/box"
	"github.com/runseal/runseal/integration/internal/busybox"
	"github.com/runseal/runseal/integration/internal/room"
)

const image = "localhost/busybox:test"

// config is what an administrator writes into containers.conf. Without
// runtime_supports_json podman would not give the runtime a --log file. The limits are for
// machines without CAP_SYS_RESOURCE; locks in files are for storages that know nothing of
// each other.
const config = `[containers]
default_ulimits = ["nofile=1024:1024", "nproc=4096:4096"]
[engine]
cgroup_manager = "cgroupfs"
events_logger = "file"
lock_type = "file"
runtime_supports_json = ["runc", "runseal"]
[engine.runtimes]
runc = ["/usr/sbin/runc", "/usr/bin/runc"]
runseal = [%q]
`

// rooms counts the engines of this process.
var rooms atomic.Int64

// start makes an engine for the test.
func start(t *testing.T) *engine {
	t.Helper()
	for _, program := range []string{"podman", "conmon", "runc"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Fatalf("%v (Debian packages podman, conmon, runc)", err)
		}
	}
	e := &engine{Room: room.New(t, "podman", fmt.Sprintf("runseal-podman-%d-%d", os.Getpid(), rooms.Add(1)))}
	e.Write("containers.conf", fmt.Sprintf(config, box.Binary()), 0o600)
	e.Write("storage.conf", fmt.Sprintf("[storage]\ndriver = \"overlay\"\ngraphroot = %q\nrunroot = %q\n", e.Path("root"), e.Path("run")), 0o600)
	t.Cleanup(func() { e.clear(t) })
	archive := e.Path("image.tar")
	if err := (&busybox.Image{Name: image, Cmd: []string{"/bin/sh"}}).Write(archive); err != nil {
		t.Fatal(err)
	}
	e.ok(t, "load", "--quiet", "--input", archive)
	return e
}

// clear removes what is podman's own and stays with any runtime: containers that a test
// has not removed, which is an error, the mount of its storage, and cgroups of its own. It looks for what a runtime has left of any container.
func (e *engine) clear(t *testing.T) {
	ids := e.containers(t)
	if left := e.ok(t, "ps", "--all", "--quiet"); left != "" {
		if !t.Failed() {
			t.Errorf("containers are left: %s", left)
		}
		e.do(t, "rm", "--all", "--force", "--time", "0")
		e.do(t, "pod", "rm", "--all", "--force", "--time", "0")
	}
	for _, id := range ids {
		for _, runtime := range []string{scenario.Runc, scenario.Runseal} {
			if entry := filepath.Join("/run", runtime, id); box.Eventually(func() bool { _, err := os.Lstat(entry); return err != nil }) {
				continue
			}
			t.Errorf("%s has left the state of container %s", runtime, id)
			exec.Command(scenario.Binary(runtime), "delete", "--force", id).Run()
		}
	}
	if err := unix.Unmount(e.Path("root/overlay"), 0); err != nil && err != unix.EINVAL && err != unix.ENOENT {
		t.Errorf("unmount the storage: %v", err)
	}
	for _, pattern := range []string{"/sys/fs/cgroup/*/" + e.Cgroup, "/sys/fs/cgroup/" + e.Cgroup} {
		dirs, _ := filepath.Glob(pattern + "/*")
		for _, dir := range dirs {
			// The runtime's are libpod-ID; the others are conmon's, and those of pods, which
			// podman does not remove from the hierarchies that it does not know itself.
			if st, err := os.Stat(dir); err == nil && st.IsDir() && !strings.HasPrefix(filepath.Base(dir), "libpod-") {
				box.Eventually(func() bool { err := unix.Rmdir(dir); return err == nil || err == unix.ENOENT })
			}
		}
		parents, _ := filepath.Glob(pattern)
		for _, parent := range parents {
			unix.Rmdir(parent) // what is in it still is reported as left
		}
	}
}

// containers are the ids of all containers that there have ever been.
func (e *engine) containers(t *testing.T) []string {
	t.Helper()
	out := e.ok(t, "events", "--stream=false", "--filter", "event=create", "--filter", "type=container", "--format", "{{.ID}}")
	return strings.Fields(out)
}
