package procs

// Relation says how the seccomp state of a thread compares with that of the first
// process of its container.
type Relation int

// Relations. Filters are only ever added (seccomp(2)), so that fewer of them mean that
// some are missing; that equally many are the same ones is not known without reading
// them.
const (
	Same       Relation = iota
	Unfiltered          // no filter, although the first process has one
	Weaker              // fewer filters
	Stricter            // more filters, or some where the first process has none
	NotKnown            // of one of the two nothing is known
)

// String returns the word for people.
func (r Relation) String() string {
	return [...]string{Same: "same", Unfiltered: "unfiltered", Weaker: "weaker", Stricter: "stricter", NotKnown: "unknown"}[r]
}

// Compare says how the second differs from the first.
func Compare(first, second Seccomp) Relation {
	if first.Mode == Unknown || second.Mode == Unknown {
		return NotKnown
	}
	switch a, b := first.rank(), second.rank(); {
	case a == b:
		return Same
	case b > a:
		return Stricter
	case b == 0:
		return Unfiltered
	}
	return Weaker
}

// rank orders states by how much they can forbid.
func (s Seccomp) rank() int {
	const strict = 1 << 30
	switch {
	case s.Mode == ModeDisabled:
		return 0
	case s.Mode == ModeStrict:
		return strict
	case s.Filters == Unknown:
		return 1
	}
	return max(s.Filters, 1)
}

// Task is a thread of a container that differs from its first process.
type Task struct {
	Pid, Tid int
	Seccomp
	Relation Relation
	Command  string // of the process
	Name     string // of the thread
}

// Differing lists the processes and threads of the container whose mode or number of
// filters is not that of the first process, by pid and then by thread. Of a process
// whose threads are all alike it is the first thread only.
func (c *Container) Differing() []Task {
	var list []Task
	for _, p := range c.Processes {
		add := func(s *Status, r Relation) {
			list = append(list, Task{p.Pid, s.Pid, s.Seccomp, r, p.Command, printable(s.Name)})
		}
		main := Compare(c.First.Seccomp, p.Seccomp)
		if main != Same && !p.Dead() {
			add(&p.Status, main)
		}
		for i := range p.Tasks {
			t := &p.Tasks[i]
			if r := Compare(c.First.Seccomp, t.Seccomp); r != Same && (r != main || t.Seccomp != p.Seccomp) {
				add(t, r)
			}
		}
	}
	return list
}
