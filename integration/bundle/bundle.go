// Package bundle makes OCI bundles for the programs below integration/: tests,
// the demo and the benchmark.
//
// A bundle is a directory with a config.json and a root file system. The root
// file system made here is a copy of Debian's static busybox with one hard
// link per applet, so nothing has to be downloaded; the configuration starts as
// what `runseal spec` writes (Docker's default seccomp profile, three
// capabilities, a read-only root) and is then changed by options:
//
//	b := bundle.Test(t, bundle.Args("sh", "-c", "exit 3"), bundle.NoNewPrivileges(false))
//	cmd := exec.Command(rt, "run", "--bundle", b.Dir, "some-id")
//
// Outside a test, New returns an error instead of failing the test, and the
// caller owns the call of Remove. Changing b.Spec after New is fine; Write puts
// the change on disk.
//
// Each bundle has its own root file system: a shared one would let a container
// of one test see, or race with, what another wrote. Only the list of applets is
// found once per process. Making one takes about ten
// milliseconds.
//
// The package runs as any user; only using what it makes needs root.
package bundle

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/opencontainers/runtime-spec/specs-go"
)

// Bundle is a bundle directory on disk.
type Bundle struct {
	// Dir is the absolute path of the bundle, free of symbolic links.
	Dir string
	// Spec is what Write encodes as Dir/config.json.
	Spec *specs.Spec
}

// TB is the part of testing.TB that Test needs. The package does not import
// testing, because programs link it too.
type TB interface {
	Helper()
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
	Cleanup(func())
}

// New makes a bundle in a new directory under os.TempDir: the root file system
// in Dir/rootfs and the configuration of Base changed by opts, in their order.
// The caller calls Remove. On an error nothing is left behind.
func New(opts ...Option) (*Bundle, error) {
	s, err := Base()
	if err != nil {
		return nil, err
	}
	for _, o := range opts {
		o(s)
	}
	b, err := Empty()
	if err != nil {
		return nil, err
	}
	b.Spec = s
	if err := b.Write(); err != nil {
		return nil, errors.Join(err, b.Remove())
	}
	return b, nil
}

// Empty makes a bundle that has a root file system and no config.json yet. Its
// Spec is nil until Read or the caller sets it.
func Empty() (*Bundle, error) {
	dir, err := os.MkdirTemp("", "runseal-bundle-")
	if err != nil {
		return nil, err
	}
	// Remove compares mount points with Dir, and those have no symbolic links.
	real, err := filepath.EvalSymlinks(dir)
	if err != nil {
		return nil, errors.Join(err, os.Remove(dir))
	}
	b := &Bundle{Dir: real}
	if err := b.populate(); err != nil {
		return nil, errors.Join(err, b.Remove())
	}
	return b, nil
}

// Test is New for tests: it fails the test on an error, and removes the bundle
// when the test and its subtests are over. A mount that a runtime left below the
// bundle fails the test too.
func Test(t TB, opts ...Option) *Bundle {
	t.Helper()
	b, err := New(opts...)
	if err != nil {
		t.Fatalf("make a bundle: %v", err)
		return nil
	}
	t.Cleanup(func() {
		if err := b.Remove(); err != nil {
			t.Errorf("remove the bundle: %v", err)
		}
	})
	return b
}

// Rootfs is the path of the root file system.
func (b *Bundle) Rootfs() string { return filepath.Join(b.Dir, "rootfs") }

// Config is the path of config.json.
func (b *Bundle) Config() string { return filepath.Join(b.Dir, "config.json") }

// Write encodes b.Spec as config.json, replacing an earlier one. For a
// config.json that is not a valid encoding of a specs.Spec write to b.Config.
func (b *Bundle) Write() error {
	data, err := json.MarshalIndent(b.Spec, "", "\t")
	if err != nil {
		return fmt.Errorf("encode %s: %w", b.Config(), err)
	}
	return os.WriteFile(b.Config(), append(data, '\n'), 0o644)
}

// Read decodes config.json into b.Spec, for a file that `runseal spec` wrote.
func (b *Bundle) Read() error {
	data, err := os.ReadFile(b.Config())
	if err != nil {
		return err
	}
	s := new(specs.Spec)
	if err := json.Unmarshal(data, s); err != nil {
		return fmt.Errorf("decode %s: %w", b.Config(), err)
	}
	b.Spec = s
	return nil
}

// Set applies options to b.Spec and writes it.
func (b *Bundle) Set(opts ...Option) error {
	for _, o := range opts {
		o(b.Spec)
	}
	return b.Write()
}

// AddFile puts a file into the root file system. name is the path that the
// container sees; directories on the way are made. mode is not subject to the
// umask.
func (b *Bundle) AddFile(name string, data []byte, mode os.FileMode) error {
	path := filepath.Join(b.Rootfs(), name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return write(path, data, mode)
}

func write(path string, data []byte, mode os.FileMode) error {
	if err := os.WriteFile(path, data, mode.Perm()); err != nil {
		return err
	}
	return os.Chmod(path, mode)
}

// Remove deletes the bundle. It refuses, and deletes nothing, while something is
// mounted below it: a recursive delete would go through a bind mount that a
// runtime forgot and empty a directory of the host.
func (b *Bundle) Remove() error {
	left, err := mountsBelow(b.Dir)
	if err != nil {
		return err
	}
	if len(left) > 0 {
		return fmt.Errorf("bundle %s: still mounted: %s", b.Dir, strings.Join(left, ", "))
	}
	return os.RemoveAll(b.Dir)
}

// mountsBelow returns the mount points at or below dir in this process's mount
// namespace. dir has no character that mountinfo escapes as octal: it comes from
// os.MkdirTemp.
func mountsBelow(dir string) ([]string, error) {
	data, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		return nil, err
	}
	return mountPoints(string(data), dir), nil
}

// mountPoints picks those mount points out of the text of a mountinfo file
// (proc_pid_mountinfo(5)) that are dir or lie below it.
func mountPoints(mountinfo, dir string) []string {
	var found []string
	for line := range strings.Lines(mountinfo) {
		fields := strings.Fields(line)
		if len(fields) < 5 {
			continue
		}
		// Field 5 of the man page's numbering, which starts at 1.
		if p := fields[4]; p == dir || strings.HasPrefix(p, dir+"/") {
			found = append(found, p)
		}
	}
	return found
}
