package cgroup

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/opencontainers/runtime-spec/specs-go"
	"github.com/runseal/runseal/runtime/spec"
)

func parse(t testing.TB, text string) *specs.LinuxResources {
	t.Helper()
	r, err := spec.ParseResources([]byte(text))
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return r
}

func TestMerge(t *testing.T) {
	for _, tc := range []struct{ now, change, want string }{
		{`{}`, `{}`, `{}`},
		{`{"memory":{"limit":5}}`, `{}`, `{"memory":{"limit":5}}`},
		{`{}`, `{"memory":{"limit":5}}`, `{"memory":{"limit":5}}`},
		{`{"memory":{"limit":5,"swap":9}}`, `{"memory":{"limit":6}}`, `{"memory":{"limit":6,"swap":9}}`},
		{`{"memory":{"limit":5,"swap":9}}`, `{"memory":{"swap":-1}}`, `{"memory":{"limit":5,"swap":-1}}`},
		// no limit of memory, no limit of the sum
		{`{"memory":{"limit":5,"swap":9}}`, `{"memory":{"limit":-1}}`, `{"memory":{"limit":-1,"swap":-1}}`},
		{`{"memory":{"limit":5}}`, `{"memory":{"limit":-1,"swap":0}}`, `{"memory":{"limit":-1,"swap":-1}}`},
		// zeros that engines send for "not set"
		{`{"memory":{"limit":5,"swap":9,"reservation":3},"cpu":{"shares":7,"quota":8,"period":9,"realtimePeriod":1,"realtimeRuntime":2},"blockIO":{"weight":10,"leafWeight":11},"network":{"classID":4}}`,
			`{"memory":{"limit":0,"swap":0,"reservation":0},"cpu":{"shares":0,"quota":0,"period":0,"realtimePeriod":0,"realtimeRuntime":0},"blockIO":{"weight":0,"leafWeight":0},"network":{"classID":0}}`,
			`{"memory":{"limit":5,"swap":9,"reservation":3},"cpu":{"shares":7,"quota":8,"period":9,"realtimePeriod":1,"realtimeRuntime":2},"blockIO":{"weight":10,"leafWeight":11},"network":{"classID":4}}`},
		{`{"memory":{"swappiness":5}}`, `{"memory":{"swappiness":18446744073709551615}}`, `{"memory":{"swappiness":5}}`},
		// and those that are values
		{`{"memory":{"swappiness":5,"disableOOMKiller":true,"checkBeforeUpdate":true},"cpu":{"burst":5,"idle":1},"pids":{"limit":7}}`,
			`{"memory":{"swappiness":0,"disableOOMKiller":false,"checkBeforeUpdate":false},"cpu":{"burst":0,"idle":0},"pids":{"limit":0}}`,
			`{"memory":{"swappiness":0,"disableOOMKiller":false,"checkBeforeUpdate":false},"cpu":{"burst":0,"idle":0},"pids":{"limit":0}}`},
		{`{"cpu":{"cpus":"0","mems":"1"}}`, `{"cpu":{"cpus":"2","mems":""}}`, `{"cpu":{"cpus":"2","mems":"1"}}`},
		// lists, entry by entry
		{`{"hugepageLimits":[{"pageSize":"2MB","limit":1},{"pageSize":"1GB","limit":2}]}`, `{"hugepageLimits":[{"pageSize":"64KB","limit":4},{"pageSize":"2MB","limit":3}]}`,
			`{"hugepageLimits":[{"pageSize":"2MB","limit":3},{"pageSize":"1GB","limit":2},{"pageSize":"64KB","limit":4}]}`},
		{`{"blockIO":{"throttleReadBpsDevice":[{"major":8,"minor":0,"rate":1}],"throttleWriteIOPSDevice":[{"major":8,"minor":0,"rate":2}],"weightDevice":[{"major":8,"minor":0,"weight":20}]}}`,
			`{"blockIO":{"throttleReadBpsDevice":[{"major":8,"minor":0,"rate":3},{"major":8,"minor":1,"rate":4}],"throttleWriteBpsDevice":[{"major":8,"minor":0,"rate":5}],"throttleReadIOPSDevice":[{"major":8,"minor":0,"rate":6}],"weightDevice":[{"major":8,"minor":0,"leafWeight":30}]}}`,
			`{"blockIO":{"weightDevice":[{"major":8,"minor":0,"weight":20,"leafWeight":30}],"throttleReadBpsDevice":[{"major":8,"minor":0,"rate":3},{"major":8,"minor":1,"rate":4}],"throttleWriteBpsDevice":[{"major":8,"minor":0,"rate":5}],"throttleReadIOPSDevice":[{"major":8,"minor":0,"rate":6}],"throttleWriteIOPSDevice":[{"major":8,"minor":0,"rate":2}]}}`},
		{`{"network":{"classID":1,"priorities":[{"name":"lo","priority":1}]}}`, `{"network":{"priorities":[{"name":"eth0","priority":2},{"name":"lo","priority":3}]}}`,
			`{"network":{"classID":1,"priorities":[{"name":"lo","priority":3},{"name":"eth0","priority":2}]}}`},
		{`{"rdma":{"a":{"hcaHandles":1,"hcaObjects":2}}}`, `{"rdma":{"a":{"hcaHandles":3},"b":{"hcaObjects":4}}}`,
			`{"rdma":{"a":{"hcaHandles":3,"hcaObjects":2},"b":{"hcaObjects":4}}}`},
		{`{"unified":{"a.b":"1","c.d":"2"}}`, `{"unified":{"c.d":"3","e.f":"4"}}`, `{"unified":{"a.b":"1","c.d":"3","e.f":"4"}}`},
		// device rules are left alone
		{`{"devices":[{"allow":false,"access":"rwm"}]}`, `{"devices":[{"allow":true,"access":"rwm"}]}`, `{}`},
	} {
		now, change := parse(t, tc.now), parse(t, tc.change)
		got := Merge(now, change)
		if text := marshal(t, got); !equalJSON(t, text, tc.want) {
			t.Errorf("%s\nand %s\ngot  %s\nwant %s", tc.now, tc.change, text, tc.want)
		}
		if !reflect.DeepEqual(now, parse(t, tc.now)) || !reflect.DeepEqual(change, parse(t, tc.change)) {
			t.Errorf("%s and %s: the arguments were changed", tc.now, tc.change)
		}
	}
	if got := marshal(t, Merge(nil, nil)); got != "{}" {
		t.Errorf("nothing and nothing: %s", got)
	}
}

