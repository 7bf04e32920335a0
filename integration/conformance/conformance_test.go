package conformance

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"golang.org/x/sys/unix"

	files "github.com/runseal/runseal/integration/bundle"
)

// tries is how often a program is run that can fail without anybody's fault.
const tries = 5

// TestPrograms runs each program of the table.
func TestPrograms(t *testing.T) {
	binary, err := files.Runtime()
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, p := range table {
		if p.out == "" {
			names = append(names, p.name)
		}
	}
	lost, err := withheld()
	if err != nil {
		t.Fatal(err)
	}
	b := new(bench)
	b.bin, b.work = build(t, names)
	defer collect()
	// All programs about cgroups use the same two.
	var cgroup sync.Mutex
	t.Run("each", func(t *testing.T) {
		for _, p := range longestFirst(table) {
			t.Run(p.name, func(t *testing.T) {
				switch lack := missing(p.needs); {
				case p.out != "":
					t.Skip("left out: " + p.out)
				case len(lack) > 0:
					t.Skipf("left out: this host has no cgroup v1 controller %s", strings.Join(lack, ", "))
				}
				if p.race == "" { // else alone, before the others
					t.Parallel()
				}
				if p.needs != nil {
					cgroup.Lock()
					defer cgroup.Unlock()
				}
				p := p.onHost(lost)
				var diff []string
				for try := 0; try == 0 || try < tries && p.race != "" && len(diff) > 0; try++ {
					o, left, err := b.run(t, p.name, binary)
					if err != nil {
						t.Fatal(err)
					}
					diff = append(compare(&p, o), left...)
				}
				for _, line := range diff {
					t.Error(line)
				}
			})
		}
	})
}

// longestFirst puts the programs that wait for ten seconds before the others.
func longestFirst(list []program) []program {
	slow := func(p program) int {
		switch {
		case p.name == "delete", p.name == "kill":
			return 0
		case p.needs != nil:
			return 1
		}
		return 2
	}
	list = slices.Clone(list)
	slices.SortStableFunc(list, func(a, b program) int { return slow(a) - slow(b) })
	return list
}

// compare lists in what an outcome is not the one that p expects.
func compare(p *program, o *outcome) (diff []string) {
	if o.status != p.status {
		diff = append(diff, fmt.Sprintf("exit status %d, expected %d", o.status, p.status))
	}
	if o.passed != p.passed && (p.passed != some || o.passed == 0) {
		diff = append(diff, fmt.Sprintf("%d lines passed, expected %d", o.passed, p.passed))
	}
	var expected []string
	for _, d := range p.deviations {
		expected = append(expected, d.lines...)
	}
	got := o.failures()
	for _, line := range got {
		if !slices.Contains(expected, line) {
			diff = append(diff, fmt.Sprintf("not ok %q", line))
		}
	}
	for _, line := range expected {
		if !slices.Contains(got, line) {
			diff = append(diff, fmt.Sprintf("the table expects %q to fail, and it does not", line))
		}
	}
	// What a program asks for that has to fail is no error; without a deviation the text
	// of the message is other tests' business.
	if len(p.said)+len(diff) > 0 && !slices.Equal(o.said, p.said) {
		diff = append(diff, fmt.Sprintf("runseal said\n\t%s\nexpected\n\t%s", strings.Join(o.said, "\n\t"), strings.Join(p.said, "\n\t")))
	}
	return diff
}

func TestCompare(t *testing.T) {
	p := program{passed: 2, status: 0, deviations: []deviation{{kind: wrong, lines: []string{"a (2 times)"}}}, said: []string{"x"}}
	good := outcome{passed: 2, failed: map[string]int{"a": 2}, said: []string{"x"}}
	if diff := compare(&p, &good); diff != nil {
		t.Errorf("what is expected: %q", diff)
	}
	for _, change := range []func(*outcome){
		func(o *outcome) { o.status = 1 },
		func(o *outcome) { o.passed = 3 },
		func(o *outcome) { o.failed = map[string]int{"a": 1} },
		func(o *outcome) { o.failed = nil },
		func(o *outcome) { o.failed = map[string]int{"a": 2, "b": 1} },
		func(o *outcome) { o.said = nil },
		func(o *outcome) { o.said = []string{"x", "y"} },
	} {
		o := good
		change(&o)
		if compare(&p, &o) == nil {
			t.Errorf("%+v: no difference", o)
		}
	}
	p.passed = some
	good.passed = 7
	if diff := compare(&p, &good); diff != nil {
		t.Errorf("some: %q", diff)
	}
	good.passed = 0
	if compare(&p, &good) == nil {
		t.Error("some: no difference with none")
	}
}

// TestListed holds the table against the programs that the module has.
func TestListed(t *testing.T) {
	entries, err := os.ReadDir(filepath.Join(toolsDir(t), "validation"))
	if err != nil {
		t.Fatal(err)
	}
	var have, listed []string
	for _, e := range entries {
		if e.IsDir() && e.Name() != "util" { // a library
			have = append(have, e.Name())
		}
	}
	for _, p := range table {
		listed = append(listed, p.name)
	}
	if !slices.Equal(have, listed) {
		t.Errorf("the table has %q, %s has %q", listed, tools, have)
	}
	var built []string
	for _, line := range strings.Fields(goCommand(t, "list", "tool")) {
		if name, ok := strings.CutPrefix(line, tools+"/validation/"); ok {
			built = append(built, name)
		}
	}
	slices.Sort(built)
	if !slices.Equal(have, built) {
		t.Errorf("programs/go.mod has %q, %s has %q", built, tools, have)
	}
}

// collect reaps the processes of containers.
func collect() {
	for {
		if pid, err := unix.Wait4(-1, nil, unix.WNOHANG, nil); pid <= 0 || err != nil {
			return
		}
	}
}
