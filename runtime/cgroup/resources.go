package cgroup

import (
	"fmt"
	"strconv"

	"github.com/opencontainers/cgroups"
	"github.com/opencontainers/runtime-spec/specs-go"
)

// convert turns linux.resources (without devices) into the library's form.
// Whatever the text and the mode alone show to be wrong, or what the library
// would leave out in silence, is an error here, before anything exists.
//
// In the library's form zero means "not set"; engines send zeros for that too
// (Docker: blockIO.weight), so that a zero is accepted and sets nothing.
func convert(l Layout, r *specs.LinuxResources) (*cgroups.Resources, error) {
	out := &cgroups.Resources{}
	if r == nil {
		return out, nil
	}
	c := conv{l: l, in: inConfig, out: out}
	c.memory(r.Memory)
	c.cpu(r.CPU)
	c.pids(r.Pids)
	c.blockIO(r.BlockIO)
	c.hugepages(r.HugepageLimits)
	c.network(r.Network)
	c.rdma(r.Rdma)
	c.unified(r.Unified)
	if c.err != nil {
		return nil, c.err
	}
	return out, nil
}

// What comes before the fields of LinuxResources in errors.
const inConfig, inUpdate = "linux.resources.", "resources: "

// conv collects the conversion; the first error stays.
type conv struct {
	l   Layout
	in  string // inConfig or inUpdate
	out *cgroups.Resources
	err error
}

// bad records an error about a field of linux.resources.
func (c *conv) bad(field string, value any, format string, args ...any) {
	if c.err != nil {
		return
	}
	if s, ok := value.(string); ok {
		value = strconv.Quote(cut(s))
	}
	c.err = fmt.Errorf("%s%s: %v: %s", c.in, field, value, fmt.Sprintf(format, args...))
}

// need checks on version 1 that the controller is mounted. On version 2 the
// kernel's answer comes with the write, since controllers are enabled then.
func (c *conv) need(controller, field string, value any) {
	if c.l.Mode == V2 {
		return
	}
	for i := range c.l.Hierarchies {
		for _, have := range c.l.Hierarchies[i].Controllers {
			if have == controller {
				return
			}
		}
	}
	c.bad(field, value, "the cgroup v1 controller %s is not mounted", controller)
}

// v1Only rejects a field that version 2 has no file for.
func (c *conv) v1Only(field string, value any) {
	if c.l.Mode == V2 {
		c.bad(field, value, "cgroup v2 has no such limit; expected cgroup v1 or no value")
	}
}

func (c *conv) pids(p *specs.LinuxPids) {
	if p == nil || p.Limit == nil {
		return
	}
	c.need("pids", "pids.limit", *p.Limit)
	if *p.Limit < -1 || *p.Limit > 4194304 { // PID_MAX_LIMIT
		c.bad("pids.limit", *p.Limit, "expected 0 to 4194304, or -1 for no limit")
	}
	c.out.PidsLimit = p.Limit
}