// TestMergeKnowsAllFields: a field that a new version of the specification brings is
// not forgotten.
func TestMergeKnowsAllFields(t *testing.T) {
	var all specs.LinuxResources
	n := 0
	fill(reflect.ValueOf(&all).Elem(), &n)
	all.Devices = nil
	for name, got := range map[string]*specs.LinuxResources{"change": Merge(nil, &all), "now": Merge(&all, nil)} {
		if !reflect.DeepEqual(got, &all) {
			t.Errorf("of %s alone:\ngot  %s\nwant %s", name, marshal(t, got), marshal(t, &all))
		}
	}
}

// fill gives everything below v a value of its own.
func fill(v reflect.Value, n *int) {
	*n++
	switch v.Kind() {
	case reflect.String:
		v.SetString(fmt.Sprint("v", *n))
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int64:
		v.SetInt(int64(*n))
	case reflect.Uint16, reflect.Uint32, reflect.Uint64:
		v.SetUint(uint64(*n))
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem(), n)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		fill(v.Index(0), n)
		fill(v.Index(1), n)
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		elem := reflect.New(v.Type().Elem()).Elem()
		fill(elem, n)
		v.SetMapIndex(reflect.ValueOf(fmt.Sprint("k", *n)), elem)
	case reflect.Struct:
		for i := range v.NumField() {
			fill(v.Field(i), n)
		}
	default:
		panic("a field of type " + v.Type().String())
	}
}

func marshal(t testing.TB, r *specs.LinuxResources) string {
	t.Helper()
	b, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// equalJSON compares without the empty objects and the order that a struct has.
func equalJSON(t testing.TB, a, b string) bool {
	t.Helper()
	return marshal(t, parse(t, a)) == marshal(t, parse(t, b))
}

// FuzzMerge: whatever was recorded and whatever is asked for, the result can be
// recorded again; asking twice is asking once; and nothing is lost that was not
// named.
func FuzzMerge(f *testing.F) {
	for _, s := range []string{
		`{}`, `null`, `{"memory":{"limit":-1,"swap":5},"cpu":{"burst":0,"cpus":"0-1"},"pids":{"limit":3}}`,
		`{"unified":{"memory.high":"5"},"rdma":{"x":{"hcaHandles":5}},"hugepageLimits":[{"pageSize":"2MB","limit":1}]}`,
		`{"blockIO":{"weight":10,"weightDevice":[{"major":8,"minor":0,"weight":20}],"throttleReadBpsDevice":[{"major":8,"minor":0,"rate":1},{"major":8,"minor":0,"rate":2}]},"network":{"classID":1,"priorities":[{"name":"lo","priority":1}]}}`,
	} {
		f.Add(s, `{"memory":{"limit":7}}`)
		f.Add(`{"cpu":{"shares":5}}`, s)
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		now, err := spec.ParseResources([]byte(a))
		if err != nil {
			return
		}
		change, err := spec.ParseResources([]byte(b))
		if err != nil {
			return
		}
		merged := Merge(now, change)
		text := marshal(t, merged)
		if strings.Contains(text, "\n") {
			t.Fatalf("not compact: %q", text)
		}
		again, err := spec.ParseResources([]byte(text))
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		if got := marshal(t, again); got != text {
			t.Errorf("recorded %s\nread    %s", text, got)
		}
		if got := marshal(t, Merge(merged, change)); !equalJSON(t, got, text) {
			t.Errorf("once  %s\ntwice %s", text, got)
		}
		if got := marshal(t, Merge(merged, nil)); !equalJSON(t, got, text) {
			t.Errorf("was %s\nis  %s", text, got)
		}
		// Neither the one conversion nor the other panics, on any host.
		for _, l := range []Layout{full(), {Mode: V2, Unified: root, UnifiedOwn: "/"}} {
			convert(l, merged)
			c := Open(map[string]string{"": root + "/x"})
			if l.Mode == V1 {
				c = v1Cgroup()
			}
			c.convertUpdate(merged, change)
		}
	})
}
