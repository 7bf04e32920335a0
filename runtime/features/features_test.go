package features

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/opencontainers/runtime-spec/specs-go"
	"github.com/opencontainers/runtime-spec/specs-go/features"
	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/runtime/kernel"
	"github.com/runseal/runseal/runtime/plan"
	"github.com/runseal/runseal/runtime/spec"
	"github.com/runseal/runseal/seccomp"
	"github.com/runseal/runseal/seccomp/arch"
)

// decoded is the document as an engine reads it.
func decoded(t *testing.T) *features.Features {
	t.Helper()
	var out bytes.Buffer
	if err := Write(&out, "1.2.3", "abc"); err != nil {
		t.Fatal(err)
	}
	var f features.Features
	dec := json.NewDecoder(&out)
	dec.DisallowUnknownFields()
	if err := dec.Decode(&f); err != nil {
		t.Fatal(err)
	}
	return &f
}

// TestNothingIsUnknown: a member that is absent means "unknown" and would be a
// gap in the answer.
func TestNothingIsUnknown(t *testing.T) {
	var out bytes.Buffer
	if err := Write(&out, "1.2.3", ""); err != nil {
		t.Fatal(err)
	}
	if !bytes.HasSuffix(out.Bytes(), []byte("}\n")) {
		t.Errorf("no line end: %q", out.Bytes()[out.Len()-3:])
	}
	var doc map[string]any
	if err := json.Unmarshal(out.Bytes(), &doc); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{
		"ociVersionMin", "ociVersionMax", "hooks", "mountOptions", "annotations",
		"linux.namespaces", "linux.capabilities",
		"linux.cgroup.v1", "linux.cgroup.v2", "linux.cgroup.systemd", "linux.cgroup.systemdUser", "linux.cgroup.rdma",
		"linux.seccomp.enabled", "linux.seccomp.actions", "linux.seccomp.operators", "linux.seccomp.archs",
		"linux.seccomp.knownFlags", "linux.seccomp.supportedFlags",
		"linux.apparmor.enabled", "linux.selinux.enabled",
		"linux.intelRdt.enabled", "linux.intelRdt.schemata", "linux.intelRdt.monitoring",
		"linux.memoryPolicy.modes", "linux.memoryPolicy.flags",
		"linux.mountExtensions.idmap.enabled", "linux.netDevices.enabled",
	} {
		var v any = doc
		for _, name := range strings.Split(path, ".") {
			m, _ := v.(map[string]any)
			v = m[name]
		}
		if v == nil {
			t.Errorf("%s is absent or null", path)
		}
	}
	if doc["annotations"].(map[string]any)[AnnotationCommit] != nil {
		t.Error("an unknown commit is written")
	}
}

func TestTables(t *testing.T) {
	f := decoded(t)
	if f.OCIVersionMin != "1.0.0" || f.OCIVersionMax != "1.3.0" {
		t.Errorf("versions %q to %q", f.OCIVersionMin, f.OCIVersionMax)
	}
	if want := []string{"prestart", "createRuntime", "createContainer", "startContainer", "poststart", "poststop"}; !slices.Equal(f.Hooks, want) {
		t.Errorf("hooks: %q, want %q", f.Hooks, want)
	}
	lacks := kernel.Lacks()
	if !slices.Equal(f.MountOptions, plan.MountOptions(lacks)) || slices.Contains(f.MountOptions, "rro") == lacks.MountSetattr {
		t.Errorf("mountOptions: %q", f.MountOptions)
	}
	if f.Annotations[AnnotationVersion] != "1.2.3" || f.Annotations[AnnotationCommit] != "abc" || f.Annotations[AnnotationCheckpoint] != "false" {
		t.Errorf("annotations: %q", f.Annotations)
	}
	if len(f.Linux.Capabilities) != spec.LastCap+1 {
		t.Errorf("%d capabilities", len(f.Linux.Capabilities))
	}
	for n, name := range f.Linux.Capabilities {
		if got, ok := spec.CapByName(name); !ok || got != n {
			t.Errorf("capability %d: %q", n, name)
		}
	}
}

// base is a configuration that is complete and asks for nothing special.
func base() *specs.Spec { return spec.DefaultOptions{CgroupV2: true}.Spec() }

// accepted reports whether a configuration passes the checks of package spec.
func accepted(change func(s *specs.Spec)) error {
	s := base()
	change(s)
	return spec.Validate(s)
}

