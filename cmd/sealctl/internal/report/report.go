// Package report compares seccomp profiles call by call, and writes what it found as a
// web page that needs nothing but itself.
//
// # Model
//
// A [Report] is a matrix: for each system call, for each architecture, for each profile
// what becomes of it. It is stored so that nothing is said twice: a [Row] is a call in
// all architectures in which every profile decides it as in the first of them, so that
// most calls are one row.
//
//	r, err := report.New([]report.Profile{{Name: "a.json", Policy: policy, Spec: profile}}, archs)
//	if err == nil {
//		err = r.WriteHTML(os.Stdout)
//	}
//
// Rows are different by what the profiles mean (seccomp.Compare), not by how they are
// written.
//
// # The page
//
// Style and script are part of the page, and its content security policy allows no
// other: whatever is in a name, nothing is loaded and nothing else runs. Text is escaped
// by html/template. Without JavaScript the page is complete, and only the filter is
// missing.
package report

import (
	"fmt"
	"slices"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/seccomp"
	"github.com/runseal/runseal/seccomp/arch"
)

// Profile is what a report is about.
type Profile struct {
	Name   string // as the user knows it
	Spec   *specs.LinuxSeccomp
	Policy *seccomp.Policy // made of Spec
}

// Report is what is known of several profiles. All lists of profiles have their order.
type Report struct {
	Profiles []Summary
	Archs    []*arch.Arch
	Rows     []Row // by name
}

// Summary is what is to be said of a profile as a whole.
type Summary struct {
	Name         string
	Default      seccomp.Action
	Unlisted     seccomp.Action // of calls of other architectures
	Instructions int            // of the filter
	Flags        []string       // SECCOMP_FILTER_FLAG_*, of the filter
	Warnings     []string
	Archs        []ArchSummary // as Report.Archs
}

// ArchSummary is about one architecture.
type ArchSummary struct {
	Listed bool
	Newer  seccomp.Action // of calls that the table of system calls does not know
	Counts []Count        // the most permissive action first
}

// Count says how many calls end in an action.
type Count struct {
	Action      seccomp.Action
	Always      int
	ByArguments int // for some arguments, and in another action for others
}

// Row is a call in the architectures in which it is decided alike.
type Row struct {
	Name        string
	Numbers     []Number // not empty
	Outcomes    [][]seccomp.Outcome
	Different   []bool // from the first profile
	Conditional bool   // some profile looks at the arguments
}

// Number is the number of a call in an architecture, given by its index in Report.Archs.
type Number struct {
	Arch   int
	Number uint32
}

// Differs says whether not all profiles decide the calls of the row alike.
func (r *Row) Differs() bool { return slices.Contains(r.Different, true) }

// New makes a report of at least one profile, for these architectures. The errors are
// those of Policy.Compile, Policy.Explain and seccomp.Compare, with the profile's name.
func New(list []Profile, archs []*arch.Arch) (*Report, error) {
	r := &Report{Archs: archs}
	m := matrix{archs: archs, calls: map[string][]cell{}}
	for i, p := range list {
		s, err := summarize(p)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", p.Name, err)
		}
		differences := []seccomp.Difference(nil)
		if i > 0 {
			c, err := seccomp.Compare(list[0].Policy, p.Policy)
			if err != nil {
				return nil, fmt.Errorf("%s and %s: %w", list[0].Name, p.Name, err)
			}
			differences = c.Differences
		}
		for k, a := range archs {
			calls, err := Calls(p.Policy, a)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", p.Name, err)
			}
			sum := ArchSummary{Listed: slices.Contains(p.Policy.Archs(), a), Counts: count(calls)}
			newer, err := p.Policy.Explain(a.Audit, a.Max+1)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", p.Name, err)
			}
			sum.Newer = newer[0].Action
			s.Archs = append(s.Archs, sum)
			m.add(i, k, calls, differences)
		}
		r.Profiles = append(r.Profiles, *s)
	}
	r.Rows = m.rows(len(list))
	return r, nil
}

func summarize(p Profile) (*Summary, error) {
	filter, err := p.Policy.Compile()
	if err != nil {
		return nil, err
	}
	s := &Summary{
		Name: p.Name, Instructions: len(filter.Instructions), Flags: flagNames(filter.Flags), Warnings: p.Policy.Warnings,
		Unlisted: p.Policy.Decide(0, 0, [6]uint64{}), // no architecture has this AUDIT_ARCH value
	}
	// A profile without rules decides everything by its default.
	bare, err := seccomp.NewPolicy(&specs.LinuxSeccomp{DefaultAction: p.Spec.DefaultAction, DefaultErrnoRet: p.Spec.DefaultErrnoRet}, seccomp.Options{})
	if err != nil {
		return nil, err
	}
	s.Default = bare.Decide(bare.Archs()[0].Audit, 0, [6]uint64{})
	return s, nil
}

// flagNames are the names of linux/seccomp.h.
func flagNames(flags uint) (names []string) {
	for _, f := range []struct {
		bit  uint
		name string
	}{
		{unix.SECCOMP_FILTER_FLAG_TSYNC, "TSYNC"}, {unix.SECCOMP_FILTER_FLAG_LOG, "LOG"},
		{unix.SECCOMP_FILTER_FLAG_SPEC_ALLOW, "SPEC_ALLOW"}, {unix.SECCOMP_FILTER_FLAG_NEW_LISTENER, "NEW_LISTENER"},
		{unix.SECCOMP_FILTER_FLAG_TSYNC_ESRCH, "TSYNC_ESRCH"}, {unix.SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV, "WAIT_KILLABLE_RECV"},
	} {
		if flags&f.bit != 0 {
			names = append(names, "SECCOMP_FILTER_FLAG_"+f.name)
			flags &^= f.bit
		}
	}
	if flags != 0 {
		names = append(names, fmt.Sprintf("%#x", flags))
	}
	return names
}

// count counts the calls by their actions.
func count(calls []Call) (list []Count) {
	for _, c := range calls {
		var seen []seccomp.Action
		for _, o := range c.Outcomes {
			if slices.Contains(seen, o.Action) {
				continue
			}
			seen = append(seen, o.Action)
			i := slices.IndexFunc(list, func(n Count) bool { return n.Action == o.Action })
			if i < 0 {
				i = len(list)
				list = append(list, Count{Action: o.Action})
			}
			if len(c.Outcomes) == 1 {
				list[i].Always++
			} else {
				list[i].ByArguments++
			}
		}
	}
	slices.SortFunc(list, func(x, y Count) int { return permissive(x.Action, y.Action) })
	return list
}

// permissive compares actions for a list that begins with the most permissive one.
func permissive(x, y seccomp.Action) int {
	switch { // SECCOMP_RET_*: as a signed number the strictest is the smallest
	case int32(x.Kind()) != int32(y.Kind()):
		return int(int64(int32(y.Kind())) - int64(int32(x.Kind())))
	}
	return int(x.Data()) - int(y.Data())
}
