package enforced

import (
	"errors"
	"slices"

	"github.com/runseal/runseal/seccomp"
	"github.com/runseal/runseal/seccomp/arch"
	"github.com/runseal/runseal/seccomp/bdd"
	"github.com/runseal/runseal/seccomp/bpf"
	"github.com/runseal/runseal/seccomp/compose"
	"github.com/runseal/runseal/seccomp/cover"
)

// maxDiagram bounds the size of a diagram, to about 40 MB.
const maxDiagram = 1 << 20

// Analysis is what one filter decides, or several together.
type Analysis struct {
	// Archs are the architectures that are told apart, the native one first.
	Archs []Arch
	// Unlisted is what calls of all other architectures get. It is meaningless if
	// Mixed is set: then that depends on more than being another one.
	Unlisted seccomp.Action
	Mixed    bool

	filters []seccomp.InstalledFilter
	d       *bdd.Diagram
	f       bdd.Ref // what the filters decide together
	words   *cover.Finder
}

// Arch is what becomes of the calls of one architecture.
type Arch struct {
	Arch   *arch.Arch
	Calls  []Call     // that have a name, by number
	Others []Range    // numbers without a name, ascending, that get the same
	spans  []bdd.Span // by number
}

// Call is a system call with the ways in which it is decided. Conditions of different
// actions exclude each other; together they cover all arguments.
type Call struct {
	Name     string
	Number   uint32
	Outcomes []seccomp.Outcome // without Cause
	// Complex says why Outcomes has the actions only, without conditions; nil if it has.
	Complex error
}

// Range are numbers, both ends included.
type Range struct {
	First, Last uint32
	Outcomes    []seccomp.Outcome
	Complex     error // see Call
}

// Analyse finds out what the filters of a thread, the newest first, decide together. A
// call whose conditions cannot be put into words is no error, see [Call].Complex. Errors
// wrap [bpf.ErrComplex] if a program computes more than comparisons and masks,
// or are about an instruction that the kernel would not have taken.
func Analyse(filters ...seccomp.InstalledFilter) (*Analysis, error) {
	if len(filters) == 0 {
		return nil, errors.New("no filter")
	}
	a := &Analysis{filters: filters, d: bdd.New(maxDiagram)}
	a.words = cover.New(a.d)
	var err error
	if a.f, err = together(a.d, filters); err != nil {
		return nil, err
	}
	a.findUnlisted()
	for i := range a.listed() {
		if err := a.putIntoWords(&a.Archs[i]); err != nil {
			return nil, err
		}
	}
	return a, nil
}

// unused is an AUDIT_ARCH value that no architecture has.
const unused = 0

// findUnlisted finds the decision for architectures that are not told apart.
func (a *Analysis) findUnlisted() {
	v, constant := a.d.Value(a.d.Follow(a.f, bpf.WordArch, unused))
	rest := a.f
	for _, tabled := range arch.All() {
		is := a.d.Equal(a.d.Word(bpf.WordArch), a.d.Const(tabled.Audit))
		rest = a.d.If(is, a.d.Leaf(v), rest)
	}
	a.Unlisted, a.Mixed = seccomp.Action(v), !constant || rest != a.d.Leaf(v)
}

// listed fills Archs with the architectures whose calls do not all get what unlisted
// ones get, and the native one.
func (a *Analysis) listed() []Arch {
	for i := range arch.All() {
		t := &arch.All()[i]
		calls := a.d.Follow(a.f, bpf.WordArch, t.Audit)
		spans, ok := a.d.Split(calls, bpf.WordNr, 1, maxSpans)
		if !ok {
			spans = nil // putIntoWords says so
		}
		spans = cutTo(spans, t)
		unlisted := !a.Mixed && len(spans) == 1 && spans[0].To == a.d.Leaf(uint32(a.Unlisted))
		alike := a.Mixed && calls == a.d.Follow(a.f, bpf.WordArch, unused)
		switch native := t.Scmp == arch.Native; {
		case native:
			a.Archs = slices.Insert(a.Archs, 0, Arch{Arch: t, spans: spans})
		case !unlisted && !alike:
			a.Archs = append(a.Archs, Arch{Arch: t, spans: spans})
		}
	}
	return a.Archs
}

// maxSpans bounds the ranges of numbers of one architecture; engines' profiles have
// some hundred.
const maxSpans = 1 << 14

// cutTo returns the spans of the numbers that can be calls of the architecture: none is
// negative, and x86_64 and x32 share them out.
func cutTo(spans []bdd.Span, t *arch.Arch) []bdd.Span {
	first, last := t.Numbers()
	last = min(last, compose.NoCalls-1)
	var out []bdd.Span
	for i, s := range spans {
		next := uint64(1 << 32)
		if i+1 < len(spans) {
			next = spans[i+1].From
		}
		if s.From <= uint64(last) && next > uint64(first) {
			out = append(out, bdd.Span{From: max(s.From, uint64(first)), To: s.To})
		}
	}
	return out
}
