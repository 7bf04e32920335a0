package plan

import (
	"maps"
	"slices"

	"github.com/runseal/runseal/runtime/spec"
)

// NetDevice is a device of the host that the parent moves into the container's network
// namespace (package netdev).
type NetDevice struct {
	Host  string // its name now
	Name  string // in the container; %d at its end is for the lowest number that is free
	Field string // in config.json, for errors
}

// netDevices lets the parent move linux.netDevices in: before the sysctls, which can be
// about them (net.ipv4.conf.NAME), and before anybody else sees the namespace.
func (p *planner) netDevices() {
	devices := p.spec.Linux.NetDevices
	if len(devices) == 0 {
		return
	}
	p.Step("linux.netDevices", "wait for the network devices")
	p.Report(MarkNetDevices)
	for _, host := range slices.Sorted(maps.Keys(devices)) {
		d := NetDevice{Host: host, Name: devices[host].Name, Field: spec.NetDeviceField(host)}
		if d.Name == "" {
			d.Name = host
		}
		p.devs = append(p.devs, d)
		p.Parent(d.Field, "the parent: move device %q here as %q with its global permanent addresses, set it up", d.Host, d.Name)
	}
	p.Hold()
}
