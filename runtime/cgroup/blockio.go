package cgroup

import (
	"fmt"

	"github.com/opencontainers/cgroups"
	"github.com/opencontainers/runtime-spec/specs-go"
)

// blockIO converts weights (10 to 1000, 0 for "not set") and rates per device.
func (c *conv) blockIO(b *specs.LinuxBlockIO) {
	if b == nil {
		return
	}
	weight := func(field string, w *uint16) uint16 {
		if w == nil || *w == 0 {
			return 0
		}
		c.need("blkio", field, *w)
		if *w < 10 || *w > 1000 {
			c.bad(field, *w, "expected 10 to 1000")
		}
		return *w
	}
	c.out.BlkioWeight = weight("blockIO.weight", b.Weight)
	if c.out.BlkioLeafWeight = weight("blockIO.leafWeight", b.LeafWeight); c.out.BlkioLeafWeight != 0 {
		c.v1Only("blockIO.leafWeight", c.out.BlkioLeafWeight)
	}
	for i := range b.WeightDevice {
		d := &b.WeightDevice[i]
		field := fmt.Sprintf("blockIO.weightDevice[%d]", i)
		c.device(field, d.Major, d.Minor)
		leaf := weight(field+".leafWeight", d.LeafWeight)
		if leaf != 0 {
			c.v1Only(field+".leafWeight", leaf)
		}
		c.out.BlkioWeightDevice = append(c.out.BlkioWeightDevice,
			cgroups.NewWeightDevice(d.Major, d.Minor, weight(field+".weight", d.Weight), leaf))
	}
	for _, t := range [...]struct {
		field string
		in    []specs.LinuxThrottleDevice
		out   *[]*cgroups.ThrottleDevice
	}{
		{"blockIO.throttleReadBpsDevice", b.ThrottleReadBpsDevice, &c.out.BlkioThrottleReadBpsDevice},
		{"blockIO.throttleWriteBpsDevice", b.ThrottleWriteBpsDevice, &c.out.BlkioThrottleWriteBpsDevice},
		{"blockIO.throttleReadIOPSDevice", b.ThrottleReadIOPSDevice, &c.out.BlkioThrottleReadIOPSDevice},
		{"blockIO.throttleWriteIOPSDevice", b.ThrottleWriteIOPSDevice, &c.out.BlkioThrottleWriteIOPSDevice},
	} {
		for i := range t.in {
			d := &t.in[i]
			field := fmt.Sprintf("%s[%d]", t.field, i)
			c.need("blkio", field, d.Rate)
			c.device(field, d.Major, d.Minor)
			*t.out = append(*t.out, cgroups.NewThrottleDevice(d.Major, d.Minor, d.Rate))
		}
	}
}

// device checks a block device's numbers: 12 bits and 20 bits in the kernel.
func (c *conv) device(field string, major, minor int64) {
	if major < 0 || major > maxMajor {
		c.bad(field+".major", major, "expected 0 to %d", maxMajor)
	}
	if minor < 0 || minor > maxMinor {
		c.bad(field+".minor", minor, "expected 0 to %d", maxMinor)
	}
}
