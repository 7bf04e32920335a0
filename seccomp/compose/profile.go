package compose

import (
	"fmt"
	"math"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/seccomp"
	"github.com/runseal/runseal/seccomp/arch"
	"github.com/runseal/runseal/seccomp/bdd"
	"github.com/runseal/runseal/seccomp/bpf"
	"github.com/runseal/runseal/seccomp/cover"
)

// Wanted is what a profile should decide.
type Wanted struct {
	// Function is a function of Diagram: the action by the words of struct seccomp_data,
	// as [seccomp.Policy.Diagram] and [bpf.Symbolic] give it.
	Diagram  *bdd.Diagram
	Function bdd.Ref
	// Archs are the architectures to list, that of the kernel first.
	Archs []*arch.Arch
	// Default is the action of defaultAction.
	Default seccomp.Action
	// KillThread: see [seccomp.Options].
	KillThread bool
	// AsRunc: see [seccomp.Options].
	AsRunc bool
	// CallsOnly leaves numbers from [NoCalls] on out.
	CallsOnly bool
}

// NoCalls is the first number that is negative to the kernel, which no call has. -1 is a
// tracer's "no call" (ptrace(2)).
const NoCalls = 1 << 31

// Profile returns a profile that is proved to decide all calls as it is wanted. It has
// no flags, and no listenerPath where rules say SCMP_ACT_NOTIFY. The error names a call
// that cannot be decided so, and says why, or wraps [bpf.ErrComplex].
func Profile(w Wanted) (*specs.LinuxSeccomp, error) {
	s := newFinder(w)
	p, err := s.find()
	if err != nil {
		return nil, err
	}
	proved := *p
	if notifies(p) {
		proved.ListenerPath = anyAgent
	}
	if err := s.prove(&proved); err != nil {
		return nil, err
	}
	return p, nil
}

// anyAgent is a listenerPath for profiles that are read and not installed.
const anyAgent = "/"

// finder looks for the rules of one profile.
type finder struct {
	Wanted
	// candidates are lists of rules for a call that come to mind, the most readable
	// first. The last rule of each has no conditions.
	candidates func(*call) [][]rule

	d     *bdd.Diagram // the one of Wanted
	words *cover.Finder
	muxes map[arch.ID]bool    // calls through which others are made, on one of Archs
	calls []*call             // all that one of Archs has, by name
	head  *specs.LinuxSeccomp // without rules
}

// call is a system call of the profile's architectures.
type call struct {
	id      arch.ID
	targets []target // one for each architecture that has it, those of 64 bits first
	rules   []rule
}

// target is a call on one architecture.
type target struct {
	arch *arch.Arch
	nr   uint32
	want bdd.Ref // action by arguments
}

func newFinder(w Wanted) *finder {
	s := &finder{Wanted: w, d: w.Diagram, words: cover.New(w.Diagram), muxes: map[arch.ID]bool{}}
	s.candidates = func(*call) [][]rule { return nil }
	for id := range arch.ID(arch.NumIDs) {
		call := &call{id: id}
		for _, bits := range [...]int{64, 32} {
			for _, a := range w.Archs {
				if nr, ok := a.NumberOf(id); ok && a.Bits == bits {
					call.targets = append(call.targets, target{a, nr, s.wantedAt(a, nr)})
				}
			}
		}
		if len(call.targets) > 0 {
			s.calls = append(s.calls, call)
		}
		for _, a := range w.Archs {
			if mux, _, _, ok := a.Mux(id); ok {
				s.muxes[mux] = true
			}
		}
	}
	return s
}

// wantedAt returns what is wanted of one number.
func (s *finder) wantedAt(a *arch.Arch, nr uint32) bdd.Ref {
	return s.d.Follow(s.d.Follow(s.Function, bpf.WordArch, a.Audit), bpf.WordNr, nr)
}

// find returns a profile with the rules that were found. What each call gets is tried;
// the whole is not proved.
func (s *finder) find() (*specs.LinuxSeccomp, error) {
	p := &specs.LinuxSeccomp{}
	var err error
	if p.DefaultAction, p.DefaultErrnoRet, err = s.Default.OCI(); err != nil {
		return nil, fmt.Errorf("the default: %w", err)
	}
	for _, a := range s.Archs {
		p.Architectures = append(p.Architectures, specs.Arch(a.Scmp))
	}
	for _, call := range s.calls {
		for _, t := range call.targets {
			for _, v := range s.d.Leaves(t.want, math.MaxInt) {
				if _, _, err := seccomp.Action(v).OCI(); err != nil {
					return nil, fmt.Errorf("call %s on %s: %w", call.id, t.arch.Scmp, err)
				}
			}
		}
	}
	s.head = p
	if p.Syscalls, err = s.rules(); err != nil {
		return nil, err
	}
	return p, nil
}

// enosys is what calls beyond the last one that a profile names get, where that is
// something else than its default.
func (s *finder) enosys() (seccomp.Action, bool) {
	switch s.Default.Kind() {
	case seccomp.Allow, seccomp.Log, seccomp.Trace(0):
		return 0, false
	}
	a := seccomp.Errno(uint16(unix.ENOSYS))
	return a, a != s.Default
}
