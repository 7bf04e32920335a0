package policy

import (
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	"github.com/opencontainers/runtime-spec/specs-go"

	"github.com/runseal/runseal/runtime/spec"
	"github.com/runseal/runseal/seccomp"
)

// appendProfile knows every member. A new version of the specification's types fails
// here before a profile loses something on its way to exec.
func TestMembersKnown(t *testing.T) {
	for typ, want := range map[reflect.Type]string{
		reflect.TypeFor[specs.LinuxSeccomp]():    "DefaultAction DefaultErrnoRet Architectures Flags ListenerPath ListenerMetadata Syscalls",
		reflect.TypeFor[specs.LinuxSyscall]():    "Names Action ErrnoRet Args",
		reflect.TypeFor[specs.LinuxSeccompArg](): "Index Value ValueTwo Op",
	} {
		var have []string
		for i := range typ.NumField() {
			have = append(have, typ.Field(i).Name)
		}
		if got := strings.Join(have, " "); got != want {
			t.Errorf("%s has %s, appendProfile writes %s", typ, got, want)
		}
	}
}

// What appendProfile writes, the decoder of config.json reads back, nil and empty
// lists told apart.
func TestAppendProfile(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	text := func() string {
		return []string{"", "read", "SCMP_ACT_ALLOW", "\"\\\n\u2028", "ä"}[rng.IntN(5)]
	}
	errno := func() *uint {
		if rng.IntN(2) == 0 {
			return nil
		}
		n := uint(rng.Uint32())
		return &n
	}
	for range 500 {
		want := specs.LinuxSeccomp{DefaultAction: specs.LinuxSeccompAction(text()), DefaultErrnoRet: errno(), ListenerPath: text(), ListenerMetadata: text()}
		for range rng.IntN(3) {
			want.Architectures = append(want.Architectures, specs.Arch(text()))
		}
		if rng.IntN(2) == 0 {
			want.Flags = []specs.LinuxSeccompFlag{}
			for range rng.IntN(3) {
				want.Flags = append(want.Flags, specs.LinuxSeccompFlag(text()))
			}
		}
		for range rng.IntN(4) {
			rule := specs.LinuxSyscall{Action: specs.LinuxSeccompAction(text()), ErrnoRet: errno()}
			for range 1 + rng.IntN(3) {
				rule.Names = append(rule.Names, text())
			}
			for range rng.IntN(3) {
				rule.Args = append(rule.Args, specs.LinuxSeccompArg{Index: uint(rng.IntN(9)), Value: rng.Uint64(), ValueTwo: rng.Uint64() >> rng.IntN(65), Op: specs.LinuxSeccompOperator(text())})
			}
			want.Syscalls = append(want.Syscalls, rule)
		}
		b := appendProfile(nil, &want)
		d := spec.NewDecoder(b)
		var got specs.LinuxSeccomp
		err := seccomp.DecodeProfile(d, &got)
		if err == nil {
			err = d.End()
		}
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Fatalf("%v\ngot  %+v\nwant %+v\n%s", err, got, want, b)
		}
	}
}

func TestRestoreErrors(t *testing.T) {
	c := config(t, allowAll)
	for record, want := range map[string]string{
		`null`:            "the recorded node policy: ",
		`{"decision": 1}`: "the recorded node policy: decision: ",
		`{"floor": {}}`:   "the recorded node policy: floor.defaultAction: ",
		`{"ceiling": {}}`: "the recorded node policy: ceiling: unknown member",
		`{"decision": ""`: "the recorded node policy: ",
		`{"floor": {"defaultAction": "SCMP_ACT_NONE"}}`: "node policy: floor: linux.seccomp.defaultAction: ",
	} {
		if _, err := Restore([]byte(record), c, false); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: %v, want %s", record, err, want)
		}
	}
}

// With --strict-seccomp an unknown name in the policy's default is a warning at create and
// at exec: what create has decided, exec can build again.
func TestRestoreStrict(t *testing.T) {
	p, err := node(t, `{"default": "localhost/unknown.json", "floor": "localhost/unknown.json"}`)
	if err != nil {
		t.Fatal(err)
	}
	c := config(t, "")
	s, err := p.Decide(c, true)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Restore(s.Record(), c, true); err != nil {
		t.Error(err)
	}
	if _, err := Restore([]byte(`{"decision": "own profile"}`), config(t, profileFiles["unknown.json"]), true); err == nil {
		t.Error("the container's own profile: no error")
	}
}

// FuzzRestore: no record makes it panic, and one that is accepted says what was decided.
func FuzzRestore(f *testing.F) {
	f.Add([]byte(`{"decision":"floor x","killThread":true,"floor":{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["acct"],"action":"SCMP_ACT_ERRNO"}]}}`))
	f.Add([]byte(`{"decision":"default","default":{"defaultAction":"SCMP_ACT_ERRNO","syscalls":[{"names":["execve"],"action":"SCMP_ACT_ALLOW"}]}}`))
	f.Add([]byte(`{"decision":"x","other":1}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := Restore(data, new(specs.Spec), false)
		if err != nil && s != nil {
			t.Error("a seal and an error")
		}
		if err == nil && s == nil {
			t.Error("neither a seal nor an error")
		}
	})
}
