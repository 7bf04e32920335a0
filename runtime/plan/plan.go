// Package plan compiles a container's configuration into the program of system
// calls that sets it up.
//
// [Create] makes the program for a new container, [Exec] the one for a further
// process in a running container. Both are pure: what they need to know of the
// host comes in as [Input], so a plan can be made, printed and tested without
// privileges. The program itself is executed by package nsenter in a forked
// child; the parent's side of the conversation is package runtime.
//
// The order of a create program (each line a file of this package):
//
//	apart.go       die with the parent
//	labels.go      AppArmor and SELinux
//	namespaces.go  open namespaces given by path
//	cgroup.go      join the cgroup (v1), oom_score_adj
//	namespaces.go  setns; wait for user mappings; time.go; new cgroup namespace
//	network.go     loopback up; netdevices.go
//	sysctl.go      hostname, domainname, sysctls through a private procfs
//	rootfs.go      propagation, root mount
//	mounts.go      mounts; idmap.go, devices.go, terminal.go; attr.go, remount.go
//	hooks.go       wait for the hooks of create, then the sysctls
//	masks.go       masked and read-only paths
//	pivot.go       root read-only, pivot_root
//	process.go     rlimits, working directory, capabilities, ids
//	lookup.go      find the executable
//	personality.go mempolicy.go affinity.go; schedule.go: policy and priorities, by the parent
//	seal.go        wait for start, seccomp, execve
//
// No path inside the root is resolved by the host's rules: target.go opens
// every one with openat2(2), RESOLVE_IN_ROOT, and everything after that works
// on the descriptor.
package plan

import (
	"fmt"
	"strconv"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/nsenter"
)

// Registers of the programs made here.
const (
	regRoot   nsenter.Reg = iota + 2 // root of the container, an O_PATH descriptor
	regTarget                        // what is being worked on inside the root
	regTree                          // a detached mount
	regDir                           // a directory on the way to a target
	regProc                          // a private procfs
	regMask                          // the empty tmpfs that covers masked directories
	regOld                           // the host's root, until it is left
	regCwd                           // working directory, negative if not there yet
	regExe                           // address of the executable's path
	RegFifo                          // the exec FIFO, opened by the parent
	RegPath                          // index into Plan.Paths, at MarkMakePath and MarkCopyUp; into IDMaps at MarkIDMap
	RegPidFD                         // pidfd of the container's init, for Exec
	regMaster                        // the pseudo-terminal's master side
	regSlave                         // its other side
	regNS                            // first of the namespaces given by path (up to 8)

	RegListener = regNS + 8 // what seccomp(2) has returned for SCMP_ACT_NOTIFY

	regSelf  = RegListener + 1 // /proc/self/fd, see remount
	regFlags = RegListener + 2 // of a mount, see remount

	regTime    = RegListener + 3 // /proc/self, until the time namespace is made
	regOffsets = RegListener + 4 // its timens_offsets

	regMode = RegListener + 5 // of the directory that a tmpfs is mounted on; negative if that was made for it
)

var regNames = [...]string{
	regRoot: "root", regTarget: "target", regTree: "tree", regDir: "dir", regProc: "proc",
	regMask: "mask", RegPath: "path", regOld: "oldroot", regCwd: "cwd", regExe: "exe", RegFifo: "fifo",
	RegPidFD: "init", regMaster: "master", regSlave: "slave", RegListener: "listener",
	regSelf: "self/fd", regFlags: "flags", regTime: "self", regOffsets: "offsets", regMode: "mode",
}

// Marks are the bytes by which the child tells the parent where it stands.
const (
	MarkCgroup     = 'g' // waits to be put into its cgroup
	MarkMappings   = 'u' // waits for uid_map and gid_map
	MarkForked     = 'f' // goes on in another process: nsenter.Child.Follow
	MarkNetDevices = 'd' // waits for NetDevices in its network namespace
	MarkMakePath   = 'p' // hands over the root, in which Paths[RegPath] has to be made
	MarkCopyUp     = 'c' // hands over a directory and the tmpfs that takes a copy of it
	MarkAlone      = 'm' // hands over a mount that has to be without others below it
	MarkIDMap      = 'i' // waits for the tree of IDMaps[RegPath]: nsenter.Child.Pass
	MarkHooks      = 'h' // waits for the hooks prestart, createRuntime and createContainer
	MarkTerminal   = 't' // hands over the master side of the terminal
	MarkSchedule   = 'n' // waits for its scheduling policy and I/O priority
	MarkSetUp      = 's' // everything that may fail on the configuration is done
	MarkReady      = 'r' // waits for the exec FIFO; the parent may end
)

