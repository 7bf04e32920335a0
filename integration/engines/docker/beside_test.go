package docker

import (
	"regexp"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/integration/engines/scenario"
	"github.com/runseal/runseal/integration/internal/box"
	"github.com/runseal/runseal/integration/internal/oracle"
	"github.com/runseal/runseal/integration/internal/room"
)

// own are Docker's own matters, which share a daemon.
var own = []struct {
	name string
	test func(r *run)
}{
	{"run errors", runErrors},
	{"exec errors", execErrors},
	{"init", initProcess},
	{"top", top},
	{"stats", stats},
	{"update", update},
	{"pause", pause},
	{"exec terminal", execTerminal},
	{"attach", attach},
	{"logs", logs},
	{"restart policy", restartPolicy},
	{"inside", inside},
	{"shared namespaces", sharedNamespaces},
	{"cgroup parent", cgroupParent},
	{"privileged", privileged},
}

// differences are the lines in which runseal may differ from runc.
var differences = []oracle.Difference{
	{Scenario: "inside", Key: ".*", Line: `-mount /proc/\S+ rw,nosuid tmpfs rw,size=65536k,mode=755\S*|\+mount /proc/\S+ ro,nosuid,noexec,relatime devtmpfs rw,\S+`,
		Why: "runc hides files behind the container's own null device, runseal behind the host's, which it has checked to be one"},
	{Scenario: "inside", Key: ".*", Line: `-mount (/proc/\S+|/sys/firmware) ro,relatime tmpfs ro\S*|\+mount (/proc/\S+|/sys/firmware) ro,nosuid,nodev,noexec,relatime tmpfs rw\S*`,
		Why: "what hides a directory is empty and cannot be written under both, by other options"},
	{Scenario: "user namespace", Key: ".*", Line: `[-+](/proc/(acpi|scsi|keys|timer_list|sched_debug|kcore|latency_stats|timer_stats)|/sys/firmware) (rw,relatime|ro,relatime|ro,nosuid,(nodev,)?noexec,relatime)`,
		Why: "the same two, without the kinds"},
	{Scenario: "user namespace", Key: ".*", Line: `[-+]/sys/fs/cgroup (rw|ro),nosuid,nodev,noexec,relatime`,
		Why: "as below"},
	{Scenario: "inside", Key: ".*", Line: `[-+]mount /sys/fs/cgroup (rw|ro),nosuid,nodev,noexec,relatime tmpfs rw,mode=755\S*`,
		Why: "Docker asks for a read-only mount; runc forgets the directory above the hierarchies of version 1"},
}

func TestOwn(t *testing.T) {
	d := start(t, nil)
	// A group, so that all have ended before the daemon does.
	t.Run("of", func(t *testing.T) {
		for _, o := range own {
			t.Run(o.name, func(t *testing.T) {
				t.Parallel()
				seen := map[string]oracle.Seen{}
				for _, runtime := range []string{scenario.Runc, scenario.Runseal} {
					t.Run(runtime, func(t *testing.T) {
						r := &run{T: t, daemon: d, runtime: runtime, seen: oracle.Seen{}}
						seen[runtime] = r.seen
						o.test(r)
					})
				}
				if t.Failed() {
					return // and what was seen is not all
				}
				for key, lines := range oracle.Compare(differences, o.name, seen[scenario.Runc], seen[scenario.Runseal]) {
					t.Errorf("runseal differs from runc (-) in %s:\n\t%s", key, strings.Join(lines, "\n\t"))
				}
			})
		}
	})
}

// A run is one test with one runtime.
type run struct {
	*testing.T
	*daemon
	runtime string
	seen    oracle.Seen
}

func (r *run) docker(args ...string) room.Result {
	r.Helper()
	return r.do(r, args...)
}

// ok is docker for a command that has to succeed.
func (r *run) ok(args ...string) string {
	r.Helper()
	return r.must(r, args...)
}

// args is the command line of docker run.
func (r *run) args(flags []string, argv ...string) []string {
	args := append([]string{"run", "--runtime", r.runtime, "--network", "none"}, flags...)
	return append(append(args, image), argv...)
}

// once runs a container in the foreground and removes it.
func (r *run) once(flags []string, argv ...string) room.Result {
	r.Helper()
	return r.docker(r.args(append([]string{"--rm"}, flags...), argv...)...)
}

// up runs a container in the background until the test ends, and returns its id.
func (r *run) up(flags []string, argv ...string) string {
	r.Helper()
	id := r.ok(r.args(append([]string{"--detach"}, flags...), argv...)...)
	r.Cleanup(func() { r.do(r, "rm", "--force", "--volumes", id) })
	return id
}

// status is the container's, in Docker's words.
func (r *run) status(id string) string {
	r.Helper()
	return r.get(r, id, "{{.State.Status}}")
}

// becomes waits for a value of docker inspect.
func (r *run) becomes(id, template, want string) {
	r.Helper()
	var last string
	if !box.Eventually(func() bool { last = r.get(r, id, template); return last == want }) {
		r.Errorf("%s is %q, expected %q", template, last, want)
	}
}

// keep remembers what the test has seen, to be compared with the other runtime.
func (r *run) keep(key, text string) {
	r.Helper()
	if _, there := r.seen[key]; there {
		r.Errorf("%q has been seen twice", key)
	}
	text = strings.ReplaceAll(text, r.Path(""), "ROOM")
	r.seen[key] = hexadecimal.ReplaceAllString(text, "HEX")
}

// hexadecimal are ids, whole or as host names have them.
var hexadecimal = regexp.MustCompile(`\b[0-9a-f]{12}([0-9a-f]{52})?\b`)

func sh(script string) []string { return []string{"/bin/sh", "-c", script} }

// canRaise says whether this machine's root has CAP_SYS_RESOURCE, number 24.
func canRaise() bool {
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var data [2]unix.CapUserData
	if err := unix.Capget(&header, &data[0]); err != nil {
		panic(err) // the version is known since Linux 2.6.26
	}
	return data[0].Effective&(1<<unix.CAP_SYS_RESOURCE) != 0
}

// compare is for what a test has seen by itself, as one text a runtime.
func compare(test string, text map[string]string) map[string][]string {
	seen := func(runtime string) oracle.Seen { return oracle.Seen{"seen": text[runtime]} }
	return oracle.Compare(differences, test, seen(scenario.Runc), seen(scenario.Runseal))
}
