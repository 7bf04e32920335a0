package plan

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/runtime/spec"
)

var update = flag.Bool("update", false, "rewrite the golden files in testdata")

// v1 is a small hybrid host: enough hierarchies for every shape of name.
var v1 = Cgroup{
	TaskFiles: []string{"/sys/fs/cgroup/cpu,cpuacct/runseal/box/tasks", "/sys/fs/cgroup/systemd/runseal/box/tasks"},
	Hierarchies: []Hierarchy{
		{Name: "cpu,cpuacct", Options: "cpu,cpuacct", Dir: "/sys/fs/cgroup/cpu,cpuacct/runseal/box", Links: []string{"cpu", "cpuacct"}},
		{Name: "systemd", Options: "none,name=systemd", Dir: "/sys/fs/cgroup/systemd/runseal/box"},
	},
}

var v2 = Cgroup{V2: true, Unified: "/sys/fs/cgroup/runseal/box"}

// input is a plan's input for a bundle on an imaginary host, on which sources
// that end in ".file" are files and everything else is a directory.
func input(cg Cgroup, change func(in *Input, s *specs.Spec)) *Input {
	s := spec.DefaultOptions{CgroupV2: cg.Unified != ""}.Spec()
	in := &Input{
		ID: "box", Spec: s, Rootfs: "/bundle/rootfs", Bundle: "/bundle", Cgroup: cg, Fifo: true,
		IsDir:       func(p string) (bool, error) { return !strings.HasSuffix(p, ".file"), nil },
		ParentMount: func(string) (string, error) { return "/bundle", nil },
	}
	if change != nil {
		change(in, s)
	}
	return in
}

// minimal leaves out what other golden files show.
func minimal(s *specs.Spec) {
	s.Mounts, s.Linux.Devices, s.Linux.MaskedPaths, s.Linux.ReadonlyPaths = nil, nil, nil, nil
	s.Process.Capabilities, s.Process.Rlimits, s.Process.Args = nil, nil, []string{"/hello"}
}

func mounts(s *specs.Spec, m ...specs.Mount) { s.Mounts = m }

// ids maps 65536 ids from 0 on to those from first on.
func ids(first uint32) []specs.LinuxIDMapping {
	return []specs.LinuxIDMapping{{HostID: first, Size: 65536}}
}

func uint32p(v uint32) *uint32 { return &v }

