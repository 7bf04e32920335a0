// Package room is the private room of an engine under test: a directory with its root,
// state, socket and log, the cgroups below which its containers are, and the daemon that
// runs in it. The clean-up ends the daemon and fails the test if anything of the engine is
// left: a process, a mount, a cgroup or an entry in the runtime's state directory.
//
// The package is for tests only.
package room

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/runseal/runseal/integration/internal/box"
)

// Limit bounds the waits for an engine: a loaded machine takes a while to probe all of
// containerd's plugins.
const Limit = 60 * time.Second

// A Room is what one engine under test has to itself.
type Room struct {
	// Cgroup is the directory in each hierarchy below which all containers are.
	Cgroup string
	// States are patterns of the entries in the state directories of runtimes, relative
	// to the room.
	States []string

	t       testing.TB
	dir     string
	daemons []*Daemon
}

// New makes a room. Its clean-up runs after all that the test registers later.
func New(t testing.TB, name, cgroup string) *Room {
	t.Helper()
	box.Pass()
	dir, err := os.MkdirTemp("", "runseal-"+name+"-")
	if err != nil {
		t.Fatal(err)
	}
	// The root of a user namespace has to come to its containers' files, as below /run.
	if err := os.Chmod(dir, 0o711); err != nil {
		t.Fatal(err)
	}
	r := &Room{Cgroup: cgroup, t: t, dir: dir}
	forget := box.OnSignal(r.abandon)
	t.Cleanup(func() {
		r.close()
		forget()
	})
	return r
}

// Path is that of a file in the room, which goes with it.
func (r *Room) Path(name string) string { return filepath.Join(r.dir, name) }

// Write writes a file in the room and makes its directory; the path is returned.
func (r *Room) Write(name, text string, perm os.FileMode) string {
	r.t.Helper()
	path := r.Path(name)
	err := os.MkdirAll(filepath.Dir(path), 0o755)
	if err == nil {
		err = os.WriteFile(path, []byte(text), perm)
	}
	if err == nil {
		err = os.Chmod(path, perm) // whatever the umask
	}
	if err != nil {
		r.t.Fatal(err)
	}
	return path
}
