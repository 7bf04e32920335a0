// Package cgroup puts a container into its control groups: it finds out how
// cgroups are mounted, turns linux.cgroupsPath into directories, writes
// linux.resources into them, and later freezes, kills and removes what is there.
//
// # Terms
//
// A hierarchy is one mounted tree of cgroups. Linux has two kinds: version 1,
// with one hierarchy per controller (or per group of controllers, or with no
// controller and a name), and version 2, with one hierarchy for all of them.
// A host is in mode [V1], [V2], or [Hybrid]: version 1 with an additional,
// controller-less version 2 tree at /sys/fs/cgroup/unified.
//
// The directories of one container are a map from controller name to directory,
// as in other runtimes' state: "memory", "name=systemd", and "" for version 2.
//
// # Life of a cgroup
//
//	l, err := cgroup.Detect()
//	c, err := cgroup.New(l, spec, id) // pure but for l: checks every field
//	paths := c.Paths()                // goes to the state file first of all
//	err = c.Create()                  // directories, no process in them
//	err = c.Set()                     // limits and device rules
//	c.UnifiedDir(), c.TaskFiles()     // how the container's process gets in
//
// and from another process, with what the state file says:
//
//	c := cgroup.Open(paths)
//	err := c.Kill()
//	err = c.Destroy()
//
// # Getting in
//
// A process that is forked with CLONE_INTO_CGROUP and the descriptor of
// UnifiedDir is in the version 2 cgroup from its first instruction. It joins
// version 1 by writing "0" to each of TaskFiles itself. Writing to cgroup.procs
// instead would be correct too, but the kernel then takes a lock against all
// thread groups and waits for an RCU grace period (10 ms instead of 0.3 ms for
// ten hierarchies); for a single-threaded writer both do the same. A cgroup
// namespace has to be made after that, since its root is where the process is.
//
// # The systemd driver
//
// Where systemd manages the cgroups (--systemd-cgroup, version 2 only) a
// container gets a unit of systemd's, a scope, and its cgroup is the directory. A
// scope is made with a process in it, so the order is another one:
//
//	c, err := cgroup.NewScope(l, spec, id)
//	paths, name := c.Paths(), c.Unit() // both go to the state file
//	...                                // fork, and hold the child
//	err = c.StartUnit(pid)             // systemd makes the scope and moves the child
//	err = c.Set()                      // exact limits, device rules
//	...                                // let the child go on
//	c = cgroup.OpenScope(paths, name)
//	err = c.Kill()
//	err = c.Destroy()                  // stops the unit
//
// The limits are properties of the unit as well, because systemd writes what it
// knows to the files again when it likes; so Update is followed by UpdateUnit. All
// other operations are the same: the cgroup is delegated, so systemd leaves what is
// in it alone.
//
// # Limits of this package
//
// The paths handed to [Open] may come from a damaged
// file, so that nothing but a cgroup below a mounted root is ever touched; but
// two containers that are given the same cgroupsPath at the same moment are not
// kept apart (one after the other is refused, see Create).
package cgroup

import (
	"sort"

	"github.com/opencontainers/cgroups"
	"github.com/opencontainers/runtime-spec/specs-go"
)

// Cgroup is the set of directories of one container, one per hierarchy, and,
// when it comes from [New], the limits to write. It is not safe for concurrent
// use.
type Cgroup struct {
	mode  Mode
	paths map[string]string // controller -> directory; "" -> version 2
	unit  *unit             // systemd's, or nil: we made the directories

	// From New and Update only.
	spec      *specs.LinuxResources // for error messages; may be nil
	resources *cgroups.Resources    // without devices, which devices holds
	in        string                // inConfig or inUpdate
	devices   devicePolicy          // from New only
	anyDevice bool                  // no device rules: NewRootless
}

