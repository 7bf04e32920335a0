// Package lint looks for mistakes in seccomp profiles: for what the author has
// probably not meant, for what has no effect, and for what lets more happen than it
// seems.
//
// # Model
//
// [Check] takes a linux.seccomp object and returns [Finding] values. A finding has
// the id of its [Rule], a severity, the path of the field (linux.seccomp.syscalls[3])
// and one line for people. Rules about many calls give one finding that lists them.
//
//	for _, f := range lint.Check(profile, lint.Options{}) {
//		fmt.Println(f) // linux.seccomp.syscalls[3].args[0]: ... [int-argument-64-bit]
//	}
//
// A profile that cannot be read or compiled is a finding, too: [Invalid] makes one of
// an error of a parser. A [Source] says where in a text a path is; [WriteSARIF]
// writes findings for tools.
//
// # Severities
//
//   - An error is a profile under which no container starts.
//   - A warning is probably a mistake, or a hole.
//   - A note is a fact that is worth knowing; it needs no change.
//
// # How it judges
//
// Where a finding says what becomes of a call it has asked the policy, not the text:
// [seccomp.Policy.Explain] for each architecture that the kernel can run, and
// [seccomp.Compare] for "has no effect" and "the order decides". These are proofs over
// all arguments. A rule's text alone decides only where the text is the matter, such
// as a valueTwo that nothing uses.
//
// A proof about one call uses a small profile with what concerns this call
// (proof.go), so that the time does not grow with the square of the profile. Work is
// bounded all the same: what would take too long is not judged, and the note
// not-checked says how much.
//
// # Limits
//
// A linter does not know what a profile is for. That a call is dangerous is said
// by a table (dangerous.go), and that two calls do the same by another (siblings.go);
// both are lists of facts with their reasons, and not complete.
package lint
