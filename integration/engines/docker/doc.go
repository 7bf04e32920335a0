// Package docker holds tests of runseal in the place of runc under Docker: Debian's
// dockerd with a containerd of its own, both private to the test: root, state, socket,
// pid file and key live in a temporary directory, containers below a cgroup that is named
// after the test process, and there is no network but loopback. One daemon knows both
// runtimes, and keeps its containers when it ends (live-restore).
//
// [TestScenarios] is the table that all engines share; the other tests are what only
// Docker has. Each does with runc what it does with runseal, and a line that differs
// needs a reason in the list of differences.
package docker
