package plan

import (
	"testing"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

// TestGoldenHooks compares the programs of hooks, by where they run.
func TestGoldenHooks(t *testing.T) {
	h := &Hook{Field: "hooks.createRuntime[1]", Path: "/bin/net", Args: []string{"net", "up"}, Env: []string{"A=1"}, Dir: "/bundle"}
	p, err := RuntimeHook(h)
	if err != nil {
		t.Fatal(err)
	}
	compare(t, "hook-runtime", &Plan{Program: p}, "")

	users := func(in *Input, s *specs.Spec) {
		s.Linux.Namespaces = append(s.Linux.Namespaces, specs.LinuxNamespace{Type: specs.UserNamespace})
		s.Linux.UIDMappings = []specs.LinuxIDMapping{{ContainerID: 0, HostID: 100000, Size: 65536}}
		s.Linux.GIDMappings = s.Linux.UIDMappings
	}
	in := input(v1, users)
	in.Hook = &Hook{Field: "hooks.createContainer[0]", Path: "/bin/mounts", Args: []string{"/bin/mounts"}, Dir: "/bundle/rootfs"}
	pl, err := ContainerHook(in)
	if err != nil {
		t.Fatal(err)
	}
	compare(t, "hook-container", pl, "")

	in = input(v1, nil)
	in.Fifo, in.Home = false, ""
	in.Filter, in.FilterFlags = make([]byte, 8*20), unix.SECCOMP_FILTER_FLAG_LOG
	in.Hook = &Hook{Field: "hooks.startContainer[0]", Path: "/sbin/ldconfig", Args: []string{"ldconfig"}}
	pr := *in.Spec.Process
	pr.Args, pr.Env, pr.User = in.Hook.Args, nil, specs.User{UID: 33, GID: 33}
	if pl, err = Exec(in, &pr); err != nil {
		t.Fatal(err)
	}
	compare(t, "hook-start", pl, "")
}