// TestNamespacesAreTrue asks the checks of config.json about each type there is.
func TestNamespacesAreTrue(t *testing.T) {
	listed := decoded(t).Linux.Namespaces
	for _, ns := range []specs.LinuxNamespaceType{
		specs.PIDNamespace, specs.NetworkNamespace, specs.MountNamespace, specs.IPCNamespace,
		specs.UTSNamespace, specs.UserNamespace, specs.CgroupNamespace, specs.TimeNamespace,
	} {
		err := accepted(func(s *specs.Spec) {
			s.Linux.Namespaces = slices.DeleteFunc(s.Linux.Namespaces, func(n specs.LinuxNamespace) bool { return n.Type == ns })
			s.Linux.Namespaces = append(s.Linux.Namespaces, specs.LinuxNamespace{Type: ns})
			if ns == specs.UserNamespace {
				ids := []specs.LinuxIDMapping{{HostID: 1000, Size: 1000}}
				s.Linux.UIDMappings, s.Linux.GIDMappings = ids, ids
			}
		})
		if slices.Contains(listed, string(ns)) != (err == nil) {
			t.Errorf("%s: listed %v, but the answer to a config.json with it is %v", ns, slices.Contains(listed, string(ns)), err)
		}
	}
}

// TestHooksAreTrue: a hook of each kind that is listed passes the checks.
func TestHooksAreTrue(t *testing.T) {
	for _, kind := range decoded(t).Hooks {
		err := accepted(func(s *specs.Spec) {
			s.Hooks = new(specs.Hooks)
			if err := json.Unmarshal([]byte(`{"`+kind+`": [{"path": "/bin/true"}]}`), s.Hooks); err != nil {
				t.Fatal(err)
			}
		})
		if err != nil {
			t.Errorf("%s: %v", kind, err)
		}
	}
}

// TestMemoryPolicyIsTrue compares the lists with what the checks of config.json say
// themselves that they know.
func TestMemoryPolicyIsTrue(t *testing.T) {
	p := decoded(t).Linux.MemoryPolicy
	modes := understood(t, accepted(func(s *specs.Spec) { s.Linux.MemoryPolicy = &specs.LinuxMemoryPolicy{Mode: "x"} }))
	flags := understood(t, accepted(func(s *specs.Spec) {
		s.Linux.MemoryPolicy = &specs.LinuxMemoryPolicy{Mode: specs.MpolBind, Nodes: "0", Flags: []specs.MemoryPolicyFlagType{"x"}}
	}))
	if !slices.Equal(p.Modes, modes) || !slices.Equal(p.Flags, flags) || len(modes) != 7 || len(flags) != 3 {
		t.Errorf("listed %q, %q, known %q, %q", p.Modes, p.Flags, modes, flags)
	}
	for _, mode := range modes {
		err := accepted(func(s *specs.Spec) {
			s.Linux.MemoryPolicy = &specs.LinuxMemoryPolicy{Mode: specs.MemoryPolicyModeType(mode), Nodes: "0"}
			if m := spec.MemoryModeByName(s.Linux.MemoryPolicy.Mode); m != nil && m.Nodes < 0 {
				s.Linux.MemoryPolicy.Nodes = ""
			}
		})
		if err != nil {
			t.Errorf("%s: listed, but %v", mode, err)
		}
	}
}

// TestIDMapIsTrue: the document says that mappings are understood, which does not depend on
// the kernel (features-linux.md), and lists the options where it has them.
func TestIDMapIsTrue(t *testing.T) {
	f := decoded(t)
	if !*f.Linux.MountExtensions.IDMap.Enabled {
		t.Error("idmap is not enabled")
	}
	if err := accepted(func(s *specs.Spec) {
		s.Mounts[0].UIDMappings = []specs.LinuxIDMapping{{Size: 1}}
		s.Mounts[0].GIDMappings = s.Mounts[0].UIDMappings
	}); err != nil {
		t.Error(err)
	}
	for _, name := range []string{"idmap", "ridmap"} {
		if slices.Contains(f.MountOptions, name) == kernel.Lacks().MountSetattr {
			t.Errorf("mountOptions: %q", f.MountOptions)
		}
	}
}

// TestIntelRdtIsTrue: each part is accepted in config.json.
func TestIntelRdtIsTrue(t *testing.T) {
	rdt := decoded(t).Linux.IntelRdt
	for name, part := range map[string]struct {
		listed *bool
		ask    specs.LinuxIntelRdt
	}{
		"enabled":    {rdt.Enabled, specs.LinuxIntelRdt{ClosID: "x", L3CacheSchema: "L3:0=f", MemBwSchema: "MB:0=50"}},
		"schemata":   {rdt.Schemata, specs.LinuxIntelRdt{Schemata: []string{"L2:0=f"}}},
		"monitoring": {rdt.Monitoring, specs.LinuxIntelRdt{EnableMonitoring: true}},
	} {
		if err := accepted(func(s *specs.Spec) { s.Linux.IntelRdt = &part.ask }); !*part.listed || err != nil {
			t.Errorf("%s: listed %v, but %v", name, *part.listed, err)
		}
	}
}