var goldens = []struct {
	name   string
	cgroup Cgroup
	change func(in *Input, s *specs.Spec)
}{
	{"default-v1", v1, nil},
	{"default-v2", v2, nil},
	{"sealed", v2, func(in *Input, s *specs.Spec) {
		in.Filter, in.FilterFlags, in.FilterPrctl = make([]byte, 8*258), unix.SECCOMP_FILTER_FLAG_SPEC_ALLOW, true
		s.Process.NoNewPrivileges = false
	}},
	{"sealed-run-no-new-privs", v2, func(in *Input, s *specs.Spec) {
		in.Fifo = false
		in.Filter, in.FilterFlags = make([]byte, 8*12), unix.SECCOMP_FILTER_FLAG_LOG
		s.Process.Args = []string{"/hello", "world"}
	}},
	{"notify", v2, func(in *Input, s *specs.Spec) {
		in.Filter = make([]byte, 8*30)
		in.FilterFlags = unix.SECCOMP_FILTER_FLAG_NEW_LISTENER | unix.SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
		s.Mounts, s.Linux.MaskedPaths, s.Linux.ReadonlyPaths, s.Linux.Devices = nil, nil, nil, nil
		s.Process.Args = []string{"/hello"}
	}},
	{"user-namespace", v1, func(in *Input, s *specs.Spec) {
		s.Linux.Namespaces = append(s.Linux.Namespaces, specs.LinuxNamespace{Type: specs.UserNamespace})
		s.Linux.UIDMappings = []specs.LinuxIDMapping{{ContainerID: 0, HostID: 100000, Size: 65536}}
		s.Linux.GIDMappings = s.Linux.UIDMappings
	}},
	{"namespaces-by-path", v2, func(in *Input, s *specs.Spec) {
		s.Linux.Namespaces = []specs.LinuxNamespace{
			{Type: specs.MountNamespace}, {Type: specs.UTSNamespace},
			{Type: specs.NetworkNamespace, Path: "/run/netns/a"}, {Type: specs.IPCNamespace, Path: "/proc/7/ns/ipc"},
			{Type: specs.PIDNamespace, Path: "/proc/7/ns/pid"},
		}
	}},
	{"user-namespace-by-path", v2, func(in *Input, s *specs.Spec) {
		s.Hostname = ""
		s.Linux.Namespaces = []specs.LinuxNamespace{
			{Type: specs.PIDNamespace}, {Type: specs.MountNamespace},
			{Type: specs.NetworkNamespace, Path: "/proc/7/ns/net"}, {Type: specs.UserNamespace, Path: "/proc/7/ns/user"},
		}
	}},
	{"mounts", v2, func(in *Input, s *specs.Spec) {
		mounts(s,
			specs.Mount{Destination: "/proc", Type: "proc", Source: "proc", Options: []string{"nosuid", "hidepid=2"}},
			specs.Mount{Destination: "/data", Type: "bind", Source: "data", Options: []string{"rbind", "rro", "rprivate"}},
			specs.Mount{Destination: "/etc/hosts", Source: "/host/hosts.file", Options: []string{"bind", "ro", "nosuid", "noatime"}},
			specs.Mount{Destination: "relative/dir", Type: "tmpfs", Source: "tmpfs", Options: []string{"ro", "size=1m", "mode=700", "tmpcopyup"}},
			specs.Mount{Destination: "/shared", Type: "tmpfs", Source: "tmpfs", Options: []string{"rshared", "rnoexec", "strictatime"}},
			specs.Mount{Destination: "/data", Options: []string{"remount", "bind", "rw", "nodev"}},
		)
	}},
	{"devices", v2, func(in *Input, s *specs.Spec) {
		mode := os.FileMode(0o640)
		s.Linux.Devices = []specs.LinuxDevice{
			{Path: "/dev/fuse", Type: "c", Major: 10, Minor: 229, FileMode: &mode, UID: uint32p(5), GID: uint32p(6)},
			{Path: "/dev/net/tun", Type: "c", Major: 10, Minor: 200},
			{Path: "/dev/null", Type: "c", Major: 1, Minor: 3, FileMode: &mode},
			{Path: "/dev/pipe", Type: "p"},
		}
	}},
	{"process", v2, func(in *Input, s *specs.Spec) {
		p, score := s.Process, 500
		p.Args, p.Env, p.Cwd = []string{"./prog", "-x", ""}, []string{"A=1", "A=2", "EMPTY="}, "/srv/../srv/app"
		p.User = specs.User{UID: 1000, GID: 100, AdditionalGids: []uint32{5, 6}, Umask: uint32p(0o77)}
		p.Capabilities = &specs.LinuxCapabilities{
			Bounding: []string{"CAP_CHOWN", "CAP_NET_RAW"}, Permitted: []string{"CAP_NET_RAW"}, Effective: []string{"CAP_NET_RAW"},
			Inheritable: []string{"CAP_NET_RAW"}, Ambient: []string{"CAP_NET_RAW"},
		}
		p.OOMScoreAdj = &score
		in.PreserveFDs = 2
	}},
	{"terminal", v2, func(in *Input, s *specs.Spec) {
		s.Process.Terminal = true
		s.Process.ConsoleSize = &specs.Box{Height: 24, Width: 80}
	}},
	{"shared-no-pivot", v2, func(in *Input, s *specs.Spec) {
		s.Linux.RootfsPropagation = "rshared"
		in.NoPivot, in.NoKeyring = true, true
	}},
	{"shared", v2, func(in *Input, s *specs.Spec) { s.Linux.RootfsPropagation = "shared" }},
	{"sysctl", v2, func(in *Input, s *specs.Spec) {
		s.Domainname = "example.test"
		s.Linux.Sysctl = map[string]string{"net.ipv4.ip_forward": "1", "net/ipv4/conf/all/rp_filter": "2", "kernel.shmmax": "4096"}
		s.Linux.MaskedPaths, s.Linux.ReadonlyPaths = nil, nil
	}},
	{"labels", v2, func(in *Input, s *specs.Spec) {
		mounts(s,
			specs.Mount{Destination: "/proc", Type: "proc", Source: "proc"},
			specs.Mount{Destination: "/dev", Type: "tmpfs", Source: "tmpfs", Options: []string{"mode=755"}},
			specs.Mount{Destination: "/dev/mqueue", Type: "mqueue", Source: "mqueue"},
			specs.Mount{Destination: "/tmp", Type: "tmpfs", Source: "tmpfs"},
		)
		s.Process.ApparmorProfile, s.Process.SelinuxLabel = "docker-default", "system_u:system_r:container_t:s0:c1,c2"
		s.Linux.MountLabel = "system_u:object_r:container_file_t:s0:c1,c2"
		s.Linux.ReadonlyPaths, s.Linux.MaskedPaths = nil, []string{"/proc/scsi"}
	}},
	{"time-namespace", v2, func(in *Input, s *specs.Spec) {
		minimal(s)
		s.Linux.Namespaces = append(s.Linux.Namespaces, specs.LinuxNamespace{Type: specs.TimeNamespace}, specs.LinuxNamespace{Type: specs.UserNamespace})
		s.Linux.UIDMappings = []specs.LinuxIDMapping{{ContainerID: 0, HostID: 100000, Size: 65536}}
		s.Linux.GIDMappings = s.Linux.UIDMappings
		s.Linux.TimeOffsets = map[string]specs.LinuxTimeOffset{"monotonic": {Secs: -86400}, "boottime": {Secs: 7, Nanosecs: 500}}
	}},
	{"time-namespace-by-path", v2, func(in *Input, s *specs.Spec) {
		minimal(s)
		s.Linux.Namespaces = []specs.LinuxNamespace{
			{Type: specs.MountNamespace}, {Type: specs.TimeNamespace, Path: "/proc/7/ns/time"}, {Type: specs.PIDNamespace, Path: "/proc/7/ns/pid"},
		}
		s.Hostname = ""
	}},
	{"old-kernel", v1, func(in *Input, s *specs.Spec) {
		in.Lacks = Lacks{MountSetattr: true, CloexecRange: true}
		in.PreserveFDs = 1
		s.Process.Args = []string{"/hello"}
		s.Process.Capabilities = nil
		s.Root.Readonly = true
		s.Linux.Devices = nil
		s.Linux.RootfsPropagation = "rshared"
		s.Linux.ReadonlyPaths, s.Linux.MaskedPaths = []string{"/proc/sys"}, []string{"/proc/kcore"}
		mounts(s,
			specs.Mount{Destination: "/proc", Type: "proc", Source: "proc"},
			specs.Mount{Destination: "/data", Type: "bind", Source: "data", Options: []string{"rbind", "ro", "rnoexec", "rslave"}},
			specs.Mount{Destination: "/etc/hosts", Source: "/host/hosts.file", Options: []string{"bind", "rw", "nosuid", "noatime", "nosymfollow"}},
			specs.Mount{Destination: "/a", Source: "/a", Options: []string{"bind", "diratime"}},
			specs.Mount{Destination: "/a", Source: "/a", Options: []string{"remount", "bind", "nodiratime", "strictatime", "exec"}},
			specs.Mount{Destination: "/scratch", Type: "tmpfs", Source: "tmpfs", Options: []string{"ro", "shared"}},
			specs.Mount{Destination: "/sys/fs/cgroup", Type: "cgroup", Source: "cgroup", Options: []string{"nosuid", "relatime", "ro"}},
		)
	}},
	{"old-kernel-user-namespace", v2, func(in *Input, s *specs.Spec) {
		in.Lacks = Lacks{MountSetattr: true, CloexecRange: true}
		s.Linux.Namespaces = append(s.Linux.Namespaces, specs.LinuxNamespace{Type: specs.UserNamespace})
		s.Linux.UIDMappings = []specs.LinuxIDMapping{{ContainerID: 0, HostID: 100000, Size: 65536}}
		s.Linux.GIDMappings = s.Linux.UIDMappings
		s.Process.Args = []string{"/hello"}
		s.Process.Capabilities = nil
		s.Linux.Devices, s.Linux.MaskedPaths, s.Linux.ReadonlyPaths = nil, nil, nil
		mounts(s, specs.Mount{Destination: "/etc/hosts", Source: "/host/hosts.file", Options: []string{"bind", "ro", "private"}})
	}},
	{"rootless", Cgroup{V2: true}, func(in *Input, s *specs.Spec) {
		adj := 100
		s.Process.OOMScoreAdj = &adj
		s.Linux.Namespaces = append(s.Linux.Namespaces, specs.LinuxNamespace{Type: specs.UserNamespace}, specs.LinuxNamespace{Type: specs.TimeNamespace})
		s.Linux.UIDMappings = []specs.LinuxIDMapping{{ContainerID: 0, HostID: 1000, Size: 1}}
		s.Linux.GIDMappings = s.Linux.UIDMappings
		s.Mounts, s.Linux.Devices, s.Linux.MaskedPaths, s.Linux.ReadonlyPaths = nil, nil, nil, nil
		in.Unprivileged = true
	}},
	{"systemd-unit", Cgroup{V2: true, Unified: "/sys/fs/cgroup/system.slice/runseal-box.scope", Unit: "runseal-box.scope"}, func(in *Input, s *specs.Spec) {
		// The cgroup namespace, and the fork into the pid namespace, come after it.
		s.Linux.Namespaces = []specs.LinuxNamespace{
			{Type: specs.MountNamespace}, {Type: specs.CgroupNamespace}, {Type: specs.PIDNamespace, Path: "/proc/7/ns/pid"},
		}
		s.Hostname, s.Linux.MaskedPaths, s.Linux.ReadonlyPaths, s.Linux.Devices = "", nil, nil, nil
		mounts(s, specs.Mount{Destination: "/sys/fs/cgroup", Type: "cgroup", Source: "cgroup", Options: []string{"nosuid", "ro"}})
	}},
	{"attributes", v1, func(in *Input, s *specs.Spec) {
		minimal(s)
		s.Process.Scheduler = &specs.Scheduler{Policy: specs.SchedFIFO, Priority: 10}
		s.Process.IOPriority = &specs.LinuxIOPriority{Class: specs.IOPRIO_CLASS_RT, Priority: 4}
		s.Process.ExecCPUAffinity = &specs.CPUAffinity{Initial: "0", Final: "1"} // not for this process
		s.Linux.Personality = &specs.LinuxPersonality{Domain: specs.PerLinux32}
		s.Linux.MemoryPolicy = &specs.LinuxMemoryPolicy{
			Mode: specs.MpolBind, Nodes: "0-3,64", Flags: []specs.MemoryPolicyFlagType{specs.MpolFNumaBalancing, specs.MpolFStaticNodes},
		}
	}},
	{"attributes-few", v2, func(in *Input, s *specs.Spec) {
		minimal(s)
		s.Process.IOPriority = &specs.LinuxIOPriority{Class: specs.IOPRIO_CLASS_BE}
		s.Linux.MemoryPolicy = &specs.LinuxMemoryPolicy{Mode: specs.MpolDefault}
	}},
	{"hooks", v2, func(in *Input, s *specs.Spec) {
		// They come before anything is masked or read-only; the sysctls after them.
		minimal(s)
		s.Root.Readonly = true
		s.Linux.MaskedPaths = []string{"/proc/kcore"}
		s.Linux.Sysctl = map[string]string{"net.ipv4.conf.eth0.rp_filter": "2"}
		s.Hooks = &specs.Hooks{
			CreateRuntime: []specs.Hook{{Path: "/bin/net"}}, Poststart: []specs.Hook{{Path: "/bin/tell"}},
		}
	}},
	{"id-mapped", v2, func(in *Input, s *specs.Spec) {
		minimal(s)
		many := make([]specs.LinuxIDMapping, 7)
		for i := range many {
			many[i] = specs.LinuxIDMapping{ContainerID: uint32(2 * i), HostID: uint32(1000 + i), Size: 1}
		}
		mounts(s,
			specs.Mount{Destination: "/a", Source: "/a", Options: []string{"bind", "ro", "rprivate"}, UIDMappings: ids(1000), GIDMappings: many},
			specs.Mount{Destination: "/b", Source: "b.file", Options: []string{"idmap", "rbind", "ridmap", "rnosuid"}, UIDMappings: ids(0), GIDMappings: ids(0)},
			specs.Mount{Destination: "/c", Source: "/c", Type: "bind", Options: []string{"ridmap", "rbind", "idmap"}, UIDMappings: ids(0), GIDMappings: ids(0)},
		)
	}},
	{"id-mapped-user-namespace", v1, func(in *Input, s *specs.Spec) {
		minimal(s)
		s.Linux.Namespaces = append(s.Linux.Namespaces, specs.LinuxNamespace{Type: specs.UserNamespace})
		s.Linux.UIDMappings, s.Linux.GIDMappings = ids(100000), ids(100000)
		mounts(s, specs.Mount{Destination: "/a", Source: "/a", Options: []string{"bind", "idmap"}})
	}},
	{"net-devices", v2, func(in *Input, s *specs.Spec) {
		minimal(s)
		s.Linux.NetDevices = map[string]specs.LinuxNetDevice{"eth2": {Name: "net%d"}, "eth1": {Name: "net0"}, "dummy-0": {}}
		s.Linux.Sysctl = map[string]string{"net.ipv4.conf.net0.forwarding": "1"}
	}},
	{"host-mounts", v2, func(in *Input, s *specs.Spec) {
		s.Mounts, s.Root.Readonly = nil, false
		s.Linux.MaskedPaths, s.Linux.ReadonlyPaths = nil, nil
	}},
}

