// Package resctrl puts processes into groups of the kernel's resctrl file system, which
// is how processors with Intel's RDT (and AMD's QoS extensions) share out their cache and
// memory bandwidth: linux.intelRdt of config.json. A group is a directory whose file
// schemata has the shares and whose file tasks takes pids; children of a process are in its
// group (Documentation/filesystems/resctrl.rst).
//
//	g := resctrl.New(config.Linux.IntelRdt, id)  // nil: not asked for, and all below is nothing
//	err := g.Check()                             // before anything is made; nothing is changed
//	remove := g.Owned()                          // what delete has to remove, recorded first
//	err = g.Make()
//	err = g.Join(pid)
//	err = resctrl.Remove(remove)
//
// The rules are the specification's: a group without a closID is named like the container,
// and lives and dies with it. One with a closID may belong to many containers; it is made if
// limits are given and it is not there, its limits are compared and never changed, and it
// is not removed.
//
// This package has not met hardware: there was no machine with RDT to test it on. What is
// tested is what can be without: the decisions (group_test.go), and the refusal where there
// is no such file system.
package resctrl

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

// root is where the file system is mounted; the kernel makes this directory if the
// processor has something to share out.
const root = "/sys/fs/resctrl"

// Group is what linux.intelRdt asks for.
type Group struct {
	dir     string   // of the control group
	monitor string   // of the monitoring group in it; "": none
	own     bool     // named after the container
	writes  []string // for schemata, each of whole lines, in the specification's order
}

// New makes the Group of a container. It looks at nothing. r has been validated, and so
// has id: it is a name that no path can be made of.
func New(r *specs.LinuxIntelRdt, id string) *Group {
	if r == nil {
		return nil
	}
	g := &Group{dir: filepath.Join(root, r.ClosID), own: r.ClosID == ""} // "/" is the root itself
	if g.own {
		g.dir = filepath.Join(root, id)
	}
	if r.EnableMonitoring {
		g.monitor = filepath.Join(g.dir, "mon_groups", id)
	}
	// The kernel refuses to be told twice about a cache in one write.
	for _, text := range []string{r.L3CacheSchema, r.MemBwSchema, strings.Join(r.Schemata, "\n")} {
		if text != "" {
			g.writes = append(g.writes, text+"\n")
		}
	}
	return g
}

// Owned is the directory that belongs to this container alone, or "". A monitoring group
// in a group of the container's own goes with it.
func (g *Group) Owned() string {
	switch {
	case g == nil:
		return ""
	case g.own:
		return g.dir
	}
	return g.monitor
}

// Check says whether the group can be made or joined.
func (g *Group) Check() error {
	if g == nil {
		return nil
	}
	if err := mounted(); err != nil {
		return fmt.Errorf("linux.intelRdt: %w", err)
	}
	there, err := exists(g.dir)
	switch {
	case err != nil:
		return fmt.Errorf("linux.intelRdt: %w", err)
	case there && g.own:
		return fmt.Errorf("linux.intelRdt.closID: missing, and %s, which is named like the container, is there already; expected a closID to join it", g.dir)
	case !there && !g.own && len(g.writes) == 0:
		return fmt.Errorf("linux.intelRdt.closID: there is no %s, expected one, or l3CacheSchema, memBwSchema or schemata to make it with", g.dir)
	case there:
		if err := g.compare(); err != nil {
			return err
		}
	}
	if there && g.monitor != "" {
		if there, err = exists(g.monitor); there {
			err = fmt.Errorf("%s is there already", g.monitor)
		}
		if err != nil {
			return fmt.Errorf("linux.intelRdt.enableMonitoring: %w", err)
		}
	}
	return nil
}

// compare holds the limits that are asked for against those that the group has.
func (g *Group) compare() error {
	if len(g.writes) == 0 {
		return nil
	}
	has, err := os.ReadFile(filepath.Join(g.dir, "schemata"))
	if err != nil {
		return fmt.Errorf("linux.intelRdt: %w", err)
	}
	if line := differs(string(has), strings.Join(g.writes, "")); line != "" {
		return fmt.Errorf("linux.intelRdt: %q: %s is there already with other limits: %q", line, g.dir, has)
	}
	return nil
}

