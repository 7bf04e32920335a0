// Package compose makes one seccomp profile of several: [Merge] one that allows what any
// of them allows, [Intersect] one that allows what all of them allow. The result is a
// linux.seccomp object that any runtime can load, and it is proved before it is returned.
//
//	r, err := compose.Merge([]compose.Part{{"a.json", a}, {"b.json", b}}, seccomp.Options{})
//	...
//	text, err := export.OCI(r.Profile)
//
// # What the result decides
//
// For each call with each arguments the action of one of the parts: with Merge the most
// permissive one, with Intersect the strictest, in the kernel's order (seccomp(2),
// SECCOMP_RET_DATA): KILL_PROCESS, KILL_THREAD, TRAP, ERRNO, NOTIFY, TRACE, LOG, ALLOW.
// That includes defaultAction, ENOSYS for calls newer than a part, and calls of
// architectures that a part does not list, which kill the process.
//
// Two parts can be equally strict and have different errnos. With Merge what a rule says
// then counts before what defaultAction says, and that before ENOSYS for newer calls
// (a part that names no call at all comes last); between equals, the part that was given
// first. With Intersect the part that was given first counts, as in the kernel if its
// filter was installed last.
//
// Flags: Merge sets those that any part has. Intersect does too, except that
// SECCOMP_FILTER_FLAG_SPEC_ALLOW, which weakens, has to be in all parts. The listener is
// that of the parts that use SCMP_ACT_NOTIFY, which must have the same.
//
// # How the rules are found
//
// [Profile] finds the rules for any decision that is given as a decision diagram
// ([Wanted]): that of several profiles here, that of filters which the kernel has
// elsewhere. Merge and Intersect turn each part into a diagram and combine the diagrams
// (wanted.go).
//
// Then rules are looked for, call by call (call.go): no rule at all, a rule without
// conditions, of profiles the rules of one of the parts and the product of the rules of
// all parts (product.go), the conditions that are found in the diagram itself (package
// cover), and at last a rule for each path through it (cubes.go). The first that gives
// what is wanted on all architectures is taken. At the end the profile as a whole is read again, and its diagram must be the
// wanted one (proof.go).
//
// # Limits
//
// The result is for kernels of the native architecture, and for the architectures that
// it lists. Calls that none of these has are left out.
//
// Not everything can be said in a profile, and the error then names a call: rules are by
// name and for all listed architectures alike, so that a call cannot be allowed on one
// and denied on another; numbers without a name have no rules; a rule whose action is the
// default is no exception to another rule; rules for socket and IPC calls concern the
// multiplexers socketcall and ipc too. Such a decision is exact as a filter only, see
// [seccomp.Intersect].
package compose

import (
	"errors"
	"fmt"

	"github.com/opencontainers/runtime-spec/specs-go"

	"github.com/runseal/runseal/seccomp"
	"github.com/runseal/runseal/seccomp/arch"
	"github.com/runseal/runseal/seccomp/bdd"
)

// Part is one of the profiles that are put together.
type Part struct {
	Name    string // for errors and warnings
	Profile *specs.LinuxSeccomp
}

// Result is a profile that has been proved.
type Result struct {
	Profile *specs.LinuxSeccomp
	// Warnings are those about the parts, one line each, which begin with the part's
	// name.
	Warnings []string
}

// Merge returns a profile that allows what any of the parts allows. The options are for
// reading the parts, and Native is the architecture of the kernel. The error is about a
// part, or says which call cannot be decided as it should, or wraps bpf.ErrComplex.
func Merge(parts []Part, o seccomp.Options) (*Result, error) { return compose(parts, o, true) }

// Intersect returns a profile that allows what all of the parts allow, as Merge does.
func Intersect(parts []Part, o seccomp.Options) (*Result, error) { return compose(parts, o, false) }

// maxNodes bounds the diagrams, to about 80 MB.
const maxNodes = 1 << 21

func compose(parts []Part, o seccomp.Options, merge bool) (*Result, error) {
	if len(parts) == 0 {
		return nil, errors.New("no profile, expected at least one")
	}
	if o.Native == "" {
		o.Native = arch.Native
	}
	c := &composer{parts: parts, options: o, merge: merge, d: bdd.New(maxNodes)}
	r := &Result{}
	for _, part := range parts {
		p, err := seccomp.NewPolicy(part.Profile, o)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", part.Name, err)
		}
		for _, w := range p.Warnings {
			r.Warnings = append(r.Warnings, part.Name+": "+w)
		}
		c.policies = append(c.policies, p)
		c.silent = append(c.silent, namesNothing(p, part.Profile))
	}
	f, err := c.wanted()
	if err != nil {
		return nil, err
	}
	s := newFinder(Wanted{Diagram: c.d, Function: f, Archs: c.archs(), Default: c.otherwise(), KillThread: o.KillThread, AsRunc: o.AsRunc})
	s.candidates = c.candidates
	if r.Profile, err = s.find(); err != nil {
		return nil, err
	}
	r.Profile.Flags = c.flags()
	if err := c.listener(r.Profile); err != nil {
		return nil, err
	}
	if err := s.prove(r.Profile); err != nil {
		return nil, err
	}
	return r, nil
}

// composer is the work on several profiles.
type composer struct {
	parts    []Part
	policies []*seccomp.Policy
	silent   []bool // of the policies: no rule at all, and so no opinion on what is new
	options  seccomp.Options
	merge    bool

	d       *bdd.Diagram
	choices []choice // what leaves stand for while diagrams are combined
}
