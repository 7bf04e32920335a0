package spec

import (
	"bytes"
	"encoding/json"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/runseal/runseal/runtime/spec/ocischema"
)

// verdict is what create says about a config.json by its text alone, "" if nothing.
func verdict(text []byte) string {
	s, err := Parse(text)
	if err == nil {
		err = Validate(s)
	}
	if err != nil {
		return err.Error()
	}
	return ""
}

// complete adds to a document what runseal demands and most of the corpus has not, so that
// the rest of it counts: a version from 1.0, a process, a mount namespace.
func complete(t *testing.T, text []byte) []byte {
	t.Helper()
	var d map[string]any
	if err := json.Unmarshal(text, &d); err != nil {
		return text // not JSON, and to be refused for that
	}
	if v, _ := d["ociVersion"].(string); strings.HasPrefix(v, "0.") {
		d["ociVersion"] = SpecVersion
	}
	if d["process"] == nil {
		d["process"] = map[string]any{"cwd": "/", "args": []string{"sh"}, "user": map[string]int{"uid": 0, "gid": 0}}
	}
	linux, _ := d["linux"].(map[string]any)
	if linux == nil {
		linux = map[string]any{}
		d["linux"] = linux
	}
	if linux["namespaces"] == nil {
		linux["namespaces"] = []map[string]string{{"type": "mount"}}
	}
	return mustJSON(t, d)
}

// A judged document of the corpus: what runseal says about it as it is, and about the rest
// of it if that is what complete adds; "" if nothing.
type judged struct{ asItIs, completed string }

const (
	noProcess = "process: missing, expected an object" // which the schema wants for start only; create refuses, as runc and crun do
	noMount   = `linux.namespaces: no entry of type "mount": expected one, because root and mounts must not be mounted on the host`
	noVersion = `ociVersion: "0.5.0-dev": not supported, expected a version 1.x.y such as 1.3.0`
)

// corpus holds the specification's documents against what is expected, and all of them.
func corpus(t *testing.T, good bool, want map[string]judged) {
	t.Helper()
	documents := ocischema.Corpus(t, ocischema.Config, good)
	if got, listed := slices.Sorted(maps.Keys(documents)), slices.Sorted(maps.Keys(want)); !slices.Equal(got, listed) {
		t.Errorf("the specification has %q, this test %q", got, listed)
	}
	for name, text := range documents {
		if got := (judged{verdict(text), verdict(complete(t, text))}); got != want[name] {
			t.Errorf("%s:\n\t%q, expected\n\t%q", name, got, want[name])
		}
	}
}

// TestGoodCorpus: the configurations that the specification's schema takes.
func TestGoodCorpus(t *testing.T) {
	corpus(t, true, map[string]judged{
		"minimal.json":           {noProcess, ""},
		"minimal-for-start.json": {noMount, ""},
		"linux-rdma.json":        {noProcess, ""},
		// Not done yet: unsupported.go.
		"linux-netdevice.json": {noProcess, `linux.netDevices: 3 entries without a network namespace: expected an entry of type "network" in linux.namespaces`},
		"spec-example.json":    {noVersion, ""},
		// For other systems, whose sections are skipped. On Linux a hostname needs a namespace.
		"freebsd-minimal.json": {noProcess, ""},
		"freebsd-example.json": {noMount, `hostname: "slartibartfast": expected an entry of type "uts" in linux.namespaces`},
		"zos-minimal.json":     {noProcess, ""},
		"zos-example.json":     {noVersion, `hostname: "slartibartfast": expected an entry of type "uts" in linux.namespaces`},
	})
}

// TestBadCorpus: those that it does not take.
func TestBadCorpus(t *testing.T) {
	corpus(t, false, map[string]judged{
		"invalid-json.json":    {"line 1, column 2: unexpected ']', expected a name in quotes", "line 1, column 2: unexpected ']', expected a name in quotes"},
		"linux-netdevice.json": {"linux.netDevices.eth0.name: 23: expected a string", "linux.netDevices.eth0.name: 23: expected a string"},
		"linux-rdma.json": {
			`linux.resources.rdma.mlx5_1.hcaHandles: "not a uint32": expected an integer from 0 to 4294967295`,
			`linux.resources.rdma.mlx5_1.hcaHandles: "not a uint32": expected an integer from 0 to 4294967295`,
		},
		// What is wrong is in a section of another system.
		"freebsd-vnet-disable.json": {noProcess, ""},
		// A page size of 64kB. Sizes are package cgroup's: TestHugepageCorpus of package runtime.
		"linux-hugepage.json": {noProcess, ""},
	})
}

// TestSchema: the configurations that runseal spec starts from, and the one with all members
// that the other tests change, are what the schema takes.
func TestSchema(t *testing.T) {
	for _, o := range []DefaultOptions{{}, {CgroupV2: true}} {
		ocischema.Check(t, ocischema.Config, mustJSON(t, o.Spec()))
	}
	base, err := os.ReadFile("testdata/base.json")
	if err != nil {
		t.Fatal(err)
	}
	// Engines write the recursive forms, which mount(8) and runc know and the schema does not.
	base = bytes.ReplaceAll(base, []byte(`"rprivate"`), []byte(`"private"`))
	ocischema.Check(t, ocischema.Config, base)
}
