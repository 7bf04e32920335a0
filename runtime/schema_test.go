package runtime

import (
	"encoding/json"
	"errors"
	"slices"
	"testing"
	"time"

	specs "github.com/opencontainers/runtime-spec/specs-go"

	"github.com/runseal/runseal/runtime/cgroup"
	"github.com/runseal/runseal/runtime/spec/ocischema"
)

// TestStateSchema: the state documents that are printed, and those that agents get, are what
// the specification's schema takes, but for the statuses that it does not know.
func TestStateSchema(t *testing.T) {
	for _, status := range []string{StatusCreating, StatusCreated, StatusRunning, StatusPaused, StatusStopped} {
		c := &Container{
			ID: "c1", Bundle: "/bundle", Rootfs: "/bundle/rootfs", Status: status, Pid: 4711,
			Created: time.Unix(1, 5), Owner: "root", Annotations: map[string]string{"org.example/k": "v"},
		}
		var want []string
		if status == StatusPaused {
			// runtime.md, State: "Additional values MAY be defined by the runtime", which
			// the schema does not allow for. runc and crun print the same word.
			want = []string{`status: status must be one of the following: "creating", "created", "running", "stopped"`}
		}
		for _, all := range []bool{false, true} {
			doc := c.appendState(nil, all, all)
			if got := ocischema.Errors(t, ocischema.State, doc); !slices.Equal(got, want) {
				t.Errorf("%s: %q, expected %q", doc, got, want)
			}
		}
	}
	// A damaged entry is no container, and its document is not to be taken for one.
	damaged := (&Container{ID: "c1", Err: errors.New("damaged")}).AppendState(nil, true)
	if ocischema.Errors(t, ocischema.State, damaged) == nil {
		t.Errorf("the schema takes\n%s", damaged)
	}
}

// TestHugepageCorpus: the specification's example of a bad page size, the one of its bad
// configurations that package spec has no opinion about.
func TestHugepageCorpus(t *testing.T) {
	s := new(specs.Spec)
	if err := json.Unmarshal(ocischema.Corpus(t, ocischema.Config, false)["linux-hugepage.json"], s); err != nil {
		t.Fatal(err)
	}
	var all []cgroup.Hierarchy
	for _, c := range []string{"devices", "hugetlb"} {
		all = append(all, cgroup.Hierarchy{Controllers: []string{c}, Mountpoint: "/sys/fs/cgroup/" + c, Root: "/", Own: "/"})
	}
	_, err := cgroup.New(cgroup.Layout{Mode: cgroup.V1, Hierarchies: all}, s, "c1")
	if err == nil || err.Error() != `linux.resources.hugepageLimits[0].pageSize: "64kB": expected a size such as 64KB, 2MB or 1GB` {
		t.Error(err)
	}
}
