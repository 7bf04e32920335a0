package cri

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/runseal/runseal/integration/engines/scenario"
	"github.com/runseal/runseal/integration/internal/oracle"
	"github.com/runseal/runseal/integration/internal/room"
)

// A matter is something of CRI's own, which the table of scenarios does not have: it is
// tried with runc, then with runseal, and what both have seen must be the same. With -short
// it is runseal alone: emulated, runc takes more than twice as long.
type matter struct {
	name string
	test func(*subject)
}

// A subject is a matter with one of the runtimes.
type subject struct {
	*testing.T
	*node
	runtime string // and its handler's name
	seen    oracle.Seen
}

func (m matter) try(t *testing.T, n *node) {
	t.Run(m.name, func(t *testing.T) {
		t.Parallel()
		seen := map[string]oracle.Seen{}
		runtimes := []string{scenario.Runc, scenario.Runseal}
		if testing.Short() {
			runtimes = runtimes[1:]
		}
		for _, runtime := range runtimes {
			t.Run(runtime, func(t *testing.T) {
				s := &subject{T: t, node: n, runtime: runtime, seen: oracle.Seen{}}
				seen[runtime] = s.seen
				m.test(s)
			})
		}
		if t.Failed() || testing.Short() {
			return // what was seen is not all
		}
		for key, lines := range oracle.Compare(nil, m.name, seen[scenario.Runc], seen[scenario.Runseal]) {
			t.Errorf("runseal differs from runc (-) in %s:\n\t%s", key, strings.Join(lines, "\n\t"))
		}
	})
}

var (
	hexID = regexp.MustCompile(`\b[0-9a-f]{64}\b`)
	podID = regexp.MustCompile(`\bpod-\d+\b`)
)

// keep remembers what has been seen, without what is another one in each pod.
func (s *subject) keep(key string, value any) {
	s.Helper()
	if _, there := s.seen[key]; there {
		s.Errorf("%q has been seen twice", key)
	}
	text := hexID.ReplaceAllString(fmt.Sprint(value), "HEX")
	s.seen[key] = podID.ReplaceAllString(text, "POD")
}

// want asserts what a process did.
func (s *subject) want(what string, r room.Result, status int, stdout, stderr string) {
	s.Helper()
	if r.Status != status || r.Stdout != stdout || r.Stderr != stderr {
		s.Errorf("%s: exit status %d, stdout %q, stderr %q; expected %d, %q, %q", what, r.Status, clip(r.Stdout), clip(r.Stderr), status, clip(stdout), clip(stderr))
	}
}

// fails asserts an error, in which people look for words.
func (s *subject) fails(what string, err error, words ...string) {
	s.Helper()
	if err == nil {
		s.Errorf("%s: no error, expected %q", what, words)
		return
	}
	s.Logf("%s: %v", what, err)
	for _, w := range words {
		if !strings.Contains(err.Error(), w) {
			s.Errorf("%s: %v; expected %q in it", what, err, w)
		}
	}
}

func clip(s string) string {
	if len(s) > 500 {
		return s[:500] + "..."
	}
	return s
}

// TestMatters tries all of them in one daemon.
func TestMatters(t *testing.T) {
	n := start(t, both, profiles)
	for _, m := range []matter{
		{"namespaces", namespaces},
		{"one pid namespace", onePidNamespace},
		{"exec's exit statuses", execStatuses},
		{"exec's timeout", execTimeout},
		{"exec's streams", execStreams},
		{"exec's terminal", execTerminal},
		{"attach", attach},
		{"port forwarding", portForward},
		{"statistics", statistics},
		{"profiles", seccompProfiles},
		{"profile errors", profileErrors},
		{"out of memory", outOfMemory},
		{"signals", signals},
		{"removal", removal},
	} {
		m.try(t, n)
	}
}