// Input is all that a plan depends on.
type Input struct {
	ID          string
	Spec        *specs.Spec                  // validated
	Rootfs      string                       // absolute path of root.path on the host
	Bundle      string                       // absolute; relative bind sources start here
	Home        string                       // value of HOME if the environment has none; "": add nothing
	Filter      []byte                       // struct sock_filter array; nil: no seccomp
	FilterFlags uint                         // SECCOMP_FILTER_FLAG_*
	FilterPrctl bool                         // prctl(2) may install it where seccomp(2) is missing
	Cgroup      Cgroup                       // where the process goes
	NoPivot     bool                         // --no-pivot
	NoKeyring   bool                         // --no-new-keyring
	MaxProcs    uint64                       // the caller's own hard RLIMIT_NPROC, for Exec
	PreserveFDs int                          // --preserve-fds: 3 ... 3+n-1 stay open
	Hook        *Hook                        // what the program is for if it is a hook's, see there
	Fifo        bool                         // wait on the exec FIFO before the seal (create); false for run
	IsDir       func(string) (bool, error)   // kind of a bind mount's source on the host
	ParentMount func(string) (string, error) // mount point that the path lies on; asked only for shared propagation
	Lacks       Lacks                        // what the kernel has not
	Withheld    uint64                       // capabilities that nobody can give, number n as bit n: left out of all sets

	Unprivileged bool // the caller is not root: a user namespace gives the child what it needs
	InUserNS     bool // the caller is in a user namespace, where root is not root of the machine
}

// Lacks is what a plan uses and does in another way where a supported kernel has it not.
type Lacks struct {
	MountSetattr bool // mount_setattr(2), Linux 5.12
	CloexecRange bool // CLOSE_RANGE_CLOEXEC of close_range(2), Linux 5.11
}

// Plan is a program together with how its process has to be made.
type Plan struct {
	Program    *nsenter.Program
	Flags      uint64      // CLONE_NEW* for clone3(2)
	Paths      []Path      // what MarkMakePath, MarkCopyUp and MarkAlone are about, by RegPath
	IDMaps     []IDMap     // what MarkIDMap is about, by RegPath
	NetDevices []NetDevice // what MarkNetDevices is about, sorted by their names on the host
	// Listener: the program installs a filter with SCMP_ACT_NOTIFY. After MarkSetUp,
	// or when it was started, the child spins (nsenter.OpSpin) until its listener,
	// the descriptor in RegListener, is in the hands of an agent.
	Listener bool
	// RlimitsByParent: the parent sets process.rlimits at MarkSetUp, because
	// in a user namespace nobody else may raise them.
	RlimitsByParent bool
	// Unprivileged: the child takes itself out of reach of ptrace, when it no longer
	// needs its files of /proc.
	Unprivileged bool
}

// Path is a place inside the root that a mount needs.
type Path struct {
	Name  string // relative to the root
	Dir   bool   // a directory, or else an empty file
	Field string // in config.json, for errors
}

// planner carries the state of one compilation.
type planner struct {
	*nsenter.Builder
	in   *Input
	spec *specs.Spec
	ns   namespaces

	late      []lateReadOnly // tmpfs mounts that become read-only when all is in place
	waiting   []change       // to a detached tree, for when it is attached
	paths     []Path
	idmaps    []IDMap
	devs      []NetDevice
	byParent  bool     // Plan.RlimitsByParent
	lateProcs bool     // RLIMIT_NPROC is set after a fork
	made      []string // directories in the root that earlier ops have made sure of
	howTo     map[openHow]nsenter.Arg
	stat      *nsenter.Arg
}

