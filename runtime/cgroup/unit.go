package cgroup

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/opencontainers/cgroups"
	"github.com/opencontainers/runtime-spec/specs-go"

	"github.com/runseal/runseal/runtime/systemd"
)

// unit is the systemd unit that a container's processes are in.
type unit struct {
	systemd.Scope
	props []systemd.Property // from NewScope only: all but PIDs
}

// NewScope is [New] for systemd's driver: the container gets a scope of its own,
// which systemd makes, and whose cgroup is delegated to us. linux.cgroupsPath is
// then SLICE:PREFIX:NAME, see [systemd.ParsePath]. It changes nothing.
//
// A scope cannot be without processes, so there is nothing to [Cgroup.Create]
// before the container's process exists: it is forked first, held, and put into
// the scope by [Cgroup.StartUnit].
func NewScope(l Layout, spec *specs.Spec, id string) (*Cgroup, error) {
	path, res := "", (*specs.LinuxResources)(nil)
	if spec.Linux != nil {
		path, res = spec.Linux.CgroupsPath, spec.Linux.Resources
	}
	c, err := FindScope(l, path, id)
	if err != nil {
		return nil, err
	}
	if err := c.limit(l, res); err != nil {
		return nil, err
	}
	annotated, err := systemd.Annotated(spec.Annotations)
	if err != nil {
		return nil, err
	}
	c.unit.props = scopeProperties(c.unit.Slice, id, annotated, c.resources)
	return c, nil
}

// FindScope is [Find] for systemd's driver.
func FindScope(l Layout, cgroupsPath, id string) (*Cgroup, error) {
	if err := systemd.Running(); err != nil {
		return nil, fmt.Errorf("--systemd-cgroup: %w", err)
	}
	if l.Mode != V2 {
		return nil, fmt.Errorf("--systemd-cgroup: the systemd driver needs cgroup v2, this host is in mode %s", l.Mode)
	}
	s, err := systemd.ParsePath(cgroupsPath, id)
	if err != nil {
		return nil, err
	}
	if err := checkPath(s.Path()); err != nil {
		return nil, err
	}
	return &Cgroup{mode: V2, paths: map[string]string{"": l.Unified + s.Path()}, unit: &unit{Scope: s}}, nil
}

// OpenScope is [Open] for directories whose Cgroup had this [Cgroup.Unit].
func OpenScope(paths map[string]string, name string) *Cgroup {
	c := Open(paths)
	if name != "" {
		c.unit = &unit{Scope: systemd.Scope{Unit: name}}
	}
	return c
}

// Unit returns the name of the systemd unit, "" if the cgroup is our own. Who
// records the paths records it with them.
func (c *Cgroup) Unit() string {
	if c.unit == nil {
		return ""
	}
	return c.unit.Unit
}

// Describe says what systemd is asked for.
func (c *Cgroup) Describe() string {
	var b strings.Builder
	b.WriteString("systemd: StartTransientUnit " + c.unit.Unit)
	for _, p := range c.unit.props {
		b.WriteString(" " + p.String())
	}
	return b.String()
}

// StartUnit has systemd make the scope with this process, which must be held
// meanwhile: systemd moves it. After it [Cgroup.Set] is still to be called.
//
// made tells whether there may be a unit now that Destroy has to stop: not if there
// is somebody else's of this name, or systemd could not be asked.
func (c *Cgroup) StartUnit(pid int) (made bool, err error) {
	props := append([]systemd.Property{{Name: "PIDs", Value: []uint32{uint32(pid)}}}, c.unit.props...)
	err = systemd.Start(c.unit.Unit, props)
	for try := 0; errors.Is(err, systemd.ErrClosed) && try < 3; try++ {
		made = true // perhaps: systemd executes itself again, and does not forget units
		err = systemd.Start(c.unit.Unit, props)
	}
	var alive *systemd.AliveError
	switch {
	case err == nil:
		made, err = true, c.unit.holds(pid)
	case errors.As(err, &alive):
		if made && c.unit.holds(pid) == nil {
			err = nil // it is ours
		}
	case !errors.Is(err, systemd.ErrUnreachable):
		made = true
	}
	if err != nil {
		return made, fmt.Errorf("linux.cgroupsPath: %w", err)
	}
	// As Create does: in a slice that is frozen the process would not go on.
	if err := c.CheckThawed(); err != nil {
		return made, err
	}
	if foreign(c.resources) {
		return made, c.enableControllers()
	}
	return made, nil
}

