package procs

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Prefixes of the ids of containers that have none.
const (
	NamedByNamespace = "pidns:"
	NamedByInit      = "init:"
)

// Container is a group of processes.
type Container struct {
	// ID is the engine's or the runtime's id; where there is none "pidns:" and the
	// number of the pid namespace, or "init:" and the pid of its process 1 if that
	// could not be read.
	ID string
	// Engine is a name of [ContainerOf], empty if the cgroup is nobody's that is known.
	Engine string
	// Runtime is that of Known, or empty.
	Runtime string
	// First is the first process of the container, also among Processes.
	First *Process
	// Processes are all of the container that are alive, by pid.
	Processes []*Process

	known *Known
}

// Containers returns the containers, the one that has run longest first.
func (s *Snapshot) Containers() []*Container { return s.groups }

// Of returns the container that a process is in, or nil. A thread's id is none of a
// process.
func (s *Snapshot) Of(pid int) *Container {
	for _, c := range s.groups {
		if slices.ContainsFunc(c.Processes, func(p *Process) bool { return p.Pid == pid }) {
			return c
		}
	}
	return nil
}

// place is a cgroup of one hierarchy.
type place struct {
	hierarchy int
	path      string
}

// grouper collects containers by their ids.
type grouper struct {
	s      *Snapshot
	byPid  map[int]*Process
	byID   map[string]*Container
	places map[place]*Container // cgroups of known containers
}

func (s *Snapshot) group() {
	g := grouper{s: s, byPid: map[int]*Process{}, byID: map[string]*Container{}, places: map[place]*Container{}}
	for _, p := range s.Processes {
		g.byPid[p.Pid] = p
	}
	for i := range s.known {
		g.addKnown(&s.known[i])
	}
	var rest []*Process
	for _, p := range s.Processes {
		if c := g.byCgroup(p); c != nil {
			c.Processes = append(c.Processes, p)
		} else if s.nested(p) {
			rest = append(rest, p)
		}
	}
	// A pid namespace counts for its one container, if it has just one.
	owner := map[string]*Container{}
	for _, c := range s.groups {
		for _, p := range c.Processes {
			if !s.nested(p) {
				continue
			}
			ns := g.namespace(p)
			if o, ok := owner[ns]; ok && o != c {
				owner[ns] = nil
			} else {
				owner[ns] = c
			}
		}
	}
	for _, p := range rest {
		ns := g.namespace(p)
		c := owner[ns]
		if c == nil {
			c = g.get(ns)
			owner[ns] = c
		}
		c.Processes = append(c.Processes, p)
	}
	s.groups = slices.DeleteFunc(s.groups, func(c *Container) bool { return len(c.Processes) == 0 })
	for _, c := range s.groups {
		slices.SortFunc(c.Processes, func(a, b *Process) int { return a.Pid - b.Pid })
		c.First = g.first(c)
	}
	slices.SortFunc(s.groups, func(a, b *Container) int {
		return cmp.Or(cmp.Compare(a.First.Start, b.First.Start), cmp.Compare(a.First.Pid, b.First.Pid), cmp.Compare(a.ID, b.ID))
	})
}

// get returns the container with this id, a new one if there is none.
func (g *grouper) get(id string) *Container {
	c := g.byID[id]
	if c == nil {
		c = &Container{ID: id}
		g.byID[id] = c
		g.s.groups = append(g.s.groups, c)
	}
	return c
}

// addKnown notes the cgroups of a container whose first process is alive.
func (g *grouper) addKnown(k *Known) {
	p := g.byPid[k.Pid]
	if p == nil || p.Start != k.Start {
		return
	}
	c := g.get(k.ID)
	if c.known != nil && c.known.Pid != k.Pid { // two runtimes, one id
		c = g.get(fmt.Sprintf("%s (%s)", k.ID, k.Runtime))
	}
	c.known, c.Runtime = k, k.Runtime
	for _, cg := range p.Cgroups {
		// One that it shares with us, or that we are below of, says nothing.
		if self := g.s.self[cg.Hierarchy]; cg.Path != "/" && !below(self, cg.Path) {
			g.places[place{cg.Hierarchy, cg.Path}] = c
		}
	}
}

// below says whether path is the cgroup dir or inside it.
func below(path, dir string) bool {
	return path == dir || strings.HasPrefix(path, strings.TrimSuffix(dir, "/")+"/")
}

// byCgroup returns the container whose cgroup the process is in, or nil.
func (g *grouper) byCgroup(p *Process) *Container {
	for _, c := range g.s.groups {
		if c.known != nil && c.known.Pid == p.Pid {
			g.engine(c, p)
			return c
		}
	}
	for _, cg := range p.Cgroups {
		engine, id, up, ok := ContainerOf(cg.Path)
		for path := cg.Path; path != ""; path = path[:strings.LastIndexByte(path, '/')] {
			if ok && len(up) > len(path) {
				break // in a container inside the known one
			}
			if c := g.places[place{cg.Hierarchy, path}]; c != nil {
				return c
			}
			if !strings.Contains(path, "/") {
				break
			}
		}
		if ok {
			c := g.get(id)
			if c.Engine == "" {
				c.Engine = engine
			}
			return c
		}
	}
	return nil
}

// engine sets the engine of a known container from its first process.
func (g *grouper) engine(c *Container, p *Process) {
	for _, cg := range p.Cgroups {
		if engine, _, _, ok := ContainerOf(cg.Path); ok {
			c.Engine = engine
			return
		}
	}
}

// nested says whether the process is in another pid namespace than process 1 of this
// /proc, which is the one that its numbers are of.
func (s *Snapshot) nested(p *Process) bool {
	if len(p.NSpid) > 0 {
		return len(p.NSpid) > 1
	}
	return p.PidNS != 0 && s.base != 0 && p.PidNS != s.base // before Linux 4.1
}

// namespace returns a name for the pid namespace of a process.
func (g *grouper) namespace(p *Process) string {
	if p.PidNS != 0 {
		return fmt.Sprintf(NamedByNamespace+"%d", p.PidNS)
	}
	// Without the right to read the link: the nearest ancestor that is process 1.
	depth := len(p.NSpid)
	for range 1 << 10 {
		if len(p.NSpid) == depth && p.NSpid[depth-1] == 1 {
			break
		}
		parent := g.byPid[p.PPid]
		if parent == nil || len(parent.NSpid) < depth {
			break
		}
		p = parent
	}
	return fmt.Sprintf(NamedByInit+"%d", p.Pid)
}

// first returns the first process of a container.
func (g *grouper) first(c *Container) *Process {
	if c.known != nil {
		if p := g.byPid[c.known.Pid]; p != nil {
			return p
		}
	}
	rank := func(p *Process) int { // process 1 of the outermost namespace of its own
		if n := len(p.NSpid); n > 1 && p.NSpid[n-1] == 1 {
			return n
		}
		return 1 << 30
	}
	return slices.MinFunc(c.Processes, func(a, b *Process) int {
		return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(a.Start, b.Start), cmp.Compare(a.Pid, b.Pid))
	})
}
