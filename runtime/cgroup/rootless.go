package cgroup

import (
	"fmt"
	"io/fs"
	"path/filepath"
	"reflect"
	"strings"

	"github.com/opencontainers/cgroups"
	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

// NewRootless is New for a caller who may not write to the host's cgroups. Where the
// cgroup could be made (a subtree of version 2 that was delegated to the caller) it is.
// Where not, a container that asks for no limits does without cgroups, and one that does
// is refused. An empty cgroupsPath means runseal/ID below the parent of the runtime's own
// cgroup.
//
// With anyDevice the rules for devices are left aside: their BPF programs need privileges on
// the host, and in a user namespace no device node can be made. The host's root has and can
// both.
func NewRootless(l Layout, spec *specs.Spec, id string, anyDevice bool) (*Cgroup, error) {
	var (
		path string
		res  *specs.LinuxResources
	)
	if spec != nil && spec.Linux != nil {
		path, res = spec.Linux.CgroupsPath, spec.Linux.Resources
	}
	c, err := FindRootless(l, path, id)
	if err == nil {
		err = c.writable(l)
	}
	if err != nil {
		if path != "" {
			return nil, fmt.Errorf("linux.cgroupsPath: %q: %w; expected a cgroup that was delegated to the caller, or no path", cut(path), err)
		}
		if field := limited(res); field != "" {
			return nil, fmt.Errorf("%s%s: needs a cgroup: %w; expected no limits, or a delegated cgroup", inConfig, field, err)
		}
		return &Cgroup{mode: l.Mode, resources: &cgroups.Resources{}}, nil
	}
	c.anyDevice = anyDevice
	if err := c.limit(l, res); err != nil {
		return nil, err
	}
	return c, nil
}

// FindRootless is Find for such a caller.
func FindRootless(l Layout, cgroupsPath, id string) (*Cgroup, error) {
	if cgroupsPath == "" && l.Mode == V2 {
		cgroupsPath = defaultParent + "/" + id
	}
	return Find(l, cgroupsPath, id)
}

// limited names the first thing in linux.resources that needs a cgroup, "" if nothing
// does. Device rules do not count: see NewRootless.
func limited(r *specs.LinuxResources) string {
	if r == nil {
		return ""
	}
	for _, x := range []struct {
		field string
		set   bool
	}{
		{"memory", asks(r.Memory)}, {"cpu", asks(r.CPU)}, {"pids", asks(r.Pids)}, {"blockIO", asks(r.BlockIO)},
		{"hugepageLimits", len(r.HugepageLimits) > 0}, {"network", asks(r.Network)}, {"rdma", len(r.Rdma) > 0}, {"unified", len(r.Unified) > 0},
	} {
		if x.set {
			return x.field
		}
	}
	return ""
}

// asks says whether a structure is there and asks for anything.
func asks[T any](p *T) bool {
	var none T
	return p != nil && !reflect.DeepEqual(*p, none)
}

// writable says why the caller could not make the cgroup and put a process into it.
func (c *Cgroup) writable(l Layout) error {
	for _, dir := range c.dirs(nil) {
		missing, err := missingDirs(dir)
		if err != nil {
			return err
		}
		there := dir
		if len(missing) > 0 {
			there = filepath.Dir(missing[0])
		}
		if err := mayWrite(there); err != nil {
			return err
		}
	}
	if c.mode != V2 {
		return nil
	}
	// Moving a process needs write access where both cgroups have their common parent
	// too (cgroup-v2.rst, "Delegation Containment").
	own := filepath.Join(l.Unified, l.UnifiedOwn)
	return mayWrite(common(own, c.paths[""]) + "/cgroup.procs")
}

// mayWrite asks the kernel for the effective user.
func mayWrite(path string) error {
	if err := unix.Faccessat(unix.AT_FDCWD, path, unix.W_OK, unix.AT_EACCESS); err != nil {
		return &fs.PathError{Op: "write", Path: path, Err: err}
	}
	return nil
}

// common is the directory that two clean absolute paths have in common.
func common(a, b string) string {
	for !strings.HasPrefix(b+"/", strings.TrimSuffix(a, "/")+"/") {
		a = filepath.Dir(a)
	}
	return a
}
