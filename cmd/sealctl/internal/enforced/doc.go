// Package enforced says in words what seccomp filters do that were read back from the
// kernel, whoever made them.
//
//	installed, err := seccomp.ReadFilters(pid)
//	a, err := enforced.Analyse(installed...)   // what they decide together
//	for _, l := range a.Archs { ... }          // the calls of each architecture
//	p, err := a.Profile(enforced.Options{})    // a linux.seccomp object that says the same
//
// # Model
//
// A program is executed for all inputs at once ([bpf.Symbolic]) and becomes a decision
// diagram over the words of struct seccomp_data. Of several programs the kernel takes
// the strictest action, of equally strict ones the newest's (seccomp(2)); the
// diagrams are combined that way. The diagram is then taken apart in the order of
// architecture, number, arguments. What is left for one call is a function of its
// arguments, and package cover puts that into conditions as profiles have them. They
// are exact, or there is an error.
//
// # Profiles
//
// A profile says less than a program can: the same for a name on all architectures, one
// default, ENOSYS above the last name and nowhere else by itself. [Analysis.Profile]
// lets [compose.Profile] find the rules for one action after the other as the default.
// The text that it returns is parsed and proved again, by [seccomp.Verify] for one
// filter, or over the compiled object for several. [Matches] asks the reverse: is a
// program what a known profile becomes, as runseal or as another runtime installs it?
//
// # Numbers that are no calls
//
// The kernel takes numbers from 0x80000000 on for negative ones, which no call has; -1
// is a tracer's "no call" (ptrace(2)). Runtimes differ there: runc, for one, puts a
// test for ENOSYS before its filter that also catches some of them. A proof that leaves
// these numbers out says so ([Match.Negative], [Profile.Notes]).
package enforced
