// Package rootless holds the tests of runseal run by somebody who is not root: an
// ordinary user with one id or, by newuidmap(1), with many; a user to whom a cgroup was
// delegated; root of a user namespace, as the engines are that run without root.
//
// The tests are root's, as all integration tests: they execute the runtime as another
// user by executing themselves in between (main_test.go). That user, with the ranges of
// ids that belong to it, stands in files that cover /etc/passwd, /etc/subuid and
// /etc/subgid in a mount namespace of the tests' own.
package rootless
