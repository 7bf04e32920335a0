package cgroup

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/opencontainers/cgroups"
	"github.com/opencontainers/runtime-spec/specs-go"
)

// network converts linux.resources.network.
func (c *conv) network(n *specs.LinuxNetwork) {
	if n == nil {
		return
	}
	if id := n.ClassID; id != nil && *id != 0 {
		c.v1Only("network.classID", *id)
		c.need("net_cls", "network.classID", *id)
		c.out.NetClsClassid = *id
	}
	for i, p := range n.Priorities {
		field := fmt.Sprintf("network.priorities[%d].name", i)
		c.v1Only(field, p.Name)
		c.need("net_prio", field, p.Name)
		if p.Name == "" || len(p.Name) > 15 || strings.ContainsAny(p.Name, " \t\n\x00/") {
			c.bad(field, p.Name, "expected the name of a network interface")
		}
		c.out.NetPrioIfpriomap = append(c.out.NetPrioIfpriomap, &cgroups.IfPrioMap{Interface: p.Name, Priority: int64(p.Priority)})
	}
}

// rdma converts linux.resources.rdma.
func (c *conv) rdma(devices map[string]specs.LinuxRdma) {
	for _, name := range slices.Sorted(maps.Keys(devices)) {
		limit := devices[name]
		field := "rdma"
		c.need("rdma", field, name)
		if name == "" || strings.ContainsAny(name, " \t\n\x00") {
			c.bad(field, name, "expected the name of an RDMA device")
		}
		if limit.HcaHandles == nil && limit.HcaObjects == nil {
			c.bad(field, name, "expected hcaHandles or hcaObjects")
		}
		if c.out.Rdma == nil {
			c.out.Rdma = make(map[string]cgroups.LinuxRdma, len(devices))
		}
		c.out.Rdma[name] = cgroups.LinuxRdma{HcaHandles: limit.HcaHandles, HcaObjects: limit.HcaObjects}
	}
}
