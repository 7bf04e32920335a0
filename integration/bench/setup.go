package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/runseal/runseal/integration/bundle"
)

// cgroupParent is where all cgroups of the benchmark live, as a cgroupsPath.
const cgroupParent = "/runseal-bench"

// setup is everything that is made before the first measurement and removed
// after the last one.
type setup struct {
	dir      string // temporary files
	launch   string // the program of folder launch
	runtimes []*runtime
	hugetlb  *hugetlbMount
	spawner  *spawner
}

// runtime is one of the compared programs with the containers it gets.
type runtime struct {
	Name    string `json:"name"`
	Path    string `json:"path"`
	Version string `json:"version"`

	root    string         // --root: where it keeps its state
	global  []string       // further flags before the subcommand
	short   *bundle.Bundle // the process is /bin/true
	long    *bundle.Bundle // the process sleeps, for exec
	pidOf   map[string]int // container id -> pid of the container process not waited for yet
	spawner *spawner
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
	s.launch = filepath.Join(s.dir, "launch")
	if err = bundle.Build(s.launch, "./integration/bench/launch"); err != nil {
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
	version, err := exec.Command(path, "--version").Output()
	if err != nil {
		return nil, fmt.Errorf("%s --version: %w", path, err)
	}
	first, _, _ := strings.Cut(string(version), "\n")
	r := &runtime{
		Name: name, Path: path, Version: first,
		root: filepath.Join(s.dir, "root-"+name), pidOf: map[string]int{}, spawner: s.spawner,
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
	if s.hugetlb != nil {
		errs = append(errs, s.hugetlb.undo())
	}
	if s.spawner != nil {
		errs = append(errs, s.spawner.close())
	}
	if s.dir != "" {
		errs = append(errs, os.RemoveAll(s.dir))
	}
	return errors.Join(errs...)
}
