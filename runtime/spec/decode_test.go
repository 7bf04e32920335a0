package spec

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"

	mobyseccomp "github.com/moby/profiles/seccomp"
	"github.com/opencontainers/runtime-spec/specs-go"
)

// linuxSpec is specs.Spec without the sections of other platforms, which this
// package skips. encoding/json, decoding into it, is the reference.
var linuxSpec = func() reflect.Type {
	var list []reflect.StructField
	for _, f := range reflect.VisibleFields(reflect.TypeFor[specs.Spec]()) {
		switch f.Name {
		case "Solaris", "Windows", "VM", "ZOS", "FreeBSD":
		default:
			list = append(list, f)
		}
	}
	return reflect.StructOf(list)
}()

// reference decodes with encoding/json.
func reference(data []byte) (*specs.Spec, error) {
	v := reflect.New(linuxSpec)
	if err := json.Unmarshal(data, v.Interface()); err != nil {
		return nil, err
	}
	s := new(specs.Spec)
	for i := range linuxSpec.NumField() {
		reflect.ValueOf(s).Elem().FieldByName(linuxSpec.Field(i).Name).Set(v.Elem().Field(i))
	}
	return s, nil
}

// fill sets everything that v holds to a value that is neither zero nor the same
// twice: strings and numbers from a counter, two elements in each list and map.
// limits asks for the largest numbers instead.
func fill(v reflect.Value, n *int, limits bool) {
	*n++
	switch v.Kind() {
	case reflect.String:
		v.SetString(fmt.Sprintf("v%d \"ä\n\u2028", *n))
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int32, reflect.Int64:
		v.SetInt(int64(-*n))
		if limits {
			v.SetInt(-1 << 31)
			if v.Kind() == reflect.Int64 {
				v.SetInt(-1 << 63)
			}
		}
	case reflect.Uint, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		v.SetUint(uint64(*n))
		if limits {
			bits := v.Type().Bits()
			if v.Kind() == reflect.Uint {
				bits = 32
			}
			v.SetUint(^uint64(0) >> (64 - bits))
		}
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem(), n, limits)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		fill(v.Index(0), n, limits)
		fill(v.Index(1), n, limits)
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		for range 2 {
			elem := reflect.New(v.Type().Elem()).Elem()
			fill(elem, n, limits)
			v.SetMapIndex(reflect.ValueOf(fmt.Sprintf("key %d", *n)), elem)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			fill(v.Field(i), n, limits)
		}
	default:
		panic("no value for " + v.Type().String())
	}
}

// full gives a spec in which every field of this platform is set.
func full(limits bool) *specs.Spec {
	s := new(specs.Spec)
	n := 0
	for _, f := range reflect.VisibleFields(linuxSpec) {
		fill(reflect.ValueOf(s).Elem().FieldByName(f.Name), &n, limits)
	}
	return s
}

func mustJSON(t testing.TB, v any) []byte {
	t.Helper()
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// Every field of the schema is decoded, into the right place.
func TestEveryField(t *testing.T) {
	for _, limits := range []bool{false, true} {
		want := full(limits)
		data := mustJSON(t, want)
		got, err := Parse(data)
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("limits %v: decoded spec differs:\n got %s\nwant %s", limits, mustJSON(t, got), data)
		}
		p, err := ParseProcess(mustJSON(t, want.Process))
		if err != nil || !reflect.DeepEqual(p, want.Process) {
			t.Errorf("ParseProcess: %v, %v", p, err)
		}
		r, err := ParseResources(mustJSON(t, want.Linux.Resources))
		if err != nil || !reflect.DeepEqual(r, want.Linux.Resources) {
			t.Errorf("ParseResources: %v, %v", r, err)
		}
	}
}

// Each field alone: a wrong index in generated code would show as a duplicate
// or a missing field.
func TestEveryFieldTwice(t *testing.T) {
	var doc map[string]json.RawMessage
	if err := json.Unmarshal(mustJSON(t, full(false)), &doc); err != nil {
		t.Fatal(err)
	}
	for name, value := range doc {
		text := fmt.Sprintf("{%q:%s,%q:%s}", name, value, name, value)
		want := name + ": duplicate field, expected every name only once"
		if _, err := Parse([]byte(text)); err == nil || err.Error() != want {
			t.Errorf("%s twice: %v, want %s", name, err, want)
		}
		text = fmt.Sprintf("{%q:%s}", strings.ToUpper(name), value)
		want = fmt.Sprintf("%s: unknown field, did you mean %q", strings.ToUpper(name), name)
		if _, err := Parse([]byte(text)); err == nil || err.Error() != want {
			t.Errorf("%s in capitals: %v, want %s", name, err, want)
		}
	}
}

// Valid texts mean the same to encoding/json.
func TestAgainstEncodingJSON(t *testing.T) {
	for _, text := range []string{
		`{}`,
		`{"ociVersion":"1.0.2","process":null,"mounts":null,"annotations":null,"linux":null,"hooks":null}`,
		`{"mounts":[],"annotations":{},"linux":{"sysctl":{},"namespaces":[],"maskedPaths":[]}}`,
		`{"process":{"args":[],"env":["A=]","B=,,,"],"oomScoreAdj":-1000,"user":{"umask":18,"additionalGids":[1,2]}}}`,
		`{"process":{"oomScoreAdj":null,"user":{"umask":null},"capabilities":null,"rlimits":null}}`,
		`{"linux":{"resources":{"rdma":{"mlx":{"hcaHandles":3}},"unified":{"memory.high":"1"},"devices":[{"allow":true,"major":null}]}}}`,
		`{"linux":{"resources":{"memory":{"limit":-1,"swappiness":18446744073709551615,"kernel":-9223372036854775808}}}}`,
		`{"linux":{"devices":[{"path":"/d","type":"c","major":1,"minor":-0,"fileMode":438}]}}`,
		`{"x-unknown":[{"a":{"b":[1.5e300,"\u0000",null]}}],"windows":{"layerFolders":["x"]},"process":{"x":{}}}`,
		"\t{ \"hostname\" : \"\\u00e4\\ud83d\\ude00\\/\" }\r\n",
	} {
		want, err := reference([]byte(text))
		if err != nil {
			t.Errorf("%s: encoding/json: %v", text, err)
			continue
		}
		got, err := Parse([]byte(text))
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s:\n got %s, %v\nwant %s", text, mustJSON(t, got), err, mustJSON(t, want))
		}
	}
}

