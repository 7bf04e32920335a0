// Package hostile holds tests of what runseal does with bad input, damaged state, failing
// system calls and published attacks: an error that names the field and what was expected,
// on one line, in less than a second, with nothing left; never a guess, and never a weaker
// container.
//
// Each row of TestBadConfiguration starts from a configuration that runs (see
// TestTheBaseRuns) and changes one thing. The tests are executed in a mount namespace of
// their own, see TestMain.
package hostile
