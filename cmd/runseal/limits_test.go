package main

import (
	"bytes"
	"encoding/json"
	"maps"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/runseal/runseal/runtime/spec"
)

// TestUpdateFlags goes from argv to the resources that package runtime gets.
func TestUpdateFlags(t *testing.T) {
	file := filepath.Join(t.TempDir(), "r.json")
	if err := os.WriteFile(file, []byte(`{"memory":{"limit":5,"checkBeforeUpdate":true},"unified":{"memory.high":"7"},"devices":[{"allow":false,"access":"r"}],"unknown":{}}`), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct{ line, want string }{
		{"update c1", `{}`},
		{"update --memory 100M c1", `{"memory":{"limit":104857600}}`},
		{"update c1 --memory=100M", `{"memory":{"limit":104857600}}`},
		{"update --memory -1 c1", `{"memory":{"limit":-1}}`},
		{"update --memory-reservation 1g c1", `{"memory":{"reservation":1073741824}}`},
		{"update --memory-swap -1 c1", `{"memory":{"swap":-1}}`},
		{"update --pids-limit 20 c1", `{"pids":{"limit":20}}`},
		{"update --pids-limit -1 c1", `{"pids":{"limit":-1}}`},
		{"update --pids-limit 0 c1", `{}`},
		{"update --cpu-share 512 c1", `{"cpu":{"shares":512}}`},
		{"update --cpu-quota 5000 --cpu-period 9000 c1", `{"cpu":{"quota":5000,"period":9000}}`},
		{"update --cpu-burst 0 c1", `{"cpu":{"burst":0}}`},
		{"update --cpu-rt-period 5 --cpu-rt-runtime -1 c1", `{"cpu":{"realtimePeriod":5,"realtimeRuntime":-1}}`},
		{"update --cpu-idle 0 c1", `{"cpu":{"idle":0}}`},
		{"update --cpuset-cpus 0-1,3 --cpuset-mems 0 c1", `{"cpu":{"cpus":"0-1,3","mems":"0"}}`},
		{"update --blkio-weight 300 c1", `{"blockIO":{"weight":300}}`},
		{"update --kernel-memory 5 --kernel-memory-tcp nonsense c1", `{}`},
		{"update --memory= --cpu-quota= --cpuset-cpus= --resources= c1", `{}`},
		{"update --resources FILE c1", `{"memory":{"limit":5,"checkBeforeUpdate":true},"unified":{"memory.high":"7"},"devices":[{"allow":false,"access":"r"}]}`},
		{"update --resources=FILE c1", `{"memory":{"limit":5,"checkBeforeUpdate":true},"unified":{"memory.high":"7"},"devices":[{"allow":false,"access":"r"}]}`},
		{"update c1 -r FILE --memory=", `{"memory":{"limit":5,"checkBeforeUpdate":true},"unified":{"memory.high":"7"},"devices":[{"allow":false,"access":"r"}]}`},
	} {
		r := &recorder{}
		got := command(t, r, strings.Fields(strings.ReplaceAll(tc.line, "FILE", file))...)
		if got != (result{}) || len(r.calls) != 1 {
			t.Errorf("%s: %+v, %d calls", tc.line, got, len(r.calls))
			continue
		}
		c := r.calls[0]
		if c.Method != "update" || c.ID != "c1" || !c.Warns {
			t.Errorf("%s: %+v", tc.line, c)
		}
		if got := members(t, c.Options); !reflect.DeepEqual(got, members(t, tc.want)) {
			t.Errorf("%s:\ngot  %v\nwant %s", tc.line, got, tc.want)
		}
	}
}

// members are those of a JSON object, without empty objects.
func members(t *testing.T, v any) map[string]any {
	t.Helper()
	text, isText := v.(string)
	b := []byte(text)
	if !isText {
		var err error
		if b, err = json.Marshal(v); err != nil {
			t.Fatal(err)
		}
	}
	var m map[string]any
	if err := json.Unmarshal(b, &m); err != nil {
		t.Fatal(err)
	}
	maps.DeleteFunc(m, func(_ string, v any) bool {
		o, ok := v.(map[string]any)
		return ok && len(o) == 0
	})
	return m
}

// TestUpdateResources: what --resources refuses before anything is called.
func TestUpdateResources(t *testing.T) {
	dir := t.TempDir()
	big := filepath.Join(dir, "big")
	if err := os.WriteFile(big, append(bytes.Repeat([]byte(" "), spec.MaxSize-1), "{}"...), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct{ text, want string }{
		{``, "resources: line 1, column 1: unexpected end of text, expected a value"},
		{`{"memory":{"limit":"5"}}`, `resources: memory.limit: "5": expected an integer from -9223372036854775808 to 9223372036854775807`},
		{`{"memory":{"limit":1.5}}`, `resources: memory.limit: 1.5: expected an integer`},
		{`{"memory":{"Limit":5}}`, `resources: memory.Limit: `},
		{`{"cpu":{"shares":1},"cpu":{}}`, `resources: cpu: `},
		{`{"pids":{"limit":5}} x`, `resources: line 1, column 22: `},
		{`[]`, `resources: `},
		{"big", "resources: 16777217 bytes: expected at most 16777216"},
		{"missing", "--resources: open " + dir + "/missing: no such file or directory"},
	} {
		file := filepath.Join(dir, "r.json")
		if tc.text == "big" || tc.text == "missing" {
			file = filepath.Join(dir, tc.text)
		} else if err := os.WriteFile(file, []byte(tc.text), 0o600); err != nil {
			t.Fatal(err)
		}
		r := &recorder{}
		got := command(t, r, "update", "--resources", file, "c1")
		if got.status != 1 || len(r.calls) != 0 || !strings.HasPrefix(got.stderr, "runseal: "+tc.want) || strings.Count(got.stderr, "\n") != 1 {
			t.Errorf("%s: %+v, %d calls, want %s", tc.text, got, len(r.calls), tc.want)
		}
	}
}

// TestUpdateRDT: the limits of Intel RDT go a way of their own, and alone.
func TestUpdateRDT(t *testing.T) {
	for _, tc := range []struct {
		argv []string
		want [2]string
	}{
		{[]string{"--l3-cache-schema", "L3:0=f"}, [2]string{"L3:0=f", ""}},
		{[]string{"--mem-bw-schema", "MB:0=50", "--l3-cache-schema", "L3:0=f"}, [2]string{"L3:0=f", "MB:0=50"}},
	} {
		r := &recorder{}
		got := command(t, r, append(append([]string{"update"}, tc.argv...), "c1")...)
		if got != (result{}) || len(r.calls) != 1 || r.calls[0].Options != tc.want {
			t.Errorf("%q: %+v, %+v", tc.argv, got, r.calls)
		}
	}
	for _, flag := range []string{"--memory=5", "--resources=file", "--cpuset-cpus=0"} {
		r := &recorder{}
		got := command(t, r, "update", flag, "--mem-bw-schema", "MB:0=50", "c1")
		if got.status == 0 || len(r.calls) != 0 || !strings.Contains(got.stderr, "--l3-cache-schema and --mem-bw-schema cannot be combined with other limits") {
			t.Errorf("%s: %+v, %+v", flag, got, r.calls)
		}
	}
}

// TestKernelMemory: ignored without a word, unless somebody looks for a fault.
func TestKernelMemory(t *testing.T) {
	got := command(t, &recorder{}, "--debug", "update", "--kernel-memory", "5", "c1")
	if got.status != 0 || !strings.HasPrefix(got.stderr, "runseal: debug: limits of kernel memory are ignored\n") {
		t.Errorf("%+v", got)
	}
}

func TestSize(t *testing.T) {
	for text, want := range map[string]int64{
		"0": 0, "1": 1, "-1": -1, "1024": 1024, "100b": 100, "1k": 1 << 10, "1K": 1 << 10, "2KB": 2 << 10, "2kib": 2 << 10, "64 MiB": 64 << 20, "100M": 100 << 20,
		"1.5g": 3 << 29, "0.5k": 512, "1.0000000001k": 1024, "3T": 3 << 40, "1p": 1 << 50, "9223372036854775807": math.MaxInt64, "8191P": 8191 << 50,
	} {
		if n, ok := parseSize(text); !ok || n != want {
			t.Errorf("%q: %d, %v, want %d", text, n, ok, want)
		}
	}
	for _, text := range []string{"", "-2", "-1k", "k", "M1", "1x", "1kx", "1bb", "1ib", "1 k b", "1  k", ".5k", "5.k", "1e3", "0x10", "+1", "inf", "nan", "1.5.5",
		"9223372036854775808", "8192P", "8191.9999999999999999999P", "99999999999999999999", "1\n", "\u0661"} {
		if n, ok := parseSize(text); ok {
			t.Errorf("%q: %d, expected none", text, n)
		}
	}
}
