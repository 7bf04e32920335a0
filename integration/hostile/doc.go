// Package hostile holds tests of what runseal does with bad input: an error
// that names the field and what was expected, on one line, in less than a
// second, with nothing left; never a guess, and never a weaker container.
//
// Each case starts from a configuration that runs (see TestTheBaseRuns) and
// changes one thing.
package hostile
