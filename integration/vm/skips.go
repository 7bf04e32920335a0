package main

import "regexp"

// allowedSkip is a test that may be skipped on some targets. Everything else has
// to run: a test that is skipped where it should not be looks like one that
// passed.
type allowedSkip struct {
	target, suite, test string // regular expressions for the whole name
}

var allowedSkips = []allowedSkip{
	{".*", "integration/verbs", "TestUpdateLikeRunc"},                         // there is no runc in the machines
	{".*", "integration/rootless", "TestManyIDs|TestOthersIDs"},               // nor newuidmap
	{".*", "integration/cli", "TestLikeRunc"},                                 // the same
	{".*", "integration/hooks", "TestAgainstRunc"},                            // the same
	{".*", "integration/cgroup", "TestKillHops"},                              // the machines have one processor
	{".*", "integration/features", "TestNarrowCaller|TestNarrowHook"},         // the same
	{"5.10|6.1", "seccomp/notify", "TestSyncWakeUp"},                          // Linux 6.6
	{"5.10", "seccomp/notify", "TestAddedDescriptors|TestSendFDUnderSignals"}, // SendFD: Linux 5.14
}

func maySkip(t target, suite, test string) bool {
	for _, s := range allowedSkips {
		if whole(s.target, t.name) && whole(s.suite, suite) && whole(s.test, test) {
			return true
		}
	}
	return false
}

func whole(re, s string) bool {
	return regexp.MustCompile("^(?:" + re + ")$").MatchString(s)
}