// TestGolden compares the plan of each bundle with its golden file.
func TestGolden(t *testing.T) {
	for _, g := range goldens {
		t.Run(g.name, func(t *testing.T) {
			in := input(g.cgroup, g.change)
			if err := spec.Validate(in.Spec); err != nil {
				t.Fatalf("the bundle is not valid: %v", err)
			}
			p, err := Create(in)
			if err != nil {
				t.Fatal(err)
			}
			born := g.cgroup.Unified
			if g.cgroup.Unit != "" {
				born = "" // systemd makes it
			}
			compare(t, g.name, p, born)
		})
	}
}

// TestGoldenExec does the same for a further process.
func TestGoldenExec(t *testing.T) {
	in := input(v1, nil)
	in.Fifo = false
	in.Filter = make([]byte, 8*20)
	pr := *in.Spec.Process
	pr.Args, pr.Cwd, pr.User, pr.Terminal = []string{"id"}, "/tmp", specs.User{UID: 33, GID: 33}, true
	p, err := Exec(in, &pr)
	if err != nil {
		t.Fatal(err)
	}
	compare(t, "exec", p, "")

	minimal(in.Spec)
	in.Spec.Linux.Personality = &specs.LinuxPersonality{Domain: specs.PerLinux32}
	in.Spec.Linux.MemoryPolicy = &specs.LinuxMemoryPolicy{Mode: specs.MpolPreferredMany, Nodes: "1"}
	pr.Capabilities, pr.Rlimits, pr.Terminal = nil, nil, false
	pr.ExecCPUAffinity = &specs.CPUAffinity{Initial: "7", Final: "0-3,7"}
	pr.Scheduler = &specs.Scheduler{Policy: specs.SchedIdle}
	if p, err = Exec(in, &pr); err != nil {
		t.Fatal(err)
	}
	compare(t, "exec-attributes", p, "")
}