// TestNetDevicesIsTrue: what the document promises is accepted.
func TestNetDevicesIsTrue(t *testing.T) {
	if !*decoded(t).Linux.NetDevices.Enabled {
		t.Error("netDevices is not enabled")
	}
	if err := accepted(func(s *specs.Spec) {
		s.Linux.NetDevices = map[string]specs.LinuxNetDevice{"eth0": {Name: "net0"}}
	}); err != nil {
		t.Error(err)
	}
}

// compile is the answer of package seccomp to a profile.
func compile(change func(p *specs.LinuxSeccomp)) error {
	p := &specs.LinuxSeccomp{DefaultAction: specs.ActErrno, Syscalls: []specs.LinuxSyscall{
		{Names: []string{"execve", "close"}, Action: specs.ActAllow},
	}}
	change(p)
	_, err := seccomp.NewPolicy(p, seccomp.Options{})
	return err
}

// understood cuts the list out of package seccomp's "expected one of A, B, C".
func understood(t *testing.T, err error) []string {
	t.Helper()
	if err == nil {
		t.Fatal("a made-up name is accepted")
	}
	_, list, ok := strings.Cut(err.Error(), "expected one of ")
	if !ok {
		t.Fatalf("no list in %v", err)
	}
	return strings.Split(list, ", ")
}

// TestSeccompIsTrue compares each list with what package seccomp accepts.
func TestSeccompIsTrue(t *testing.T) {
	s := decoded(t).Linux.Seccomp
	check := func(what string, listed []string, try func(name string) error) {
		t.Helper()
		for _, name := range understood(t, try("SCMP_NONE")) {
			if in, err := slices.Contains(listed, name), try(name); in != (err == nil) {
				t.Errorf("%s %s: listed %v, package seccomp says %v", what, name, in, err)
			}
		}
		for _, name := range listed {
			if err := try(name); err != nil {
				t.Errorf("%s %s: listed, but %v", what, name, err)
			}
		}
	}
	check("action", s.Actions, func(name string) error {
		return compile(func(p *specs.LinuxSeccomp) {
			p.Syscalls[0].Action, p.ListenerPath = specs.LinuxSeccompAction(name), "/run/agent.sock"
		})
	})
	check("operator", s.Operators, func(name string) error {
		return compile(func(p *specs.LinuxSeccomp) {
			p.Syscalls[0].Args = []specs.LinuxSeccompArg{{Op: specs.LinuxSeccompOperator(name)}}
		})
	})
	check("flag", s.SupportedFlags, func(name string) error {
		return compile(func(p *specs.LinuxSeccomp) {
			p.Flags = []specs.LinuxSeccompFlag{specs.LinuxSeccompFlag(name)}
			p.Syscalls[0].Action, p.ListenerPath = specs.ActNotify, "/run/agent.sock" // for WAIT_KILLABLE_RECV
		})
	})
	for _, f := range s.SupportedFlags {
		if !slices.Contains(s.KnownFlags, f) {
			t.Errorf("flag %s is supported but not known", f)
		}
	}
	if len(s.Archs) != len(arch.All()) {
		t.Errorf("architectures: %q", s.Archs)
	}
	for _, a := range s.Archs {
		if err := compile(func(p *specs.LinuxSeccomp) { p.Architectures = []specs.Arch{specs.Arch(a)} }); err != nil {
			t.Errorf("architecture %s: listed, but %v", a, err)
		}
	}
}

// TestKernelHas: the probe tells flags from what is not one. The three flags
// are in every kernel from 4.17 on.
func TestKernelHas(t *testing.T) {
	for _, flag := range []uintptr{unix.SECCOMP_FILTER_FLAG_TSYNC, unix.SECCOMP_FILTER_FLAG_LOG, unix.SECCOMP_FILTER_FLAG_SPEC_ALLOW} {
		if !kernelHas(flag) {
			t.Errorf("flag %#x is not known to the kernel", flag)
		}
	}
	for _, flag := range []uintptr{0, 1 << 30} {
		if kernelHas(flag) {
			t.Errorf("flag %#x is known to the kernel", flag)
		}
	}
}