// New checks linux.cgroupsPath and every field of linux.resources against the
// hierarchies of l and returns a Cgroup that is ready for Create. It changes
// nothing on the machine. spec.Linux and linux.resources may be nil.
//
// An empty cgroupsPath means /runseal/ID, an absolute one is below the root of
// each hierarchy, a relative one is below the runtime's own cgroup (version 2:
// below its parent, because a version 2 cgroup that has processes cannot
// give controllers to its children).
//
// Errors name the config.json field, its value and what was expected.
func New(l Layout, spec *specs.Spec, id string) (*Cgroup, error) {
	var (
		path string
		res  *specs.LinuxResources
	)
	if spec != nil && spec.Linux != nil {
		path, res = spec.Linux.CgroupsPath, spec.Linux.Resources
	}
	c, err := Find(l, path, id)
	if err != nil {
		return nil, err
	}
	if err := c.limit(l, res); err != nil {
		return nil, err
	}
	return c, nil
}

// limit takes linux.resources, which may be nil.
func (c *Cgroup) limit(l Layout, res *specs.LinuxResources) (err error) {
	c.spec, c.in = res, inConfig
	if c.resources, err = convert(l, res); err != nil {
		return err
	}
	var rules []specs.LinuxDeviceCgroup
	if res != nil {
		rules = res.Devices
	}
	if c.devices, err = newDevicePolicy(rules); err != nil {
		return err
	}
	if _, ok := c.paths["devices"]; !ok && c.mode != V2 && !c.anyDevice {
		// Without it every device of the host would be open to the container.
		return errNoDevices
	}
	return nil
}

// Find returns the directories that New would choose, without limits: for
// delete, when the state file is damaged and only the id is left (cgroupsPath
// is then what config.json says, or "").
func Find(l Layout, cgroupsPath, id string) (*Cgroup, error) {
	paths, err := resolve(l, cgroupsPath, id)
	if err != nil {
		return nil, err
	}
	return &Cgroup{mode: l.Mode, paths: paths}, nil
}

// Open returns the Cgroup for directories that an earlier Paths returned. They
// are verified when they are used, not here. A nil map is a container without
// cgroups: every operation succeeds and does nothing, but for Freeze.
func Open(paths map[string]string) *Cgroup {
	c := &Cgroup{mode: V1, paths: make(map[string]string, len(paths))}
	for k, v := range paths {
		c.paths[k] = v
	}
	if _, ok := paths[""]; ok {
		c.mode = Hybrid
		if len(paths) == 1 {
			c.mode = V2
		}
	}
	return c
}

// Paths returns a copy of the directories: controller name ("memory",
// "name=systemd") to absolute path, with "" for version 2. Controllers that are
// mounted together have the same path.
func (c *Cgroup) Paths() map[string]string {
	m := make(map[string]string, len(c.paths))
	for k, v := range c.paths {
		m[k] = v
	}
	return m
}

// UnifiedDir returns the version 2 directory, the target of CLONE_INTO_CGROUP
// (Linux 5.7): in mode V2 that is the whole of joining, in mode Hybrid it comes
// in addition to TaskFiles. It is "" in mode V1.
func (c *Cgroup) UnifiedDir() string { return c.paths[""] }

// TaskFiles returns the version 1 files, sorted, to each of which the
// container's process writes "0" to join. Empty in mode V2.
func (c *Cgroup) TaskFiles() []string {
	dirs := c.dirs(func(key string) bool { return key != "" })
	for i := range dirs {
		dirs[i] += "/tasks"
	}
	return dirs
}

// dirs returns the distinct directories of the keys that want accepts, sorted;
// a nil want accepts all.
func (c *Cgroup) dirs(want func(key string) bool) []string {
	out := make([]string, 0, len(c.paths))
	for k, p := range c.paths {
		if want == nil || want(k) {
			out = append(out, p)
		}
	}
	sort.Strings(out)
	n := 0
	for i, p := range out {
		if i == 0 || p != out[n-1] {
			out[n] = p
			n++
		}
	}
	return out[:n]
}
