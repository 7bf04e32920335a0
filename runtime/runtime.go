// Package runtime is the life of a container: create, start, run, exec, kill,
// delete, and what can be seen of it in between.
//
// Each operation is one method of [Runtime] in a file of its own. Create loads
// and validates the bundle (package spec), compiles the seccomp profile
// (package seccomp) and the program of system calls (package plan); up to here
// nothing has been made that would have to be removed. Then, in this order:
//
//	state directory with state.json  ->  cgroups  ->  the forked child
//
// (with systemd's cgroup driver the child, held, comes before its scope)
// so that whatever exists is named in the state and delete --force finds it,
// even if runseal is killed between any two steps.
package runtime

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/runtime/cgroup"
	"github.com/runseal/runseal/runtime/kernel"
	"github.com/runseal/runseal/runtime/plan"
	"github.com/runseal/runseal/runtime/policy"
	"github.com/runseal/runseal/runtime/spec"
	"github.com/runseal/runseal/seccomp"
)

// Runtime holds the global options of the command line.
type Runtime struct {
	Root          string       // state directory, default /run/runseal
	SystemdCgroup bool         // --systemd-cgroup
	StrictSeccomp bool         // --strict-seccomp: unknown syscall names are errors
	Rootless      string       // --rootless: "true", "false", or else as the caller's privileges are
	Policy        string       // file with the node policy, see policy.Load; empty is none at all
	Warn          func(string) // receives warnings, one line each; may be nil
	Inform        func(string) // receives what the node policy has decided; may be nil
}

// CreateOptions are the options of create, run and plan.
type CreateOptions struct {
	Bundle        string // directory of config.json, default "."
	PidFile       string // takes the pid, decimal without a newline
	ConsoleSocket string // AF_UNIX socket that takes the terminal's master side
	PidFDSocket   string // AF_UNIX socket that takes a pidfd of the container's process
	NoPivot       bool   // MS_MOVE and chroot instead of pivot_root(2)
	NoNewKeyring  bool   // keep the caller's session keyring
	PreserveFds   int    // descriptors from 3 on, behind those of Listen, that the container inherits
	Listen        Listen // sockets that the container inherits
}

func (r *Runtime) warn(format string, args ...any) {
	if r.Warn != nil {
		r.Warn(fmt.Sprintf(format, args...))
	}
}

// bundle is everything that create knows before it changes anything.
type bundle struct {
	dir    string
	spec   *specs.Spec
	raw    []byte // config.json
	rootfs string
	seal   *policy.Seal
	filter *filter // nil: no seccomp
	who    caller
	layout cgroup.Layout
	cgroup *cgroup.Cgroup
	plan   *plan.Plan
}

// load reads, validates and compiles. It has no side effects.
func (r *Runtime) load(id string, o CreateOptions, fifo bool) (*bundle, error) {
	dir, err := filepath.Abs(o.Bundle)
	if err != nil {
		return nil, fmt.Errorf("bundle %q: %w", o.Bundle, err)
	}
	b := &bundle{dir: dir}
	if b.spec, b.raw, err = spec.Load(dir); err != nil {
		return nil, err
	}
	if err := spec.Validate(b.spec); err != nil {
		return nil, err
	}
	if err := checkNamespaces(b.spec); err != nil {
		return nil, err
	}
	o.Listen.tell(b.spec.Process)
	if b.who, err = r.caller(); err != nil {
		return nil, err
	}
	if err := b.who.check(b.spec); err != nil {
		return nil, err
	}
	if b.rootfs, err = resolveRootfs(dir, b.spec.Root.Path); err != nil {
		return nil, err
	}
	if b.seal, err = r.decide(b.spec); err != nil {
		return nil, err
	}
	if b.filter, err = r.compile(b.seal); err != nil {
		return nil, err
	}
	if b.layout, err = cgroup.Detect(); err != nil {
		return nil, err
	}
	if b.cgroup, err = b.who.cgroup(b.layout, b.spec, id, r.SystemdCgroup); err != nil {
		return nil, err
	}
	in := b.input(id, o, fifo)
	in.Withheld = r.withheld(b.spec, b.spec.Process)
	root, err := unix.Open(b.rootfs, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("root.path: %w", &os.PathError{Op: "open", Path: b.rootfs, Err: err})
	}
	in.Home = home(root, b.spec.Process, b.spec.Mounts)
	unix.Close(root)
	b.plan, err = plan.Create(in)
	return b, err
}

func (b *bundle) input(id string, o CreateOptions, fifo bool) *plan.Input {
	in := &plan.Input{
		ID: id, Spec: b.spec, Rootfs: b.rootfs, Bundle: b.dir, Cgroup: planCgroup(b.layout, b.cgroup),
		NoPivot: o.NoPivot, NoKeyring: o.NoNewKeyring, PreserveFDs: o.Listen.FDs + o.PreserveFds, Fifo: fifo,
		IsDir: isDir, ParentMount: parentMount, Lacks: kernel.Lacks(),
	}
	b.who.input(in)
	if b.filter != nil {
		b.filter.input(in)
	}
	return in
}

