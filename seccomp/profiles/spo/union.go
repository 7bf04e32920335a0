package spo

import (
	"fmt"
	"slices"

	"github.com/opencontainers/runtime-spec/specs-go"

	"github.com/runseal/runseal/seccomp"
	"github.com/runseal/runseal/seccomp/arch"
	"github.com/runseal/runseal/seccomp/bdd"
	"github.com/runseal/runseal/seccomp/bpf"
)

// Union returns a profile with the rules of a base added, as the operator does it for
// baseProfileName: everything but the rules is the profile's own, and where rules of both
// match a call the more permissive one counts.
//
// The result has the rules of both, the profile's first, if it is proved that they say
// that, on kernels of the native architecture. Otherwise the error names a call: a rule
// of one that is to give way to a rule of the other, which a list of rules does only if
// the better one comes first. The errno of two rules that are equally strict is that of
// the profile, which the operator leaves open.
func Union(p, base *specs.LinuxSeccomp, native specs.Arch) (*specs.LinuxSeccomp, error) {
	out, own := *p, *p
	out.Syscalls = slices.Concat(p.Syscalls, base.Syscalls)
	own.Syscalls = base.Syscalls
	d := bdd.New(1 << 21)
	var f [3]bdd.Ref
	for i, q := range []*specs.LinuxSeccomp{p, &own, &out} {
		part := *q
		part.Flags, part.ListenerPath = nil, "/" // they may belong to the other's rules
		policy, err := seccomp.NewPolicy(&part, seccomp.Options{Native: string(native)})
		if err == nil {
			f[i], err = policy.Diagram(d, opinion)
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", [...]string{"the profile", "the base", "the profile with its base"}[i], err)
		}
	}
	want := d.Combine(func(x, y uint32) uint32 {
		if x == none || y != none && int32(y) > int32(x) {
			return y
		}
		return x
	}, f[0], f[1])
	if d.Full() {
		return nil, fmt.Errorf("the profile with its base: %w", bpf.ErrComplex)
	}
	words, differ := d.Differ(want, f[2], bpf.NumWords)
	if !differ {
		return &out, nil
	}
	call := bpf.FromWords(words)
	name, where := fmt.Sprint(call.Nr), ""
	if a := arch.ByCall(call.Arch, call.Nr); a != nil {
		where = a.Scmp
		if n := a.Name(call.Nr); n != "" {
			name = n
		}
	}
	return nil, fmt.Errorf("the rules of the profile and its base for call %s on %s (such as with first argument %#x) cannot stand in one list: it should get %s",
		name, where, call.Args[0], seccomp.Action(d.Eval(want, words)))
}

// none stands for a call that no rule matches. It is no action.
const none = 1

// opinion is what rules say, without the errno.
func opinion(a seccomp.Action, cause seccomp.Cause) uint32 {
	if cause.By != seccomp.ByRule {
		return none
	}
	return uint32(a.Kind())
}
