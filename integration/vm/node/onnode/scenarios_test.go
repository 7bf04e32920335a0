package onnode

import (
	"slices"
	"strings"
	"testing"

	"github.com/runseal/runseal/integration/internal/containerd"
	"github.com/runseal/runseal/integration/internal/oracle"
	"github.com/runseal/runseal/integration/internal/room"
)

// A scenario is run for each subject, with a container of its own.
type scenario struct {
	name  string
	run   func(t *testing.T, c *container)
	every bool // with each cgroup driver; otherwise with cgroupfs only
}

var scenarios = []scenario{
	{name: "run", run: once},
	{name: "privileged", run: privileged},
	{name: "refused", run: refused},
	{name: "life", run: life, every: true},
}

// A container is what a scenario runs under one subject, and what it has seen.
type container struct {
	subject
	*containerd.Client
	t   *testing.T
	id  string
	dir string // the cgroup's, when the scenario has set it
	// saw is what runc's and runseal's containers are compared by: lines, by what they
	// are about.
	saw oracle.Seen
}

func TestScenarios(t *testing.T) {
	imported(t)
	for _, s := range scenarios {
		t.Run(s.name, func(t *testing.T) {
			saw := map[subject]oracle.Seen{}
			t.Run("under", func(t *testing.T) {
				for _, who := range subjects {
					if !s.every && who.driver != cgroupfs || who.runtime == reference && !compared(s, who.driver) {
						continue
					}
					c := &container{subject: who, id: s.name + "-" + who.String(), saw: oracle.Seen{}}
					saw[who] = c.saw
					t.Run(who.String(), func(t *testing.T) {
						t.Parallel()
						c.t, c.Client = t, client(t)
						t.Cleanup(func() { nothingLeft(t, c) })
						s.run(t, c)
					})
				}
			})
			if t.Failed() {
				return // and what was seen is not all
			}
			for _, who := range subjects {
				if saw[who] != nil && who.runtime != reference && compared(s, who.driver) {
					for key, lines := range oracle.Compare(differences, s.name, saw[subject{reference, who.driver}], saw[who]) {
						t.Errorf("%s under %s differs from runc (-) in %s:\n\t%s", s.name, who, key, strings.Join(lines, "\n\t"))
					}
				}
			}
		})
	}
}

// keep remembers what the scenario has seen, under a name that nothing else has.
func (c *container) keep(key, text string) {
	c.t.Helper()
	if _, there := c.saw[key]; there {
		c.t.Errorf("%q has been seen twice", key)
	}
	c.saw[key] = text
}

// start is `ctr run` of the image; flags come before it.
func (c *container) start(flags []string, argv ...string) room.Result {
	c.t.Helper()
	args := slices.Concat([]string{"run", "--env", c.mark()}, c.flags(c.id), flags, []string{image, c.id}, argv)
	return c.Do(args...)
}

// mark is a variable in the environment of all of the container's processes.
func (c *container) mark() string { return "ONNODE=" + c.id }

// expect fails the test unless a command has ended and said what it should. A text that
// ends in "*" is the beginning of what is expected.
func (c *container) expect(what string, r room.Result, status int, stdout string) {
	c.t.Helper()
	begin, open := strings.CutSuffix(stdout, "*")
	if r.Status != status || r.Stdout != begin && !(open && strings.HasPrefix(r.Stdout, begin)) {
		c.t.Errorf("%s: exit status %d, stdout %q, stderr %q; expected %d, %q", what, r.Status, r.Stdout, r.Stderr, status, stdout)
	}
}

// topics are the container's events so far, one a line: the topic's last word, the
// exec's id, the exit status.
func (c *container) topics() string {
	c.t.Helper()
	var text strings.Builder
	for _, e := range node.events.of(c.t, c.id) {
		text.WriteString(e.String() + "\n")
	}
	return text.String()
}
