// Package onnode holds the tests that run on a whole node (integration/vm/node): a
// Debian machine with systemd as process 1, containerd as its service, and cgroup
// version 2 alone. They drive containerd with ctr, as people do.
//
// Most of what is tested is a scenario (scenarios_test.go) that runs once for each
// subject, which is a runtime with one of the two cgroup drivers (subjects_test.go). A
// scenario asserts what must hold under any runtime, and writes down what it sees
// besides: what a process finds in its container, the files of its cgroup, the events.
// Those are then compared with what the same scenario has seen under runc: a line that
// differs is an error unless differences_test.go says why it may. So runc is the
// specification of what nobody has written down.
//
// After each scenario nothing of its container may be left: left_test.go.
//
// A command costs about one second of a processor under emulation, so scenarios ask the
// kernel and the events rather than ctr, and put many questions into one container.
package onnode
