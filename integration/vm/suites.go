package main

// A suite is one test binary and how it is run.
type suite struct {
	pkg      string   // directory below the module's root, and the suite's name; may be a module of its own
	args     []string // flags of the test binary
	seconds  int      // limit; a loaded machine is four times slower than a quiet one
	arch     string   // only for this GOARCH; "" for all
	binary   string   // of `go test -exec`; otherwise it is compiled here
	program  bool     // a program instead of tests: it has to end with status 0
	node     bool     // only on whole nodes, where nothing else runs
	only     string   // the one target that runs it; "" for all
	env      []string // what the tests expect of the machine
	show     bool     // what it prints is for people, below the table of results
	writable bool     // the runtime's file is one that can be written to
	spare    bool     // only where everything or a named test runs: another suite does the same better
	data     []string // directories of the repository that the tests read, beside their testdata
	fits     string   // regexp of the tests that are for a machine at all; "" for all
	asks     string   // regexp of the tests that run on every kernel; "" for all
	cpu      bool     // what these ask is about the processor too
}

// suites are the packages whose tests ask the kernel. Pure tests say the same on
// every kernel; where a package has both, -test.run picks.
var suites = []suite{
	{pkg: "nsenter", seconds: 120},
	{pkg: "seccomp/notify", seconds: 60},
	{pkg: "runtime/state", seconds: 60, only: "6.12"},
	{pkg: "runtime/signals", seconds: 60, only: "6.12"},
	{pkg: "runtime/cgroup", seconds: 60, only: "6.12"},
	{pkg: "integration/lifecycle", seconds: 240, asks: "NewNamespaces|NamespacesByPath|UserNamespace$|Recursive|BindKeepsFlags|KillAll|Denied", cpu: true},
	{pkg: "integration/seal", seconds: 240, asks: "Kernel|OneFilter", cpu: true},
	{pkg: "integration/features", seconds: 240, asks: "Cgroup|Birth|Full|TimeNamespace$|UserNamespaceWithMappings|Attributes$|MemoryModes|IDMapOwners|IDMapTmpfs|NetDevices$"},
	{pkg: "integration/hooks", seconds: 240, asks: "UserNamespace"},
	{pkg: "integration/cgroup", seconds: 240},
	{pkg: "integration/verbs", seconds: 240, asks: "Frozen|TestPause$|KillPaused|TestOOM$|Stats|UpdateDevices|UpdateIdle"},
	{pkg: "integration/cli", seconds: 240, spare: true}, // asks the kernel for nothing that others do not
	{pkg: "integration/notify", args: []string{"-test.parallel=4"}, seconds: 240, arch: "amd64", asks: "Answers|WaitKillable"},
	{pkg: "integration/policy", seconds: 240, asks: "FloorHoldsPrivileged|KeptForLife"},
	{pkg: "integration/hostile", seconds: 240, asks: "CVE_2022_30594|Few|LittleMemory|StateDirectoryIsFull"},
	{pkg: "integration/labels", seconds: 120},
	{pkg: "integration/rootless", seconds: 120, asks: "Delegated"},
	// It takes system calls away from a kernel that has them; here are kernels without.
	{pkg: "integration/oldkernel", seconds: 600, writable: true, arch: "amd64", spare: true},
	{pkg: "integration/x86", seconds: 120, arch: "amd64", asks: "TestKernel"},
	{pkg: probeSuite, seconds: 30, program: true},
	{pkg: "integration/systemd", args: []string{"-test.parallel=3"}, seconds: 300, node: true, only: "trixie", env: []string{"RUNSEAL_IT_SYSTEMD=1"}},
	{pkg: "integration/vm/node/onnode", seconds: 420, node: true},
	// That it runs is tested; figures of an emulated machine are to be compared with each
	// other, not with a limit. The node has no gcc and no bubblewrap (sandbox), and onnode
	// has containerd; eight of runc at a time take longer than a command may.
	{pkg: "integration/bench", args: []string{"-n", "1", "-warmup", "0", "-pause", "0",
		"-only", "floor,run,cycle,exec,exec-detached,state,kill,policy,peak,charged,many", "-many", "2"}, seconds: 300, program: true, node: true, only: "forky", show: true},
	// The others are for the host's containerd (make test-engines). It comes last: it restarts
	// the node's.
	{pkg: "integration/cri", seconds: 300, node: true, fits: "TestInstall$", data: []string{"deploy/containerd", "deploy/node"}},
}

// asksOf returns which of a suite's tests run on a target, "" for all: those that ask the
// kernel for what may differ from one to the other. All of one kernel's take five minutes
// on an emulated processor; they are run by `vm test -all`, and what -run names is chosen
// from all, too.
func (s suite) asksOf(t target, all bool) string {
	if all || len(t.jobs) > 0 || s.asks == "" {
		return s.fits
	}
	return s.asks
}

// runs says whether a target has to do with a suite at all.
func (o options) runs(s suite, t target) bool {
	switch {
	case o.run != "": // tests
		return !s.program
	case o.all:
		return true
	case s.spare:
		return false
	}
	// Another machine asks the same version for what does not depend on the processor.
	return t.same == "" || s.asks == "" || s.cpu
}

// programs are the helpers that tests put into containers: bundle.Build finds
// them below RUNSEAL_PROGRAMS, as there is no compiler in the machines.
var programs = []string{
	"integration/bench/launch",
	"integration/demo/call",
	"integration/features/inside",
	"integration/vm/node/onnode/view",
}

// modules that tests or the runtime need and that are not built into each kernel;
// with a question mark those that not every kernel has.
var modules = []string{"overlay", "virtio_console?", "virtio_mmio?", "dummy?", "veth?", "fuse?", "loop", "ext4?", "bridge?"}
