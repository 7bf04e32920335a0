package seccomp

import (
	"errors"
	"fmt"
	"slices"

	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/seccomp/arch"
)

// Intersect returns the policy that the kernel enforces when two filters are in
// force, a installed before b: for each call the stricter of their actions
// (seccomp(2): KILL_PROCESS, KILL_THREAD, TRAP, ERRNO, NOTIFY, TRACE, LOG,
// ALLOW), and of two that are equally strict b's, with its errno. One filter is
// then enough. This is how a floor for all containers is put under the profile
// of each.
//
// The flags are those of both, but for SPEC_ALLOW, which weakens a filter and is
// therefore set only if both have it. NOTIFY in both is an error, since a
// process can have one listener only, and so are different native architectures.
func Intersect(a, b *Policy) (*Policy, error) {
	if a.flags&b.flags&unix.SECCOMP_FILTER_FLAG_NEW_LISTENER != 0 {
		return nil, errors.New("seccomp: both policies use SCMP_ACT_NOTIFY, expected one listener at most")
	}
	if a.native() != b.native() {
		return nil, fmt.Errorf("seccomp: policies for %s and %s, expected the same native architecture", a.native().Scmp, b.native().Scmp)
	}
	p := &Policy{
		otherwise: Action(stricter(uint32(a.otherwise), uint32(b.otherwise))),
		unlisted:  Action(stricter(uint32(a.unlisted), uint32(b.unlisted))),
		flags:     a.flags | b.flags,
		stack:     &[2]*Policy{a, b},
	}
	p.Warnings = append(append(p.Warnings, a.Warnings...), b.Warnings...)
	const weakens = unix.SECCOMP_FILTER_FLAG_SPEC_ALLOW
	p.flags &^= weakens &^ (a.flags & b.flags)
	p.unasked = p.flags & (a.unasked | b.unasked) // a flag for which one asked stays asked for
	p.unasked &^= a.flags&^a.unasked | b.flags&^b.unasked
	return p, nil
}

// stricter returns the action that wins if the older filter says one thing and
// the newer one another: seccomp_run_filters in kernel/seccomp.c starts with the
// newest filter and replaces its action by one that is lower, as a signed number
// and without its data.
func stricter(older, newer uint32) uint32 {
	if strictness(older) < strictness(newer) {
		return older
	}
	return newer
}

// strictness orders actions: the smaller, the less the program can do.
func strictness(action uint32) int32 { return int32(Action(action).Kind()) }

// parts returns the policies that the policy is made of; itself if it is a
// profile's.
func (p *Policy) parts() []*Policy {
	if p.stack == nil {
		return []*Policy{p}
	}
	return append(p.stack[0].parts(), p.stack[1].parts()...)
}

// native returns the native architecture.
func (p *Policy) native() *arch.Arch { return p.parts()[0].tables[0].arch }

// audits returns the AUDIT_ARCH values of the listed architectures, the native
// one first.
func (p *Policy) audits() []uint32 {
	var list []uint32
	for _, part := range p.parts() {
		for i := range part.tables {
			if audit := part.tables[i].arch.Audit; !slices.Contains(list, audit) {
				list = append(list, audit)
			}
		}
	}
	return list
}
