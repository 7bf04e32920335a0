package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"sync"

	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/integration/bundle"
	"github.com/runseal/runseal/integration/internal/hierarchy"
)

// cgroupParent is where all cgroups of the benchmark live, as a cgroupsPath.
const cgroupParent = "/runseal-bench"

// setup is everything that is made before the first measurement and removed
// after the last one.
type setup struct {
	dir      string // temporary files
	states   string // the runtimes' states, on a tmpfs as those of their default --root
	launch   string // the program of folder launch
	runtimes []*runtime
	hugetlb  string // the hierarchy's directory if it was mounted here, else ""
	spawner  *spawner
}

// runtime is one of the compared programs with the containers it gets.
type runtime struct {
	Name    string `json:"name"`
	Path    string `json:"path"`
	Version string `json:"version"`

	program string         // what is started: an installed copy of Path
	root    string         // --root: where it keeps its state
	global  []string       // further flags before the subcommand
	short   *bundle.Bundle // the process is /bin/true
	long    *bundle.Bundle // the process sleeps, for exec
	spawner *spawner

	mu    sync.Mutex
	pidOf map[string]int // container id -> pid of its process, not waited for yet
}

func newSetup(o options) (_ *setup, err error) {
	s := &setup{}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.close())
		}
	}()
	if s.dir, err = os.MkdirTemp("", "runseal-bench-"); err != nil {
		return nil, err
	}
	// /run is a tmpfs wherever systemd has mounted it, and somewhere else it is not.
	states := filepath.Join(s.dir, "run")
	if err = os.Mkdir(states, 0o700); err != nil {
		return nil, err
	}
	if err = unix.Mount("tmpfs", states, "tmpfs", unix.MS_NOSUID|unix.MS_NODEV, "mode=755"); err != nil {
		return nil, fmt.Errorf("mount a tmpfs on %s: %w", states, err)
	}
	s.states = states
	s.launch = filepath.Join(s.dir, "launch")
	if err = bundle.Build(s.launch+".linked", "./integration/bench/launch"); err != nil {
		return nil, err
	}
	if err = install(s.launch+".linked", s.launch); err != nil {
		return nil, err
	}
	if s.spawner, err = newSpawner(filepath.Join(s.dir, "stderr")); err != nil {
		return nil, err
	}
	if s.hugetlb, err = mountHugetlb(); err != nil {
		return nil, err
	}
	for _, c := range []struct{ name, path string }{{"runseal", o.runseal}, {"crun", o.crun}, {"runc", o.runc}} {
		r, err := newRuntime(c.name, c.path, s)
		if r != nil {
			s.runtimes = append(s.runtimes, r)
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", c.name, err)
		}
	}
	return s, nil
}

// newRuntime finds the program and makes its bundles. They differ between the
// runtimes in nothing but the cgroup's name. The result is not nil once something
// was made.
func newRuntime(name, path string, s *setup) (*runtime, error) {
	if path == "" {
		found, err := bundle.Runtime()
		if err != nil {
			return nil, err
		}
		path = found
	}
	path, err := exec.LookPath(path)
	if err != nil {
		return nil, err
	}
	if path, err = filepath.Abs(path); err != nil {
		return nil, err
	}
	version, err := firstLine(path, "--version")
	if err != nil {
		return nil, err
	}
	r := &runtime{
		Name: name, Path: path, Version: version, program: filepath.Join(s.dir, name),
		root: filepath.Join(s.states, name), pidOf: map[string]int{}, spawner: s.spawner,
	}
	if err := install(path, r.program); err != nil {
		return r, err
	}
	// Debian 12's crun refuses an ociVersion newer than 1.0.
	common := []bundle.Option{bundle.OCIVersion("1.0.2"), bundle.CgroupsPath(fmt.Sprintf("%s/%d-%s", cgroupParent, os.Getpid(), name))}
	if r.short, err = bundle.New(append(common, bundle.Args("/bin/true"))...); err != nil {
		return r, err
	}
	common[1] = bundle.CgroupsPath(fmt.Sprintf("%s/%d-%s-exec", cgroupParent, os.Getpid(), name))
	r.long, err = bundle.New(append(common, bundle.Args("/bin/sleep", "1000000"))...)
	return r, err
}

// install copies a program in the pieces in which dpkg writes one, so that all are
// measured alike: what the linker has written through a mapping lies in the page cache in
// single pages, and takes 0.4 ms longer to start than what came with write(2), in large folios.
func install(from, to string) error {
	src, err := os.Open(from)
	if err != nil {
		return err
	}
	defer src.Close()
	dst, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o755)
	if err != nil {
		return err
	}
	// Without their interfaces for more than that, which would be copy_file_range(2).
	_, err = io.CopyBuffer(struct{ io.Writer }{dst}, struct{ io.Reader }{src}, make([]byte, 32<<10))
	return errors.Join(err, dst.Close())
}

// close removes what newSetup and the measurements made, in the reverse order. It
// goes on after an error and returns all of them. It works on a setup that was
// only partly made.
func (s *setup) close() error {
	var errs []error
	for _, r := range s.runtimes {
		errs = append(errs, r.forceDelete())
	}
	errs = append(errs, removeCgroups(cgroupParent, fmt.Sprintf("%d-", os.Getpid())))
	for _, r := range s.runtimes {
		for _, b := range []*bundle.Bundle{r.short, r.long} {
			if b != nil {
				errs = append(errs, b.Remove())
			}
		}
	}
	if s.hugetlb != "" {
		errs = append(errs, hierarchy.Unmount("hugetlb", s.hugetlb))
	}
	if s.spawner != nil {
		errs = append(errs, s.spawner.close())
	}
	if s.states != "" {
		errs = append(errs, unix.Unmount(s.states, unix.MNT_DETACH))
	}
	if s.dir != "" {
		errs = append(errs, os.RemoveAll(s.dir))
	}
	return errors.Join(errs...)
}
