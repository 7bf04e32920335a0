package box

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	specs "github.com/opencontainers/runtime-spec/specs-go"

	"github.com/runseal/runseal/integration/bundle"
)

// A Box is one bundle with what the tests need around it.
type Box struct {
	// ID is the container id that Run, Create and the other methods use.
	ID string
	// Dir is the bundle directory; Rootfs is Dir/rootfs.
	Dir, Rootfs string
	// Root is the state directory, given to the runtime as --root.
	Root string
	// Cgroup is the box's cgroup path, /runseal-it-PID/ID, in every hierarchy.
	Cgroup string
	// Spec is written to config.json before each create or run, unless
	// WriteConfig has put something else there.
	Spec *specs.Spec

	t      testing.TB
	work   string       // for the state directory and the commands' output
	remove func() error // the bundle and work
	token  string
	raw    bool
	shared bool     // the state directory is another box's too
	global []string // further global flags of the runtime
	wrap   []string // program and arguments that execute the runtime
	env    []string // for the runtime
}

var (
	serial atomic.Int64
	live   atomic.Int64 // boxes that are not cleaned up yet
)

// cgroupParent is the directory of the tests' cgroups in every hierarchy. Each
// test process has its own, because it removes it at its end.
var cgroupParent = fmt.Sprintf("runseal-it-%d", os.Getpid())

// New makes a bundle with a busybox root file system whose process runs args,
// under every namespace that a container usually has and without a seccomp
// filter. The clean-up fails the test if the container leaves anything.
func New(t testing.TB, args ...string) *Box {
	t.Helper()
	b := newBox(t)
	b.Spec = BaseSpec(args...)
	b.finish()
	return b
}

// NewEmpty is like [New] with an empty root file system and no mounts at all,
// for programs that need nothing.
func NewEmpty(t testing.TB, args ...string) *Box {
	t.Helper()
	b := newBox(t)
	b.Rootfs = filepath.Join(b.Dir, "empty")
	if err := os.Mkdir(b.Rootfs, 0o755); err != nil {
		t.Fatal(err)
	}
	b.Spec = BaseSpec(args...)
	b.Spec.Root.Path = "empty"
	b.Spec.Mounts = nil
	b.Spec.Linux.MaskedPaths = nil
	b.Spec.Linux.ReadonlyPaths = nil
	b.finish()
	return b
}

func newBox(t testing.TB) *Box {
	t.Helper()
	Pass()
	id := fmt.Sprintf("it-%d-%d", os.Getpid(), serial.Add(1))
	work, err := os.MkdirTemp("", "runseal-"+id+"-")
	if err != nil {
		t.Fatal(err)
	}
	files, err := bundle.Empty()
	if err != nil {
		t.Fatal(err)
	}
	b := &Box{
		ID: id, Dir: files.Dir, Rootfs: files.Rootfs(), Root: filepath.Join(work, "state"),
		Cgroup: "/" + cgroupParent + "/" + id, t: t, work: work, token: "RUNSEAL_IT=" + id,
	}
	b.remove = func() error {
		return errors.Join(files.Remove(), os.RemoveAll(work))
	}
	forget := OnSignal(b.abandon)
	t.Cleanup(func() {
		if err := b.remove(); err != nil {
			t.Errorf("remove the bundle and the test directory: %v", err)
		}
		forget()
	})
	live.Add(1)
	t.Cleanup(b.cleanup) // before the removal, and not instead of it
	return b
}

// finish adds to Spec what marks the container as this box's.
func (b *Box) finish() {
	b.Spec.Process.Env = append(b.Spec.Process.Env, b.token)
	b.Spec.Linux.CgroupsPath = b.Cgroup
}

// Sibling makes a second container id of the same box, with its own bundle
// directory but the same state directory. The caller runs it by the methods of
// the Box that is returned; both clean up together.
func (b *Box) Sibling(args ...string) *Box {
	b.t.Helper()
	s := New(b.t, args...)
	s.Root = b.Root
	s.shared, b.shared = true, true
	return s
}

// Global adds global flags (before the subcommand) to every later command.
func (b *Box) Global(flags ...string) { b.global = append(b.global, flags...) }

// Wrap makes a program, to which the runtime and its arguments are added, execute the
// runtime in all later commands, with further environment variables. Nil and nothing
// takes that back.
func (b *Box) Wrap(argv []string, env ...string) { b.wrap, b.env = argv, env }

// Mark is the environment variable by which the box knows its processes; it is
// for tests that start the runtime by themselves.
func (b *Box) Mark() string { return b.token }

// WriteConfig puts data into config.json as it is; Spec is not used any more.
func (b *Box) WriteConfig(data []byte) {
	b.t.Helper()
	b.raw = true
	if err := os.WriteFile(filepath.Join(b.Dir, "config.json"), data, 0o644); err != nil {
		b.t.Fatal(err)
	}
}

// Config is Spec as JSON text, for tests that edit the text.
func (b *Box) Config() []byte {
	b.t.Helper()
	data, err := json.Marshal(b.Spec)
	if err != nil {
		b.t.Fatal(err)
	}
	return data
}

func (b *Box) writeSpec() {
	b.t.Helper()
	if b.raw {
		return
	}
	data := b.Config()
	if err := os.WriteFile(filepath.Join(b.Dir, "config.json"), data, 0o644); err != nil {
		b.t.Fatal(err)
	}
}

// Path is the host's path of a file in the root file system.
func (b *Box) Path(elem ...string) string {
	return filepath.Join(append([]string{b.Rootfs}, elem...)...)
}

// File writes a file into the root file system.
func (b *Box) File(name, content string, mode os.FileMode) {
	b.t.Helper()
	p := b.Path(name)
	if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
		b.t.Fatal(err)
	}
	if err := os.WriteFile(p, []byte(content), mode); err != nil {
		b.t.Fatal(err)
	}
	if err := os.Chmod(p, mode); err != nil {
		b.t.Fatal(err)
	}
}

// Mount appends a mount with options as in mount(8), separated by commas.
func (b *Box) Mount(typ, source, destination, options string) {
	m := specs.Mount{Type: typ, Source: source, Destination: destination}
	if options != "" {
		m.Options = strings.Split(options, ",")
	}
	b.Spec.Mounts = append(b.Spec.Mounts, m)
}