// example is a config.json as engines write it: the default configuration with
// Docker's profile, about 20 kB.
func example(t testing.TB) []byte {
	s := DefaultOptions{}.Spec()
	profile, err := mobyseccomp.GetDefaultProfile(s)
	if err != nil {
		t.Fatal(err)
	}
	s.Linux.Seccomp = profile
	var b bytes.Buffer
	if err := json.Indent(&b, mustJSON(t, s), "", "\t"); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestExample(t *testing.T) {
	data := example(t)
	want, err := reference(data)
	if err != nil {
		t.Fatal(err)
	}
	got, err := Parse(data)
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Fatalf("%v", err)
	}
	if err := Validate(got); err != nil {
		t.Error(err)
	}
}

// FuzzParse: whatever the text, there is no panic, and what is accepted is what
// encoding/json makes of it.
func FuzzParse(f *testing.F) {
	f.Add(example(f))
	f.Add(mustJSON(f, full(false)))
	f.Add(mustJSON(f, full(true)))
	for _, c := range cases(f) {
		f.Add(c.text)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := Parse(data)
		if err != nil {
			if text := err.Error(); strings.ContainsAny(text, "\n\r\x00") {
				t.Errorf("error is not one line: %q", text)
			}
			return
		}
		want, err := reference(data)
		if err != nil {
			t.Fatalf("accepted, but encoding/json says %v", err)
		}
		if !reflect.DeepEqual(s, want) {
			t.Errorf("differs:\n got %s\nwant %s", mustJSON(t, s), mustJSON(t, want))
		}
		if err := Validate(s); err != nil && strings.ContainsAny(err.Error(), "\n\r\x00") {
			t.Errorf("error is not one line: %q", err)
		}
	})
}

// FuzzParseResources is FuzzParse for the file of update --resources.
func FuzzParseResources(f *testing.F) {
	for _, limits := range []bool{false, true} {
		f.Add(mustJSON(f, full(limits).Linux.Resources))
	}
	for _, text := range []string{`{}`, `null`, `[]`, `{"memory":{"limit":1e3}}`, `{"cpu":{"shares":-1}}`, `{"unified":{"a":"b","a":"c"}}`, `{"rdma":{"x":null}}`} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := ParseResources(data)
		if err != nil {
			if text := err.Error(); strings.ContainsAny(text, "\n\r\x00") {
				t.Errorf("error is not one line: %q", text)
			}
			return
		}
		want := new(specs.LinuxResources)
		if err := json.Unmarshal(data, want); err != nil {
			t.Fatalf("accepted, but encoding/json says %v", err)
		}
		if !reflect.DeepEqual(r, want) {
			t.Errorf("differs:\n got %s\nwant %s", mustJSON(t, r), mustJSON(t, want))
		}
	})
}

// FuzzParseProcess is FuzzParse for the file of exec --process.
func FuzzParseProcess(f *testing.F) {
	for _, limits := range []bool{false, true} {
		f.Add(mustJSON(f, full(limits).Process))
	}
	for _, text := range []string{`{}`, `null`, `{"args":["a"],"cwd":"/","user":{"uid":4294967296,"gid":0}}`, `{"args":["a"],"ARGS":["b"],"cwd":"/"}`} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := ParseProcess(data)
		if err != nil {
			if text := err.Error(); strings.ContainsAny(text, "\n\r\x00") {
				t.Errorf("error is not one line: %q", text)
			}
			return
		}
		want := new(specs.Process)
		if err := json.Unmarshal(data, want); err != nil {
			t.Fatalf("accepted, but encoding/json says %v", err)
		}
		if !reflect.DeepEqual(p, want) {
			t.Errorf("differs:\n got %s\nwant %s", mustJSON(t, p), mustJSON(t, want))
		}
		if err := ValidateProcess(p); err != nil && strings.ContainsAny(err.Error(), "\n\r\x00") {
			t.Errorf("error is not one line: %q", err)
		}
	})
}

func BenchmarkParse(b *testing.B) {
	data := example(b)
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Parse(data); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkValidate(b *testing.B) {
	s, err := Parse(example(b))
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if err := Validate(s); err != nil {
			b.Fatal(err)
		}
	}
}

// The limits are those of the decoder, and no other door leads around them.
func TestParseTooLarge(t *testing.T) {
	big := append(bytes.Repeat([]byte(" "), MaxSize-1), "{}"...)
	want := fmt.Sprintf("%d bytes: expected at most %d", MaxSize+1, MaxSize)
	if _, err := Parse(big); err == nil || err.Error() != want {
		t.Errorf("Parse: %v, want %s", err, want)
	}
	if _, err := ParseProcess(big); err == nil || err.Error() != want {
		t.Errorf("ParseProcess: %v, want %s", err, want)
	}
	if _, err := ParseResources(big); err == nil || err.Error() != want {
		t.Errorf("ParseResources: %v, want %s", err, want)
	}
	if _, err := Parse(big[1:]); err != nil {
		t.Errorf("%d bytes: %v", len(big)-1, err)
	}
}