// Make makes what is not there yet. If it fails it has made nothing.
func (g *Group) Make() error {
	if g == nil {
		return nil
	}
	err := os.Mkdir(g.dir, 0o755)
	if errors.Is(err, os.ErrExist) && !g.own {
		return g.watch()
	}
	if err != nil {
		return fmt.Errorf("linux.intelRdt.closID: %w%s", err, status())
	}
	if err = g.limit(g.writes); err == nil {
		err = g.watch()
	}
	if err != nil {
		_ = unix.Rmdir(g.dir) // nobody has joined it yet
	}
	return err
}

// watch makes the monitoring group.
func (g *Group) watch() error {
	if g.monitor == "" {
		return nil
	}
	if err := os.Mkdir(g.monitor, 0o755); err != nil {
		return fmt.Errorf("linux.intelRdt.enableMonitoring: %w%s", err, status())
	}
	return nil
}

// Change gives the container's own group other limits, lines for schemata.
func (g *Group) Change(lines ...string) error {
	if err := mounted(); err != nil {
		return err
	}
	switch {
	case g == nil:
		return errors.New("the container was created without linux.intelRdt")
	case !g.own:
		return fmt.Errorf("the container's group %s is not its own (linux.intelRdt.closID)", g.dir)
	}
	for i := range lines {
		lines[i] += "\n"
	}
	return g.limit(lines)
}

func (g *Group) limit(writes []string) error {
	for _, text := range writes {
		if err := os.WriteFile(filepath.Join(g.dir, "schemata"), []byte(text), 0); err != nil {
			return fmt.Errorf("linux.intelRdt: %q: %w%s", text, err, status())
		}
	}
	return nil
}

// Join moves a process with one thread into the group. What the process has forked before
// is not in it.
func (g *Group) Join(pid int) error {
	if g == nil {
		return nil
	}
	for _, dir := range []string{g.dir, g.monitor} {
		if dir == "" {
			continue
		}
		if err := os.WriteFile(filepath.Join(dir, "tasks"), []byte(strconv.Itoa(pid)), 0); err != nil {
			return fmt.Errorf("linux.intelRdt: %w%s", err, status())
		}
	}
	return nil
}

// Remove removes what Owned has named. That it is not there, or nothing is mounted any
// more, is no error; "" is nothing.
func Remove(dir string) error {
	if dir == "" {
		return nil
	}
	if filepath.Clean(dir) != dir || !strings.HasPrefix(dir, root+"/") {
		return fmt.Errorf("remove the resctrl group %q: expected a directory below %s", dir, root)
	}
	if err := unix.Rmdir(dir); err != nil && !errors.Is(err, unix.ENOENT) {
		return fmt.Errorf("remove the resctrl group: %w", &os.PathError{Op: "rmdir", Path: dir, Err: err})
	}
	return nil
}

func exists(dir string) (bool, error) {
	_, err := os.Lstat(dir)
	if errors.Is(err, os.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}

// mounted says what is missing for resctrl.
func mounted() error {
	var fs unix.Statfs_t
	switch err := unix.Statfs(root, &fs); {
	case errors.Is(err, unix.ENOENT):
		return fmt.Errorf("there is no %s: this needs a processor with Intel RDT (or AMD QoS) and a kernel with CONFIG_X86_CPU_RESCTRL", root)
	case err != nil:
		return &os.PathError{Op: "statfs", Path: root, Err: err}
	case fs.Type != unix.RDTGROUP_SUPER_MAGIC:
		return fmt.Errorf("no resctrl file system is mounted: expected one on %s (mount -t resctrl resctrl %s)", root, root)
	}
	return nil
}

// status is the kernel's own explanation of what it has refused last.
func status() string {
	text, err := os.ReadFile(filepath.Join(root, "info", "last_cmd_status"))
	if s := strings.TrimSpace(string(text)); err == nil && s != "" && s != "ok" {
		return " (" + s + ")"
	}
	return ""
}
