package cgroup

import (
	"errors"
	"fmt"
	"os"
	"syscall"
	"testing"

	"github.com/opencontainers/runtime-spec/specs-go"
)

// TestDescribe: an error of the library becomes one about config.json.
func TestDescribe(t *testing.T) {
	dev := func(major, minor int64, rate uint64) specs.LinuxThrottleDevice {
		return specs.LinuxThrottleDevice{LinuxBlockIODevice: specs.LinuxBlockIODevice{Major: major, Minor: minor}, Rate: rate}
	}
	c := &Cgroup{in: inConfig, spec: &specs.LinuxResources{
		Memory: &specs.LinuxMemory{Limit: ptr(int64(4096))},
		CPU:    &specs.LinuxCPU{Cpus: "99", Period: ptr(uint64(5000))},
		Pids:   &specs.LinuxPids{Limit: ptr(int64(3))},
		BlockIO: &specs.LinuxBlockIO{ThrottleReadBpsDevice: []specs.LinuxThrottleDevice{dev(8, 0, 5), dev(8, 16, 6)},
			ThrottleWriteIOPSDevice: []specs.LinuxThrottleDevice{dev(9, 9, 7)}},
		HugepageLimits: []specs.LinuxHugepageLimit{{Pagesize: "2MB", Limit: 5}},
		Unified:        map[string]string{"memory.high": "x"},
	}}
	fail := func(op, file, data string, errno syscall.Errno) error {
		err := error(&os.PathError{Op: op, Path: "/sys/fs/cgroup/any/" + file, Err: errno})
		if op == "write" {
			err = fmt.Errorf("failed to write %q: %w", data, err)
		}
		return err
	}
	for _, tc := range []struct {
		err  error
		want string
	}{
		{fail("write", "memory.limit_in_bytes", "4096", syscall.EBUSY), "linux.resources.memory.limit: 4096: memory.limit_in_bytes: device or resource busy; expected more than is in use"},
		{fail("write", "cpuset.cpus", "99", syscall.EINVAL), `linux.resources.cpu.cpus: "99": cpuset.cpus: invalid argument; expected a value that the kernel and the parent cgroup allow`},
		{fail("write", "cpu.max", "max 5000", syscall.EINVAL), "linux.resources.cpu.period: 5000: cpu.max: invalid argument; expected a value that the kernel and the parent cgroup allow"},
		{fail("openat2", "pids.max", "", syscall.ENOENT), "linux.resources.pids.limit: 3: pids.max: no such file or directory; this kernel or cgroup has no such limit, or its controller is not enabled"},
		{fail("write", "blkio.throttle.read_bps_device", "8:16 6", syscall.ENODEV), "linux.resources.blockIO.throttleReadBpsDevice[1]: 8:16 at 6: blkio.throttle.read_bps_device: no such device"},
		{fail("write", "io.max", "9:9 wiops=7", syscall.ENODEV), "linux.resources.blockIO.throttleWriteIOPSDevice[0]: 9:9 at 7: io.max: no such device"},
		{fail("openat2", "hugetlb.2MB.limit_in_bytes", "", syscall.ENOENT), "linux.resources.hugepageLimits[0]: 2MB of 5 bytes: hugetlb.2MB.limit_in_bytes: no such file or directory; this kernel or cgroup has no such limit, or its controller is not enabled"},
		{fail("write", "memory.high", "x", syscall.EINVAL), `linux.resources.unified: "memory.high": "x": memory.high: invalid argument; expected a value that the kernel and the parent cgroup allow`},
		{errors.New("whatever"), "linux.resources: whatever"},
		{fail("openat2", "cgroup.controllers", "", syscall.ENOENT), "linux.resources: openat2 /sys/fs/cgroup/any/cgroup.controllers: no such file or directory"},
	} {
		got := c.describe("linux.resources", tc.err)
		if got.Error() != tc.want {
			t.Errorf("got  %v\nwant %s", got, tc.want)
		}
		var errno syscall.Errno
		if errors.As(tc.err, &errno) && !errors.Is(got, errno) {
			t.Errorf("%v: %v is lost", got, errno)
		}
	}
}
