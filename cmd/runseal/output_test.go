package main

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	specs "github.com/opencontainers/runtime-spec/specs-go"

	"github.com/runseal/runseal/runtime"
)

// sample is a running container, a stopped one, and one that cannot be read.
func sample() []*runtime.Container {
	return []*runtime.Container{
		{ID: "web", Bundle: "/srv/web \"1\"", Rootfs: "/srv/web/rootfs", Status: "running", Pid: 4711,
			Created: time.Date(2026, 3, 4, 13, 5, 6, 700000001, time.FixedZone("", 3600)), Owner: "root",
			Annotations: map[string]string{"b": "2\n", "a": "<1>"}},
		{ID: "old", Bundle: "/srv/\x1b[2J", Rootfs: "/srv/old", Status: "stopped", Created: noon},
		{ID: "bad", Err: errors.New("state of container \"bad\" is damaged")},
	}
}

func TestStateDocument(t *testing.T) {
	got := command(t, &recorder{found: sample()[:1]}, "state", "web")
	const want = `{
  "ociVersion": "1.3.0",
  "id": "web",
  "pid": 4711,
  "status": "running",
  "bundle": "/srv/web \"1\"",
  "rootfs": "/srv/web/rootfs",
  "created": "2026-03-04T12:05:06.700000001Z",
  "annotations": {"a":"<1>","b":"2\n"},
  "owner": "root"
}
`
	if got != (result{0, want, ""}) {
		t.Errorf("got %+v, want\n%s", got, want)
	}

	// As an engine reads it.
	var st struct {
		specs.State
		Rootfs, Owner string
		Created       time.Time
	}
	dec := json.NewDecoder(strings.NewReader(got.stdout))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&st); err != nil {
		t.Fatal(err)
	}
	in := sample()[0]
	if st.Version != specs.Version || st.ID != in.ID || st.Pid != in.Pid || st.Status != specs.StateRunning ||
		st.Bundle != in.Bundle || st.Rootfs != in.Rootfs || !st.Created.Equal(in.Created) || st.Owner != in.Owner ||
		len(st.Annotations) != 2 || st.Annotations["b"] != "2\n" {
		t.Errorf("decoded: %+v", st)
	}
}

func TestStateOfMissingContainer(t *testing.T) {
	got := command(t, &recorder{err: errors.New(`container "x" does not exist`)}, "state", "x")
	if got != (result{1, "", "runseal: container \"x\" does not exist\n"}) {
		t.Errorf("got %+v", got)
	}
}

func TestListTable(t *testing.T) {
	got := command(t, &recorder{found: sample()}, "list")
	const want = `ID          PID         STATUS      BUNDLE                                 CREATED                          OWNER
bad         -           damaged     state of container "bad" is damaged   -                                -
old         0           stopped     /srv/\x1b[2J                          2026-03-04T12:00:00Z             
web         4711        running     /srv/web "1"                          2026-03-04T12:05:06.700000001Z   root
`
	if norm(got.stdout) != norm(want) || got.status != 0 || got.stderr != "" {
		t.Errorf("got %+v, want\n%s", got, want)
	}
	// Columns stand below each other: what people's `awk` and `cut` see.
	lines := strings.Split(got.stdout, "\n")
	for _, col := range []string{"PID", "STATUS", "BUNDLE", "CREATED"} {
		at := strings.Index(lines[0], col)
		for _, l := range lines[1:4] {
			if l[at-1] != ' ' || l[at] == ' ' {
				t.Errorf("column %s is not at %d in %q", col, at, l)
			}
		}
	}
	got = command(t, &recorder{}, "list")
	if want := "ID          PID         STATUS      BUNDLE      CREATED     OWNER\n"; got != (result{0, want, ""}) {
		t.Errorf("without containers: got %+v, want %q", got, want)
	}
}

// norm makes runs of spaces single.
func norm(s string) string {
	lines := strings.Split(s, "\n")
	for i, l := range lines {
		lines[i] = strings.Join(strings.Fields(l), " ")
	}
	return strings.Join(lines, "\n")
}

func TestListJSON(t *testing.T) {
	for _, flag := range []string{"--format=json", "-f json"} {
		got := command(t, &recorder{found: sample()}, append([]string{"list"}, strings.Fields(flag)...)...)
		var all []map[string]any
		if err := json.Unmarshal([]byte(got.stdout), &all); err != nil || got.status != 0 || len(all) != 3 {
			t.Fatalf("%+v: %v", got, err)
		}
		if all[0]["id"] != "bad" || all[0]["status"] != "damaged" || all[0]["error"] != "state of container \"bad\" is damaged" {
			t.Errorf("damaged: %v", all[0])
		}
		if all[1]["id"] != "old" || all[1]["bundle"] != "/srv/\x1b[2J" || all[1]["error"] != nil || all[1]["annotations"] != nil {
			t.Errorf("stopped: %v", all[1])
		}
		if all[2]["id"] != "web" || all[2]["pid"] != 4711.0 {
			t.Errorf("running: %v", all[2])
		}
	}
	if got := command(t, &recorder{}, "list", "--format", "json"); got != (result{0, "[]\n", ""}) {
		t.Errorf("without containers: got %+v", got)
	}
}

func TestListQuiet(t *testing.T) {
	for _, flags := range []string{"-q", "--quiet --format json"} {
		got := command(t, &recorder{found: sample()}, append([]string{"list"}, strings.Fields(flags)...)...)
		if got != (result{0, "bad\nold\nweb\n", ""}) {
			t.Errorf("%s: got %+v", flags, got)
		}
	}
}

func TestPlanOutput(t *testing.T) {
	if got := command(t, &recorder{text: "1 clone3\n"}, "plan"); got != (result{0, "1 clone3\n", ""}) {
		t.Errorf("got %+v", got)
	}
	// Half a plan is not a plan.
	if got := command(t, &recorder{text: "1 clone3\n", err: errors.New("root.path: missing")}, "plan"); got != (result{1, "", "runseal: root.path: missing\n"}) {
		t.Errorf("got %+v", got)
	}
}