// filter is a container's filter with what its agent has to know.
type filter struct {
	*seccomp.Filter
	profile *specs.LinuxSeccomp // names the agent; nil: there is none
	execve  bool                // the agent decides on the program's execve too
}

func (f *filter) input(in *plan.Input) {
	in.Filter, in.FilterFlags, in.FilterPrctl = f.Bytes(), f.Flags, f.PrctlSuffices()
}

// decide asks the node policy what is to be enforced. The annotation that carries the
// answer is never config.json's own.
func (r *Runtime) decide(s *specs.Spec) (*policy.Seal, error) {
	var p *policy.Policy
	if r.Policy != "" {
		var err error
		if p, err = policy.Load(r.Policy); err != nil {
			return nil, err
		}
	}
	delete(s.Annotations, policy.Annotation) // first: not even an exemption may go by it
	seal, err := p.Decide(s, r.StrictSeccomp)
	if err != nil {
		return nil, err
	}
	if seal.Decision != "" {
		if s.Annotations == nil {
			s.Annotations = make(map[string]string, 1)
		}
		s.Annotations[policy.Annotation] = seal.Decision
		if r.Inform != nil {
			r.Inform("node policy " + r.Policy + ": " + seal.Decision)
		}
	}
	return seal, nil
}

// compile makes the filter of a seal, or nil if there is none.
func (r *Runtime) compile(seal *policy.Seal) (*filter, error) {
	p := seal.Policy()
	if p == nil {
		return nil, nil
	}
	f, err := p.Compile()
	if err != nil {
		return nil, err
	}
	for _, w := range f.Warnings {
		r.warn("%s", w)
	}
	if err := f.Supported(); err != nil {
		return nil, err
	}
	return &filter{Filter: f, profile: seal.Agent(), execve: p.NotifiesExecve()}, nil
}

// planCgroup tells the plan where the process goes.
func planCgroup(l cgroup.Layout, c *cgroup.Cgroup) plan.Cgroup {
	pc := plan.Cgroup{TaskFiles: c.TaskFiles(), Unit: c.Unit(), V2: l.Mode == cgroup.V2}
	if pc.V2 {
		pc.Unified = c.UnifiedDir()
		return pc
	}
	paths := c.Paths()
	for i := range l.Hierarchies {
		h := &l.Hierarchies[i]
		if dir := paths[h.Controllers[0]]; dir != "" {
			pc.Hierarchies = append(pc.Hierarchies, plan.Hierarchy{Name: h.Name(), Options: h.MountOptions(), Dir: dir, Links: h.Aliases()})
		}
	}
	return pc
}

// resolveRootfs gives the absolute path of root.path without symlinks. The
// host's rules apply: it is the caller who names it.
func resolveRootfs(bundle, root string) (string, error) {
	if !filepath.IsAbs(root) {
		root = filepath.Join(bundle, root)
	}
	real, err := filepath.EvalSymlinks(root)
	if err != nil {
		// Not of every error of EvalSymlinks one learns the path.
		if pe := (*os.PathError)(nil); !errors.As(err, &pe) {
			err = &os.PathError{Op: "open", Path: root, Err: err}
		}
		return "", fmt.Errorf("root.path: %w", err)
	}
	if dir, err := isDir(real); err != nil {
		return "", fmt.Errorf("root.path: %w", err)
	} else if !dir {
		return "", fmt.Errorf("root.path: %q: expected a directory", root)
	}
	if real == "/" {
		return "", fmt.Errorf("root.path: %q: the host's own root cannot be a container's", root)
	}
	return real, nil
}

func isDir(path string) (bool, error) {
	var st unix.Stat_t
	if err := unix.Stat(path, &st); err != nil {
		return false, &os.PathError{Op: "stat", Path: path, Err: err}
	}
	return st.Mode&unix.S_IFMT == unix.S_IFDIR, nil
}

// Plan writes the program of system calls that create would execute.
func (r *Runtime) Plan(w io.Writer, o CreateOptions) error {
	b, err := r.load("ID", o, true)
	if err != nil {
		return err
	}
	if b.seal.Decision != "" {
		if _, err := fmt.Fprintf(w, "%4s  linux.seccomp: node policy %s: %s\n", "-", r.Policy, b.seal.Decision); err != nil {
			return err
		}
	}
	into := b.cgroup.UnifiedDir()
	if b.cgroup.Unit() != "" {
		into = "" // it is not there yet
		if _, err := fmt.Fprintf(w, "%4s  %s\n", "-", b.cgroup.Describe()); err != nil {
			return err
		}
	}
	if _, err := fmt.Fprintf(w, "%4s  %s\n", "-", plan.DescribeClone(b.plan, into)); err != nil {
		return err
	}
	return b.plan.Program.Describe(w)
}
