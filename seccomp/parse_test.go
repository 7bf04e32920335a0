package seccomp

import (
	"encoding/json"
	"errors"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/opencontainers/runtime-spec/specs-go"

	"github.com/runseal/runseal/seccomp/bpf"
	"github.com/runseal/runseal/seccomp/profiles/docker"
	"github.com/runseal/runseal/seccomp/strictjson"
)

// Every field that the schema has arrives in its place.
func TestParseProfile(t *testing.T) {
	errno, highest := uint(38), uint(1<<32-1)
	want := &specs.LinuxSeccomp{
		DefaultAction:    specs.ActErrno,
		DefaultErrnoRet:  &errno,
		Architectures:    []specs.Arch{specs.ArchX86_64, specs.ArchX32},
		Flags:            []specs.LinuxSeccompFlag{specs.LinuxSeccompFlagLog},
		ListenerPath:     "/run/agent.sock",
		ListenerMetadata: "a \"b\"\n\u2028ä",
		Syscalls: []specs.LinuxSyscall{
			{Names: []string{"clone", "unshare"}, Action: specs.ActErrno, ErrnoRet: &highest, Args: []specs.LinuxSeccompArg{
				{Index: 1, Value: 1<<64 - 1, ValueTwo: 3, Op: specs.OpMaskedEqual}, {Index: 0, Value: 0, Op: specs.OpEqualTo}}},
			{Names: []string{"read"}, Action: specs.ActAllow, Args: []specs.LinuxSeccompArg{}},
		},
	}
	for _, v := range []reflect.Value{reflect.ValueOf(*want), reflect.ValueOf(want.Syscalls[0]), reflect.ValueOf(want.Syscalls[0].Args[0])} {
		for i := range v.NumField() {
			if v.Field(i).IsZero() {
				t.Errorf("%s.%s is not part of this test", v.Type(), v.Type().Field(i).Name)
			}
		}
	}
	data, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	got, err := ParseProfile(data)
	// omitempty leaves out the empty list.
	want.Syscalls[1].Args = nil
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%s:\n got %+v, %v\nwant %+v", data, got, err, want)
	}

	got, err = ParseProfile([]byte(` { "x-comment" : [ { } ] , "defaultAction" : "SCMP_ACT_LOG" , "syscalls" : [ ] , "flags" : null } `))
	if err != nil || !reflect.DeepEqual(got, &specs.LinuxSeccomp{DefaultAction: specs.ActLog, Syscalls: []specs.LinuxSyscall{}}) {
		t.Errorf("%+v, %v", got, err)
	}
}

// DecodeProfile reads one value of a larger document.
func TestDecodeProfile(t *testing.T) {
	d := strictjson.NewDecoder([]byte(`[{"defaultAction":"SCMP_ACT_LOG"},{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["a"]}]}]`))
	var list []specs.LinuxSeccomp
	err := d.Array(func(int) error {
		var v specs.LinuxSeccomp
		err := DecodeProfile(d, &v)
		list = append(list, v)
		return err
	})
	const want = "[1].syscalls[0].action: missing, expected a value because the field is required"
	if err == nil || err.Error() != want || len(list) != 2 || list[0].DefaultAction != specs.ActLog {
		t.Errorf("%+v, %v, want %s", list, err, want)
	}
}