func newPlanner(in *Input) *planner {
	p := &planner{Builder: nsenter.NewBuilder(), in: in, spec: in.Spec, howTo: make(map[openHow]nsenter.Arg, 8)}
	for r, name := range regNames {
		if name != "" {
			p.Name(nsenter.Reg(r), name)
		}
	}
	return p
}

// Create makes the program that turns a forked child into the container's
// first process. Errors name the config.json field.
func Create(in *Input) (*Plan, error) {
	p := newPlanner(in)
	if err := p.ns.parse(in.Spec.Linux); err != nil {
		return nil, err
	}
	p.byParent = p.ns.has(unix.CLONE_NEWUSER)
	p.guard()
	p.labels(in.Spec.Process)
	p.openNamespaces()
	p.joinCgroup()
	p.oomScoreAdj(in.Spec.Process)
	if p.ns.create&unix.CLONE_NEWUSER == 0 {
		p.hide()
	}
	p.enterNamespaces()
	p.session()
	p.keyring()
	p.loopback()
	p.netDevices()
	p.hostname()
	if !p.hooked() {
		p.sysctls()
	}
	if p.ns.has(unix.CLONE_NEWNS) {
		for _, step := range []func() error{p.rootfs, p.mounts, p.devices} {
			if err := step(); err != nil {
				return nil, err
			}
		}
		p.openTerminal(in.Spec.Process, nsenter.Val(regRoot), true)
		p.takeTerminal(in.Spec.Process)
	}
	if p.hooked() {
		p.hooks()
		p.sysctls() // of network devices that a hook has made, for example
	}
	if p.ns.has(unix.CLONE_NEWNS) {
		p.masks()
		p.finishRoot()
	}
	if err := p.process(in.Spec.Process); err != nil {
		return nil, err
	}
	p.personality()
	p.memoryPolicy()
	p.affinity(nil)
	p.schedule(in.Spec.Process)
	p.seal(in.Spec.Process)
	return p.plan(p.ns.atClone())
}

func (p *planner) plan(flags uint64) (*Plan, error) {
	program, err := p.Program()
	return &Plan{Program: program, Flags: flags, Paths: p.paths, IDMaps: p.idmaps, NetDevices: p.devs, Listener: p.in.listener(), RlimitsByParent: p.byParent, Unprivileged: p.in.Unprivileged}, err
}

func (p *planner) prctl(op int, args ...nsenter.Arg) nsenter.Call {
	all := append([]nsenter.Arg{nsenter.Imm(op)}, args...)
	for len(all) < 5 {
		all = append(all, nsenter.Imm(0))
	}
	return p.Sys(unix.SYS_PRCTL, all...)
}

func (p *planner) closeReg(r nsenter.Reg) { p.Sys(unix.SYS_CLOSE, nsenter.Val(r)) }

// writeFile writes text to a host file by its path, before the host's root is
// left.
func (p *planner) writeFile(path, text string) (write nsenter.Call) {
	p.Sys(unix.SYS_OPENAT, atCwd, p.String(path), nsenter.Imm(unix.O_WRONLY|unix.O_CLOEXEC), nsenter.Imm(0)).Into(regTree)
	write = p.Sys(unix.SYS_WRITE, nsenter.Val(regTree), p.String(text), nsenter.Imm(len(text)))
	p.closeReg(regTree)
	return write
}

// atCwd is AT_FDCWD; with an absolute path it only says "the host's rules".
var atCwd = nsenter.Imm(unix.AT_FDCWD)

// field is the path of an array's element: mounts[3].
func field(array string, i int) string { return array + "[" + strconv.Itoa(i) + "]" }

// DescribeClone names the clone3(2) that the program starts from; born is the
// cgroup of version 2 that the process is born in, "" if it joins by itself.
func DescribeClone(p *Plan, born string) string {
	args, about := nsenter.CloneFlags(p.Flags), "linux.namespaces"
	if born != "" {
		args, about = args+", INTO_CGROUP "+strconv.Quote(born), about+", linux.cgroupsPath"
	}
	return fmt.Sprintf("%-84s  %s", "clone3("+args+")", about)
}
