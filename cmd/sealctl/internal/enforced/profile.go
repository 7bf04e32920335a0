package enforced

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/seccomp"
	"github.com/runseal/runseal/seccomp/bpf"
	"github.com/runseal/runseal/seccomp/compose"
	"github.com/runseal/runseal/seccomp/profiles/export"
)

// Options are what a profile says that the kernel does not keep.
type Options struct {
	// ListenerPath is needed if an action is SCMP_ACT_NOTIFY.
	ListenerPath, ListenerMetadata string
}

// Profile is a linux.seccomp object that was proved to say what filters do.
type Profile struct {
	Seccomp *specs.LinuxSeccomp
	// JSON is its text with a line feed at the end, which was parsed again for the proof.
	JSON []byte
	// KillThread: see [Match].
	KillThread bool
	// AsRunc: see [Match].
	AsRunc bool
	// Notes are what the proof leaves out or takes for granted, one line each.
	Notes []string
}

// Profile returns a linux.seccomp object that decides all calls as the filters do. The
// error says why there is none, or what in the filters no profile can say.
//
// Of the flags the kernel keeps SECCOMP_FILTER_FLAG_LOG only, so that the object has no
// other.
func (a *Analysis) Profile(o Options) (*Profile, error) {
	switch {
	case a.Mixed:
		return nil, errors.New("calls of other architectures are not all decided alike, as every profile does it")
	case a.Unlisted != seccomp.KillProcess && a.Unlisted != seccomp.KillThread:
		return nil, fmt.Errorf("calls of other architectures get %s, and a profile can only kill them", a.Unlisted)
	}
	var first error
	for _, asRunc := range []bool{false, true} {
		for _, action := range a.defaults() {
			p, err := a.profile(action, asRunc, o)
			if err == nil {
				return p, nil
			}
			if first == nil {
				first = err
			}
		}
	}
	if first == nil {
		first = errors.New("no action that a default can be is among those that the filter returns")
	}
	return nil, first
}

// defaults lists what the default can be, the most likely first: what most calls and
// ranges of numbers of the native architecture can get. ENOSYS for calls that are newer
// than the rest goes by itself.
func (a *Analysis) defaults() []seccomp.Action {
	count := map[seccomp.Action]int{}
	enosys := seccomp.Errno(uint16(unix.ENOSYS))
	add := func(outcomes []seccomp.Outcome, n int) {
		for _, o := range outcomes {
			if o.Action.Kind() != seccomp.Notify {
				count[o.Action] += n
			}
		}
	}
	for _, t := range a.Archs {
		for _, c := range t.Calls {
			add(c.Outcomes, 1)
		}
		// What numbers without a name get is no rule's doing.
		for _, r := range t.Others {
			add(r.Outcomes, 1000)
		}
	}
	var list []seccomp.Action
	for action := range count {
		list = append(list, action)
	}
	slices.SortFunc(list, func(x, y seccomp.Action) int {
		newer := func(a seccomp.Action) int {
			if a == enosys {
				return 1
			}
			return 0
		}
		return cmp.Or(newer(x)-newer(y), count[y]-count[x], cmp.Compare(x, y))
	})
	return list
}

// profile makes the object for one default, and proves it.
func (a *Analysis) profile(action seccomp.Action, asRunc bool, o Options) (*Profile, error) {
	w := compose.Wanted{
		Diagram: a.d, Function: a.f, Default: action, KillThread: a.Unlisted == seccomp.KillThread, AsRunc: asRunc, CallsOnly: true,
	}
	for _, t := range a.Archs {
		w.Archs = append(w.Archs, t.Arch)
	}
	object, err := compose.Profile(w)
	if err != nil {
		return nil, err
	}
	// The kernel keeps the flag with each filter; it is the whole's if one has it.
	for _, f := range a.filters {
		if f.Flags&unix.SECCOMP_FILTER_FLAG_LOG != 0 {
			object.Flags = []specs.LinuxSeccompFlag{specs.LinuxSeccompFlagLog}
		}
	}
	if slices.ContainsFunc(object.Syscalls, func(e specs.LinuxSyscall) bool { return e.Action == specs.ActNotify }) {
		if o.ListenerPath == "" {
			return nil, errors.New("an action is SCMP_ACT_NOTIFY, and the listenerPath of the agent is not known: the kernel does not keep it")
		}
		object.ListenerPath, object.ListenerMetadata = o.ListenerPath, o.ListenerMetadata
	}
	p := &Profile{KillThread: a.Unlisted == seccomp.KillThread, AsRunc: asRunc}
	if p.JSON, err = export.OCI(object); err != nil {
		return nil, err
	}
	if p.Seccomp, err = seccomp.ParseProfile(p.JSON); err != nil {
		return nil, err
	}
	policy, err := seccomp.NewPolicy(p.Seccomp, seccomp.Options{KillThread: p.KillThread, AsRunc: p.AsRunc})
	if err != nil {
		return nil, err
	}
	negativeOnly, err := a.prove(policy)
	if c := (*seccomp.Counterexample)(nil); errors.As(err, &c) {
		return nil, fmt.Errorf("no profile that was found says the same: %w", err)
	} else if err != nil {
		return nil, err
	}
	if negativeOnly {
		p.Notes = append(p.Notes, "numbers from 0x80000000 on, which no call has, are left out of the proof: the filter treats them otherwise")
	}
	if p.AsRunc {
		p.Notes = append(p.Notes, "newer calls on 32-bit ARM and x32, and versions of ipc(2), are decided as runc has it; runseal gives newer calls ENOSYS, and all versions what version 0 gets")
	}
	if p.KillThread {
		p.Notes = append(p.Notes, "calls of architectures that are not listed kill the thread here; runseal kills the process")
	}
	return p, nil
}

// prove proves that the filters decide together as the policy says.
func (a *Analysis) prove(policy *seccomp.Policy) (negativeOnly bool, err error) {
	if len(a.filters) == 1 {
		return Equal(a.filters[0], policy)
	}
	compiled, err := policy.Compile()
	if err != nil {
		return false, err
	}
	if err := seccomp.Verify(compiled.Instructions, policy); err != nil {
		return false, fmt.Errorf("internal error: %w", err)
	}
	d, got := a.d, a.f
	want, err := bpf.Symbolic(d, compiled.Instructions)
	if err != nil {
		return false, err
	}
	if got == want {
		return false, nil
	}
	isCall := d.Not(d.AtLeast(d.Word(bpf.WordNr), d.Const(compose.NoCalls)))
	got, want = d.If(isCall, got, d.Leaf(0)), d.If(isCall, want, d.Leaf(0))
	if d.Full() {
		return false, bpf.ErrComplex
	}
	if words, differ := d.Differ(got, want, bpf.NumWords); differ {
		return false, &seccomp.Counterexample{
			Call: bpf.FromWords(words), Got: seccomp.Action(d.Eval(got, words)), Want: seccomp.Action(d.Eval(want, words)),
		}
	}
	return true, nil
}
