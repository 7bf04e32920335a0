package cgroup

import (
	"testing"

	"github.com/opencontainers/runtime-spec/specs-go"
)

func TestLimited(t *testing.T) {
	n := int64(1)
	for _, c := range []struct {
		r    *specs.LinuxResources
		want string
	}{
		{nil, ""},
		{&specs.LinuxResources{Devices: []specs.LinuxDeviceCgroup{{Access: "rwm"}}}, ""},
		{&specs.LinuxResources{Memory: &specs.LinuxMemory{}, CPU: &specs.LinuxCPU{}}, ""},
		{&specs.LinuxResources{Memory: &specs.LinuxMemory{Limit: &n}}, "memory"},
		{&specs.LinuxResources{Pids: &specs.LinuxPids{Limit: &n}}, "pids"},
		{&specs.LinuxResources{BlockIO: &specs.LinuxBlockIO{ThrottleReadBpsDevice: []specs.LinuxThrottleDevice{{}}}}, "blockIO"},
		{&specs.LinuxResources{HugepageLimits: []specs.LinuxHugepageLimit{{}}}, "hugepageLimits"},
		{&specs.LinuxResources{Rdma: map[string]specs.LinuxRdma{"x": {}}}, "rdma"},
		{&specs.LinuxResources{Unified: map[string]string{"memory.max": "1"}}, "unified"},
	} {
		if got := limited(c.r); got != c.want {
			t.Errorf("%+v: %q, expected %q", c.r, got, c.want)
		}
	}
}

func TestCommon(t *testing.T) {
	for _, c := range []struct{ a, b, want string }{
		{"/a/b/c", "/a/b/d", "/a/b"},
		{"/a/b", "/a/b/c/d", "/a/b"},
		{"/a/bb", "/a/b", "/a"},
		{"/a", "/b", "/"},
		{"/", "/b", "/"},
		{"/a/b", "/a/b", "/a/b"},
	} {
		if got := common(c.a, c.b); got != c.want {
			t.Errorf("%s and %s: %s, expected %s", c.a, c.b, got, c.want)
		}
	}
}

// TestFindRootless: without a path, beside the caller's own cgroup.
func TestFindRootless(t *testing.T) {
	l := Layout{Mode: V2, Unified: root, UnifiedOwn: "/user.slice/own"}
	for path, want := range map[string]string{"": root + "/user.slice/runseal/web", "/x/y": root + "/x/y", "z": root + "/user.slice/z"} {
		c, err := FindRootless(l, path, "web")
		if err != nil || c.UnifiedDir() != want {
			t.Errorf("%q: %v, %v; expected %s", path, c, err, want)
		}
	}
}