// holds makes sure that the process is where its limits will be.
func (u *unit) holds(pid int) error {
	text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/cgroup")
	if err != nil {
		return err
	}
	_, where, err := parseSelf(string(text))
	if err != nil {
		return err
	}
	if where != u.Path() {
		return fmt.Errorf("systemd has put the process into cgroup %q, expected %q", cut(where), cut(u.Path()))
	}
	return nil
}

// UpdateUnit changes the limits of a unit that runs to those that Update has written,
// for systemd to know them when it writes them again. Without a unit it does nothing.
// If it fails, what Update has returned as undo is to be called; systemd has taken none
// of them over then, unless the error is about putting back a file.
//
// systemd writes all of its limits at once, not those alone that change: the rounded
// ones, and what it does not know of (memory.oom.group of an update, for which a scope
// that runs has no property). So the files are as before when this has ended.
func (c *Cgroup) UpdateUnit() error {
	if c.unit == nil {
		return nil
	}
	props := limitProperties(c.resources)
	if len(props) == 0 {
		return nil
	}
	if _, err := c.ownUnit(); err != nil {
		return err
	}
	files, err := c.saveLimits()
	if err != nil {
		return err
	}
	err = systemd.Set(c.unit.Unit, props)
	if err != nil {
		err = fmt.Errorf("linux.resources: %w", err)
	}
	return errors.Join(err, restoreLimits(files))
}

// ownUnit returns the cgroup of the unit as systemd names it. Both names may be a
// damaged file's: of units that are not scopes, or do not have the cgroup's name,
// nothing is asked.
func (c *Cgroup) ownUnit() (group string, err error) {
	group, ok := strings.CutPrefix(c.paths[""], root)
	if !ok || len(c.paths) != 1 || !strings.HasSuffix(group, "/"+c.unit.Unit) || !strings.HasSuffix(group, ".scope") {
		return "", fmt.Errorf("systemd unit %q: expected a scope with one cgroup, which has its name", cut(c.unit.Unit))
	}
	return group, nil
}

// stopUnit ends the unit. Its processes have been killed already. Package systemd
// asks whether it has that cgroup.
func (c *Cgroup) stopUnit() error {
	group, err := c.ownUnit()
	if err != nil {
		return err
	}
	return systemd.Stop(c.unit.Unit, group)
}

// scopeProperties are the properties of a new scope. What annotations say
// replaces what is usual.
func scopeProperties(slice, id string, annotated []systemd.Property, r *cgroups.Resources) []systemd.Property {
	props := []systemd.Property{
		{Name: "Description", Value: "runseal container " + id},
		{Name: "Slice", Value: slice},
		{Name: "Delegate", Value: true},
		{Name: "DefaultDependencies", Value: false},
		// Nobody else would tell systemd to forget a scope that has failed
		// (systemd 236).
		{Name: "CollectMode", Value: "inactive-or-failed", Optional: true},
		// The four may become fixed: they are deprecated from systemd 258 on.
		{Name: "CPUAccounting", Value: true, Optional: true},
		{Name: "IOAccounting", Value: true, Optional: true},
		{Name: "MemoryAccounting", Value: true, Optional: true},
		{Name: "TasksAccounting", Value: true, Optional: true},
	}
	props = append(props, limitProperties(r)...)
	props = append(props, oomPolicy(r)...)
	for _, a := range annotated {
		if i := slices.IndexFunc(props, func(p systemd.Property) bool { return p.Name == a.Name }); i >= 0 {
			props[i] = a
		} else {
			props = append(props, a)
		}
	}
	return props
}
