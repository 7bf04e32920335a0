// Package seal holds the tests of runseal's first promise: the filter is the
// last thing before execve, so a profile has to allow execve and what the
// program itself calls, and nothing for the runtime. The other half of it is
// that the capability which this needs is gone when the program runs.
package seal
