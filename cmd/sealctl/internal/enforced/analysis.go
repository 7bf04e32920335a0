package enforced

import (
	"errors"
	"slices"

	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/seccomp"
	"github.com/runseal/runseal/seccomp/arch"
	"github.com/runseal/runseal/seccomp/bdd"
	"github.com/runseal/runseal/seccomp/bpf"
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
	little  *layout
	big     *layout
}

// Arch is what becomes of the calls of one architecture.
type Arch struct {
	Arch   *arch.Arch
	Calls  []Call  // that have a name, by number
	Others []Range // numbers without a name, ascending, that get the same
	layout *layout
	spans  []bdd.Span // by number
}

// Call is a system call with the ways in which it is decided. Conditions of different
// actions exclude each other; together they cover all arguments.
type Call struct {
	Name     string
	Number   uint32
	Outcomes []seccomp.Outcome // without Cause
	// Complex says why Outcomes has the actions only, without conditions; nil if it has.
	Complex  error
	function bdd.Ref
}

// Range are numbers, both ends included.
type Range struct {
	First, Last uint32
	Outcomes    []seccomp.Outcome
	Complex     error // see Call
	function    bdd.Ref
}

// layout is the function of the filters for callers of one byte order.
type layout struct {
	d *bdd.Diagram
	f bdd.Ref
	// covers has the conditions of functions that were put into words before; equal
	// ones are frequent. Separate by the width of arguments.
	covers map[coverKey]words
	left   int // see coverer
}

// Analyse finds out what the filters of a thread, the newest first, decide together. A
// call whose conditions cannot be put into words is no error, see [Call].Complex. Errors
// wrap [bpf.ErrComplex] if a program computes more than comparisons and masks,
// or are about an instruction that the kernel would not have taken.
func Analyse(filters ...seccomp.InstalledFilter) (*Analysis, error) {
	if len(filters) == 0 {
		return nil, errors.New("no filter")
	}
	a := &Analysis{filters: filters}
	var err error
	if a.little, err = newLayout(filters, false); err != nil {
		return nil, err
	}
	if a.big, err = newLayout(filters, true); err != nil {
		return nil, err
	}
	a.findUnlisted()
	for i := range a.listed() {
		if err := a.Archs[i].putIntoWords(); err != nil {
			return nil, err
		}
	}
	return a, nil
}

func newLayout(filters []seccomp.InstalledFilter, big bool) (*layout, error) {
	l := &layout{d: bdd.New(maxDiagram), covers: map[coverKey]words{}, left: maxTakenAll}
	var progs [][]bpf.Instruction
	for _, f := range filters {
		if err := bpf.Check(f.Instructions); err != nil {
			return nil, err
		}
		progs = append(progs, upperFirst(f.Instructions, big))
	}
	var err error
	l.f, err = together(l.d, progs)
	return l, err
}

// of returns the layout for callers with this AUDIT_ARCH value.
func (a *Analysis) of(audit uint32) *layout {
	if arch.BigEndian(audit) {
		return a.big
	}
	return a.little
}

// unused is an AUDIT_ARCH value that no architecture has. The byte order of the
// callers it stands for is that of the layout that it is used with.
const unused = 0

// findUnlisted finds the decision for architectures that are not told apart.
func (a *Analysis) findUnlisted() {
	d := a.little.d
	other := d.Follow(a.little.f, bpf.WordArch, unused)
	v, constant := d.Value(other)
	a.Unlisted, a.Mixed = seccomp.Action(v), !constant
	for _, l := range []*layout{a.little, a.big} {
		rest := l.f
		for _, tabled := range arch.All() {
			is := l.d.Equal(l.d.Word(bpf.WordArch), l.d.Const(tabled.Audit))
			rest = l.d.If(is, l.d.Leaf(v), rest)
		}
		if rest != l.d.Leaf(v) {
			a.Mixed = true
		}
	}
}

// listed fills Archs with the architectures whose calls do not all get what unlisted
// ones get, and the native one.
func (a *Analysis) listed() []Arch {
	for i := range arch.All() {
		t := &arch.All()[i]
		l := a.of(t.Audit)
		spans, ok := l.d.Split(l.d.Follow(l.f, bpf.WordArch, t.Audit), bpf.WordNr, 1, maxSpans)
		if !ok {
			spans = nil // putIntoWords says so
		}
		spans = cutTo(spans, t)
		unlisted := !a.Mixed && len(spans) == 1 && spans[0].To == l.d.Leaf(uint32(a.Unlisted))
		alike := a.Mixed && l.d.Follow(l.f, bpf.WordArch, t.Audit) == l.d.Follow(l.f, bpf.WordArch, unused)
		switch native := t.Scmp == arch.Native; {
		case native:
			a.Archs = slices.Insert(a.Archs, 0, Arch{Arch: t, layout: l, spans: spans})
		case !unlisted && !alike:
			a.Archs = append(a.Archs, Arch{Arch: t, layout: l, spans: spans})
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
	first, end := numbers(t)
	var out []bdd.Span
	for i, s := range spans {
		next := uint64(1 << 32)
		if i+1 < len(spans) {
			next = spans[i+1].From
		}
		if s.From < end && next > first {
			out = append(out, bdd.Span{From: max(s.From, first), To: s.To})
		}
	}
	return out
}

// numbers returns the first number that a call of the architecture can have, and the
// one behind the last.
func numbers(t *arch.Arch) (first, end uint64) {
	switch {
	case t.IsX32():
		return arch.X32Bit, negative
	case t.Audit == unix.AUDIT_ARCH_X86_64:
		return 0, arch.X32Bit
	}
	return 0, negative
}