func TestParseProfileErrors(t *testing.T) {
	rule := func(members string) string {
		return `{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["a"],"action":"SCMP_ACT_LOG"},{` + members + `}]}`
	}
	arg := func(members string) string {
		return rule(`"names":["a"],"action":"SCMP_ACT_LOG","args":[{` + members + `}]`)
	}
	const missing = ": missing, expected a value because the field is required"
	for _, c := range []struct{ text, field, want string }{
		{``, "", "line 1, column 1: unexpected end of text, expected a value"},
		{`[]`, "", "an array: expected an object"},
		{`{}`, "defaultAction", "defaultAction" + missing},
		{`{"defaultAction":null}`, "defaultAction", "defaultAction: null: expected a string"},
		{`{"defaultAction":"SCMP_ACT_ALLOW"} {}`, "", "line 1, column 36: unexpected '{', expected the end of the text, after one value"},
		{`{"DefaultAction":"SCMP_ACT_ALLOW"}`, "DefaultAction", `DefaultAction: unknown field, did you mean "defaultAction"`},
		{`{"defaultAction":"SCMP_ACT_ALLOW","defaultAction":"SCMP_ACT_LOG"}`, "defaultAction", "defaultAction: duplicate field, expected every name only once"},
		{`{"defaultAction":"SCMP_ACT_ALLOW","x":{"y":1,"y":2}}`, "x.y", "x.y: duplicate field, expected every name only once"},
		{`{"defaultAction":"SCMP_ACT_ALLOW","defaultErrnoRet":-1}`, "defaultErrnoRet", "defaultErrnoRet: -1: expected an integer from 0 to 4294967295"},
		{`{"defaultAction":"SCMP_ACT_ALLOW","architectures":[62]}`, "architectures[0]", "architectures[0]: 62: expected a string"},
		{rule(`"names":["a"]`), "syscalls[1].action", "syscalls[1].action" + missing},
		{rule(`"action":"SCMP_ACT_LOG"`), "syscalls[1].names", "syscalls[1].names" + missing},
		{rule(`"names":null,"action":"SCMP_ACT_LOG"`), "syscalls[1].names", "syscalls[1].names" + missing},
		{rule(`"names":["a",null],"action":"SCMP_ACT_LOG"`), "syscalls[1].names[1]", "syscalls[1].names[1]: null: expected a string"},
		{rule(`"errnoRet":1.0`), "syscalls[1].errnoRet", "syscalls[1].errnoRet: 1.0: expected an integer from 0 to 4294967295"},
		{rule(`"arg":[],"Args":[]`), "syscalls[1].Args", `syscalls[1].Args: unknown field, did you mean "args"`},
		{arg(`"index":0,"op":"SCMP_CMP_EQ"`), "syscalls[1].args[0].value", "syscalls[1].args[0].value" + missing},
		{arg(`"value":0,"op":"SCMP_CMP_EQ"`), "syscalls[1].args[0].index", "syscalls[1].args[0].index" + missing},
		{arg(`"value":0,"index":0`), "syscalls[1].args[0].op", "syscalls[1].args[0].op" + missing},
		{arg(`"value":18446744073709551616`), "syscalls[1].args[0].value", "syscalls[1].args[0].value: 18446744073709551616: expected an integer from 0 to 18446744073709551615"},
		{rule(`"names":["a"],"action":"SCMP_ACT_LOG","includes":{"caps":["CAP_BPF"]}`), "syscalls[1].includes",
			"syscalls[1].includes: part of Docker's profile format, expected a linux.seccomp object; profiles.Parse turns one into the other"},
		{`{"defaultAction":"SCMP_ACT_ALLOW","archMap":[]}`, "archMap",
			"archMap: part of Docker's profile format, expected a linux.seccomp object; profiles.Parse turns one into the other"},
		{arg(`"op":"\ud800"`), "syscalls[1].args[0].op", `syscalls[1].args[0].op: line 1, column 141: unpaired surrogate \ud800`},
	} {
		if c.field != "" {
			c.field, c.want = "linux.seccomp."+c.field, "linux.seccomp."+c.want
		}
		_, err := ParseProfile([]byte(c.text))
		var field *strictjson.FieldError
		if err == nil || err.Error() != c.want || !errors.As(err, &field) || field.Field != c.field {
			t.Errorf("%s:\n got %v\nwant %s", c.text, err, c.want)
		}
	}
}

// FuzzProfile: whatever the text, there is no panic; what is accepted is what
// encoding/json makes of it, and what compiles is proved to be what the profile
// means.
func FuzzProfile(f *testing.F) {
	docker, err := docker.Default(docker.Host{Caps: docker.Capabilities()})
	if err != nil {
		f.Fatal(err)
	}
	data, err := json.Marshal(docker)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	for _, name := range []string{"containerd", "containerd-all"} {
		data, err := os.ReadFile("testdata/" + name + ".json")
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Add([]byte(`{"defaultAction":"SCMP_ACT_ERRNO","defaultErrnoRet":38,"architectures":["SCMP_ARCH_X86","SCMP_ARCH_X32"],"flags":[],
		"syscalls":[{"names":["socket","clone"],"action":"SCMP_ACT_TRACE","errnoRet":7,"args":[
		{"index":0,"value":2080505856,"valueTwo":0,"op":"SCMP_CMP_MASKED_EQ"},{"index":5,"value":18446744073709551615,"op":"SCMP_CMP_GE"}]}]}`))
	f.Add([]byte(`{"defaultAction":"SCMP_ACT_ALLOW","listenerPath":"/a","syscalls":[{"names":["read"],"action":"SCMP_ACT_NOTIFY"}]}`))
	f.Add([]byte(`{"defaultAction":"\u0053CMP_ACT_LOG","syscalls":null,"x":[{"a":1,"a":2}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		profile, err := ParseProfile(data)
		if err != nil {
			oneLine(t, err)
			return
		}
		var want specs.LinuxSeccomp
		if err := json.Unmarshal(data, &want); err != nil || !reflect.DeepEqual(profile, &want) {
			t.Fatalf("%q: %+v, but encoding/json says %+v, %v", data, profile, want, err)
		}
		p, err := NewPolicy(profile, Options{})
		if err != nil {
			oneLine(t, err)
			return
		}
		filter, err := p.Compile()
		if err != nil {
			oneLine(t, err)
			return
		}
		if err := Verify(filter.Instructions, p); err != nil && !errors.Is(err, bpf.ErrComplex) {
			t.Errorf("%q: %v", data, err)
		}
		for _, w := range filter.Warnings {
			oneLine(t, errors.New(w))
		}
	})
}

func oneLine(t *testing.T, err error) {
	if text := err.Error(); text == "" || strings.ContainsAny(text, "\n\r\x00") {
		t.Errorf("not one line: %q", text)
	}
}