func compare(t *testing.T, name string, p *Plan, born string) {
	t.Helper()
	var got bytes.Buffer
	fmt.Fprintf(&got, "%4s  %s\n", "-", DescribeClone(p, born))
	if err := p.Program.Describe(&got); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join("testdata", name+".golden")
	if *update {
		if err := os.WriteFile(file, got.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Equal(got.Bytes(), want) {
		return
	}
	g, w := strings.Split(got.String(), "\n"), strings.Split(string(want), "\n")
	for i := range max(len(g), len(w)) {
		if i >= len(g) || i >= len(w) || g[i] != w[i] {
			t.Fatalf("%s differs from line %d on (make golden rewrites it):\n got %s\nwant %s", file, i+1, line(g, i), line(w, i))
		}
	}
}

func line(l []string, i int) string {
	if i < len(l) {
		return l[i]
	}
	return "(nothing)"
}

// TestRefused lists what cannot be planned, with the error's text.
func TestRefused(t *testing.T) {
	bind := []string{"bind"}
	for _, tc := range []struct {
		want   string
		change func(in *Input, s *specs.Spec)
	}{
		{`mounts[0].destination: "/": the root itself is given by root.path, expected a path below it`, func(_ *Input, s *specs.Spec) {
			mounts(s, specs.Mount{Destination: "/.//", Type: "tmpfs"})
		}},
		{`mounts[0].destination: "/proc/self/attr": mounts inside /proc are not allowed, expected a path outside of it`, func(_ *Input, s *specs.Spec) {
			mounts(s, specs.Mount{Destination: "/tmp/../proc/self/attr", Type: "bind", Source: "/x", Options: bind})
		}},
		{`mounts[0].destination: "/proc": expected type "proc" or a bind mount of a procfs, not "tmpfs"`, func(_ *Input, s *specs.Spec) {
			mounts(s, specs.Mount{Destination: "proc", Type: "tmpfs"})
		}},
		{`mounts[0].source: missing: a bind mount needs one`, func(_ *Input, s *specs.Spec) {
			mounts(s, specs.Mount{Destination: "/x", Type: "none", Options: bind})
		}},
		{`mounts[0].options: "size=5": a bind mount takes no file system options`, func(_ *Input, s *specs.Spec) {
			mounts(s, specs.Mount{Destination: "/x", Source: "/x", Options: []string{"bind", "size=5"}})
		}},
		{`mounts[1].options[1]: the mount has no uidMappings and gidMappings, and the container no user namespace whose mappings could be used`, func(_ *Input, s *specs.Spec) {
			mounts(s, s.Mounts[0], specs.Mount{Destination: "/x", Source: "/x", Options: []string{"bind", "idmap"}})
		}},
		{`mounts[0].options[0]: a mount of type "tmpfs" cannot be id-mapped, expected a bind mount`, func(_ *Input, s *specs.Spec) {
			mounts(s, specs.Mount{Destination: "/x", Type: "tmpfs", Source: "/x", Options: []string{"ridmap"}, UIDMappings: ids(5), GIDMappings: ids(5)})
		}},
		{`mounts[0].uidMappings: a mount of type "" cannot be id-mapped, expected a bind mount`, func(_ *Input, s *specs.Spec) {
			mounts(s, specs.Mount{Destination: "/x", Source: "/x", UIDMappings: ids(5), GIDMappings: ids(5)})
		}},
		{`mounts[0].options[2]: a remount cannot be id-mapped, expected a bind mount`, func(_ *Input, s *specs.Spec) {
			mounts(s, specs.Mount{Destination: "/x", Options: []string{"bind", "remount", "idmap"}, UIDMappings: ids(5), GIDMappings: ids(5)})
		}},
		{`mounts[0].options[0]: an id-mapped mount needs a new mount namespace, expected no path for the one in linux.namespaces`, func(_ *Input, s *specs.Spec) {
			s.Linux.Namespaces = []specs.LinuxNamespace{{Type: specs.MountNamespace, Path: "/proc/7/ns/mnt"}}
			mounts(s, specs.Mount{Destination: "/x", Source: "/x", Options: []string{"idmap", "bind"}, UIDMappings: ids(5), GIDMappings: ids(5)})
		}},
		{`mounts[0].uidMappings: an id-mapped mount needs mount_setattr(2), Linux 5.12 or newer`, func(in *Input, s *specs.Spec) {
			in.Lacks.MountSetattr = true
			mounts(s, specs.Mount{Destination: "/x", Source: "/x", Options: bind, UIDMappings: ids(5), GIDMappings: ids(5)})
		}},
		{`mounts[0].type: missing, and no bind option is given`, func(_ *Input, s *specs.Spec) {
			mounts(s, specs.Mount{Destination: "/x", Source: "/x"})
		}},
		{`linux.namespaces[1].type: "xyz" is not supported`, func(_ *Input, s *specs.Spec) {
			s.Linux.Namespaces = []specs.LinuxNamespace{{Type: "mount"}, {Type: "xyz"}}
		}},
	} {
		_, err := Create(input(v2, tc.change))
		if err == nil || err.Error() != tc.want {
			t.Errorf("got %v\nwant %s", err, tc.want)
		}
	}
}

// TestMountOptionsAreTrue: those that are left out without mount_setattr(2), and only
// those, are refused or need the parent's word that the tree is one mount.
func TestMountOptionsAreTrue(t *testing.T) {
	old := Lacks{MountSetattr: true}
	for _, name := range MountOptions(Lacks{}) {
		p, err := Create(input(v2, func(in *Input, s *specs.Spec) {
			in.Lacks = old
			s.Linux.ReadonlyPaths = nil
			mounts(s, specs.Mount{Destination: "/x", Source: "/x", Options: []string{"rbind", name}})
		}))
		if err != nil && strings.HasSuffix(name, "idmap") { // refused
			if slices.Contains(MountOptions(old), name) {
				t.Errorf("%s is listed, but %v", name, err)
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		asks := slices.ContainsFunc(p.Paths, func(p Path) bool { return p.Name == "" })
		if listed := slices.Contains(MountOptions(old), name); listed == asks {
			t.Errorf("%s: listed %v, asks the parent %v", name, listed, asks)
		}
	}
	if all, some := len(MountOptions(Lacks{})), len(MountOptions(old)); some == 0 || some >= all {
		t.Errorf("%d of %d options are left", some, all)
	}
}

// TestOptionTable: findOption searches by bisection.
func TestOptionTable(t *testing.T) {
	for i, o := range options {
		if i > 0 && options[i-1].name >= o.name {
			t.Errorf("%q comes after %q", o.name, options[i-1].name)
		}
		if findOption(o.name) != &options[i] {
			t.Errorf("%q is not found", o.name)
		}
	}
	for _, name := range []string{"", "r", "size=1", "RO", "zz"} {
		if findOption(name) != nil {
			t.Errorf("%q is found", name)
		}
	}
}

func BenchmarkCreate(b *testing.B) {
	in := input(v1, func(in *Input, s *specs.Spec) { in.Filter = make([]byte, 8*258) })
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Create(in); err != nil {
			b.Fatal(err)
		}
	}
}
