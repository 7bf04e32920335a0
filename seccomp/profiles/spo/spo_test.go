package spo

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/opencontainers/runtime-spec/specs-go"

	"github.com/runseal/runseal/seccomp"
	"github.com/runseal/runseal/seccomp/internal/dice"
	"github.com/runseal/runseal/seccomp/profiles/containerd"
	"github.com/runseal/runseal/seccomp/profiles/docker"
	"github.com/runseal/runseal/seccomp/strictjson"
)

const web = `# made by hand
apiVersion: security-profiles-operator.x-k8s.io/v1beta1
kind: SeccompProfile
metadata:
  name: web
  namespace: shop
  annotations: {a/b: "c"}
spec:
  state: Enabled
  defaultAction: SCMP_ACT_ERRNO
  architectures: [SCMP_ARCH_NATIVE, SCMP_ARCH_X86]
  listenerPath: /var/run/security-profiles-operator/agent.sock
  listenerMetadata: "7"
  flags: []
  syscalls:
  - names: [read, "write"]
    action: SCMP_ACT_ALLOW
    errnoRet: 0
  - action: SCMP_ACT_ERRNO
    errnoRet: 38
    names:
    - socket
    args:
    - {index: 1, op: SCMP_CMP_EQ}
    - index: 0
      value: 0x7e020000
      valueTwo: 1
      op: SCMP_CMP_MASKED_EQ
status:
  status: Installed
`

func TestParse(t *testing.T) {
	errno := uint(38)
	want := &Object{Name: "web", Profile: &specs.LinuxSeccomp{
		DefaultAction: specs.ActErrno, Architectures: []specs.Arch{specs.ArchAARCH64, specs.ArchX86},
		ListenerPath: "/var/run/security-profiles-operator/agent.sock", ListenerMetadata: "7",
		Syscalls: []specs.LinuxSyscall{
			{Names: []string{"read", "write"}, Action: specs.ActAllow},
			{Names: []string{"socket"}, Action: specs.ActErrno, ErrnoRet: &errno, Args: []specs.LinuxSeccompArg{
				{Index: 1, Op: specs.OpEqualTo}, {Index: 0, Value: 0x7e020000, ValueTwo: 1, Op: specs.OpMaskedEqual},
			}},
		},
	}}
	asJSON, err := fromYAML([]byte(web))
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"YAML": web, "JSON": string(asJSON), "version 1": strings.Replace(web, "v1beta1", "v1", 1), "one document": "%YAML 1.1\n---\n" + web + "...\n# the end\n",
		"line ends": strings.ReplaceAll(web, "\n", "\r\n"), "quoted keys": strings.NewReplacer("apiVersion", `"apiVersion"`, "kind:", "'kind':").Replace(web),
	} {
		if !Is([]byte(text)) {
			t.Errorf("%s is no object", name)
		}
		got, err := Parse([]byte(text), specs.ArchAARCH64)
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
	o, err := Parse([]byte(strings.Replace(web, "state: Enabled", "baseProfileName: runc-v1.2", 1)), specs.ArchX86)
	if err != nil || o.BaseProfileName != "runc-v1.2" {
		t.Errorf("%+v, %v", o, err)
	}
}

func TestIs(t *testing.T) {
	for text, want := range map[string]bool{
		web: true, "kind: Pod\n": true, `{"kind":7}`: true, ` {"a":1,"apiVersion":"v1"}`: true, "\ufeffapiVersion: v1": true,
		"": false, "{}": false, `{"defaultAction":"SCMP_ACT_LOG"}`: false, `{"spec":{"kind":1}}`: false, "spec:\n  kind: x\n": false,
		"defaultAction: SCMP_ACT_LOG\n": false, `["kind"]`: false, "kind": false, "{kind: x}": false,
	} {
		if Is([]byte(text)) != want {
			t.Errorf("%.60q: %v", text, !want)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	put := func(old, new string) string { return strings.Replace(web, old, new, 1) }
	for text, want := range map[string]string{
		put("SeccompProfile\n", "Pod\n"):                      `kind: "Pod", expected "SeccompProfile" of the Security Profiles Operator`,
		put("v1beta1", "v1alpha1"):                            `apiVersion: "security-profiles-operator.x-k8s.io/v1alpha1", expected "security-profiles-operator.x-k8s.io/v1beta1" or`,
		put("kind: SeccompProfile\n", ""):                     `kind: "", expected "SeccompProfile"`,
		put("state: Enabled", "state: Disabled"):              `spec.state: "Disabled", expected "Enabled"`,
		put("state: Enabled", "defaultErrnoRet: 38"):          "spec.defaultErrnoRet: unknown field, expected those of a SeccompProfile object only",
		put("errnoRet: 38", "errno_ret: 38"):                  "spec.syscalls[1].errno_ret: unknown field",
		put("errnoRet: 38", "errnoret: 38"):                   `spec.syscalls[1].errnoret: unknown field, did you mean "errnoRet"`,
		put("errnoRet: 38", `errnoRet: "38"`):                 "spec.syscalls[1].errnoRet: ",
		put("errnoRet: 38", "errnoRet: -1"):                   "spec.syscalls[1].errnoRet: -1: expected an integer from 0 to",
		put("valueTwo", "valuetwo"):                           `spec.syscalls[1].args[1].valuetwo: unknown field, did you mean "valueTwo"`,
		put("{index: 1, op: SCMP_CMP_EQ}", "{index: 1}"):      "spec.syscalls[1].args[0].op: missing",
		put("  defaultAction: SCMP_ACT_ERRNO\n", ""):          "spec.defaultAction: missing",
		put("[read, \"write\"]", "[read, yes]"):               "spec.syscalls[0].names[1]: ",
		put("kind:", "extra: 1\nkind:"):                       "extra: unknown field",
		put("state: Enabled", "flags: []\n  state: Enabled"):  "not YAML: ",
		web + "---\n" + web:                                   "several YAML documents, expected one object",
		web + "...\n" + web:                                   "several YAML documents, expected one object",
		web + "\r--- # more\rkind: x":                         "several YAML documents, expected one object",
		"--- {kind: x}\n--- {kind: y}":                        "several YAML documents, expected one object",
		"kind: [":                                             "not YAML: ",
		"kind: x\nkind: y":                                    "not YAML: ",
		"- kind: x":                                           "an array: expected an object",
		`{"kind":"SeccompProfile","kind":"x"}`:                "kind: duplicate field",
		strings.Repeat("#", strictjson.MaxSize) + "\nkind: x": "16777224 bytes: expected at most 16777216",
	} {
		o, err := Parse([]byte(text), specs.ArchX86_64)
		if o != nil || err == nil || !strings.HasPrefix(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%v, %.300s, want %s", o, err, want)
		}
	}
}

// survives writes a profile as an object in both forms and reads it again; it says
// whether that could be done.
func survives(t *testing.T, what string, p *specs.LinuxSeccomp) bool {
	t.Helper()
	text, err := YAML("a.b-c", p)
	if err != nil {
		if !strings.HasPrefix(err.Error(), "linux.seccomp.") || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v, want the member", what, err)
		}
		return false
	}
	asJSON, err := JSON("a.b-c", p)
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range [][]byte{text, asJSON} {
		o, err := Parse(text, specs.ArchX86_64)
		if err != nil || o.Name != "a.b-c" || !Is(text) {
			t.Fatalf("%s: %v\n%s", what, err, text)
		}
		q := o.Profile
		var policies [2]*seccomp.Policy
		for i, p := range []*specs.LinuxSeccomp{p, q} {
			if policies[i], err = seccomp.NewPolicy(p, seccomp.Options{Native: "SCMP_ARCH_X86_64"}); err != nil {
				t.Fatalf("%s: %v\n%s", what, err, text)
			}
		}
		r, err := seccomp.Compare(policies[0], policies[1])
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range r.Differences {
			t.Errorf("%s: %s", what, d)
		}
		if !reflect.DeepEqual(p.Flags, q.Flags) || p.ListenerPath != q.ListenerPath || p.ListenerMetadata != q.ListenerMetadata {
			t.Errorf("%s: flags or listener: %v, %v", what, p, q)
		}
	}
	return true
}

func TestRoundTrip(t *testing.T) {
	for _, caps := range [][]string{docker.Capabilities(), {"CAP_SYS_ADMIN"}} {
		d, err := docker.Default(docker.Host{Caps: caps, Arch: specs.ArchX86_64})
		if err != nil {
			t.Fatal(err)
		}
		c, err := containerd.Default(docker.Host{Caps: caps})
		if err != nil {
			t.Fatal(err)
		}
		if !survives(t, "docker", d) || !survives(t, "containerd", c) {
			t.Error("a default profile has no object")
		}
	}
	written := 0
	for seed := range uint64(200) {
		if survives(t, "random", dice.Random(seed, 150).Profile()) {
			written++
		}
	}
	if written < 80 {
		t.Errorf("only %d of 200 profiles could be written", written)
	}
}

func TestMarshalRefuses(t *testing.T) {
	n := func(v uint) *uint { return &v }
	rule := func(s specs.LinuxSyscall) *specs.LinuxSeccomp {
		s.Names = []string{"read"}
		return &specs.LinuxSeccomp{DefaultAction: specs.ActAllow, Syscalls: []specs.LinuxSyscall{{Names: []string{"write"}, Action: specs.ActLog}, s}}
	}
	args := func(list ...specs.LinuxSeccompArg) *specs.LinuxSeccomp {
		return rule(specs.LinuxSyscall{Action: specs.ActTrap, Args: list})
	}
	eq := specs.LinuxSeccompArg{Op: specs.OpEqualTo}
	for want, p := range map[string]*specs.LinuxSeccomp{
		"linux.seccomp.defaultErrnoRet: 38, but a SeccompProfile object has no such member, expected 1 or none": {DefaultAction: specs.ActErrno, DefaultErrnoRet: n(38)},
		"linux.seccomp.flags: an empty list is lost":                                                            {DefaultAction: specs.ActAllow, Flags: []specs.LinuxSeccompFlag{}},
		`linux.seccomp.architectures[1]: "SCMP_ARCH_LOONGARCH64" is not known`:                                  {Architectures: []specs.Arch{specs.ArchX86, specs.ArchLOONGARCH64}},
		"linux.seccomp.syscalls[1].errnoRet: 0 cannot be said":                                                  rule(specs.LinuxSyscall{Action: specs.ActErrno, ErrnoRet: n(0)}),
		"linux.seccomp.syscalls[1].errnoRet: 4096 cannot be said":                                               rule(specs.LinuxSyscall{Action: specs.ActTrace, ErrnoRet: n(4096)}),
		"linux.seccomp.syscalls[1].args: 7 conditions, expected at most 6":                                      args(eq, eq, eq, eq, eq, eq, eq),
		"linux.seccomp.syscalls[1].args[1].value: 9223372036854775808 is too":                                   args(eq, specs.LinuxSeccompArg{Value: 1 << 63, Op: specs.OpEqualTo}),
		"linux.seccomp.syscalls[1].args[0].valueTwo: 18446744073709551615 is":                                   args(specs.LinuxSeccompArg{Value: 1, ValueTwo: 1<<64 - 1, Op: specs.OpMaskedEqual}),
	} {
		for _, write := range []func(string, *specs.LinuxSeccomp) ([]byte, error){YAML, JSON} {
			if text, err := write("web", p); text != nil || err == nil || !strings.HasPrefix(err.Error(), want) {
				t.Errorf("%v, want %s", err, want)
			}
		}
	}
	// The operand of an operator that does not use it does not matter.
	if !survives(t, "an unused operand", args(specs.LinuxSeccompArg{ValueTwo: 1<<64 - 1, Op: specs.OpEqualTo})) {
		t.Error("an unused operand")
	}
	ok := &specs.LinuxSeccomp{DefaultAction: specs.ActAllow}
	for name, want := range map[string]bool{
		"web": true, "a.b-c.0": true, "": false, "Web": false, "-web": false, "web-": false, "a..b": false, "a_b": false, "a/b": false,
		strings.Repeat("a", 253): true, strings.Repeat("a", 254): false,
	} {
		if _, err := YAML(name, ok); (err == nil) != want {
			t.Errorf("name %q: %v", name, err)
		}
	}
}

// The rules of a base count where they are more permissive, and only those.
func TestUnion(t *testing.T) {
	parse := func(spec string) *specs.LinuxSeccomp {
		t.Helper()
		o, err := Parse([]byte("apiVersion: "+Version+"\nkind: SeccompProfile\nspec: "+spec), specs.ArchX86_64)
		if err != nil {
			t.Fatal(err)
		}
		return o.Profile
	}
	const base = `{defaultAction: SCMP_ACT_TRAP, architectures: [SCMP_ARCH_ARM], syscalls: [{names: [read, write], action: SCMP_ACT_ALLOW},
		{names: [clone3], action: SCMP_ACT_ERRNO, errnoRet: 38}, {names: [ioctl], action: SCMP_ACT_ALLOW, args: [{index: 1, value: 5, op: SCMP_CMP_EQ}]}]}`
	for _, c := range []struct {
		what, own, want, failing string
	}{
		{"an allow list",
			`{defaultAction: SCMP_ACT_ERRNO, architectures: [SCMP_ARCH_X86], syscalls: [{names: [close, read], action: SCMP_ACT_ALLOW},
				{names: [ioctl], action: SCMP_ACT_ALLOW, args: [{index: 1, value: 6, op: SCMP_CMP_EQ}]}]}`,
			`{defaultAction: SCMP_ACT_ERRNO, architectures: [SCMP_ARCH_X86], syscalls: [{names: [read, write, close], action: SCMP_ACT_ALLOW},
				{names: [clone3], action: SCMP_ACT_ERRNO, errnoRet: 38}, {names: [ioctl], action: SCMP_ACT_ALLOW, args: [{index: 1, value: 5, op: SCMP_CMP_EQ}]},
				{names: [ioctl], action: SCMP_ACT_ALLOW, args: [{index: 1, value: 6, op: SCMP_CMP_EQ}]}]}`, ""},
		{"a default that kills, and an errno of its own",
			`{defaultAction: SCMP_ACT_KILL_PROCESS, syscalls: [{names: [clone3], action: SCMP_ACT_ERRNO, errnoRet: 1}]}`,
			`{defaultAction: SCMP_ACT_KILL_PROCESS, syscalls: [{names: [clone3], action: SCMP_ACT_ERRNO}, {names: [read, write], action: SCMP_ACT_ALLOW},
				{names: [ioctl], action: SCMP_ACT_ALLOW, args: [{index: 1, value: 5, op: SCMP_CMP_EQ}]}]}`, ""},
		{"a rule that has to give way",
			`{defaultAction: SCMP_ACT_ERRNO, syscalls: [{names: [write], action: SCMP_ACT_TRAP}]}`, "",
			"the rules of the profile and its base for call write on SCMP_ARCH_X86_64 (such as with first argument 0x0) cannot stand in one list: it should get SCMP_ACT_ALLOW"},
	} {
		got, err := Union(parse(c.own), parse(base), specs.ArchX86_64)
		if c.failing != "" {
			if err == nil || err.Error() != c.failing {
				t.Errorf("%s: %v, want %s", c.what, err, c.failing)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", c.what, err)
			continue
		}
		var policies [2]*seccomp.Policy
		for i, p := range []*specs.LinuxSeccomp{got, parse(c.want)} {
			if policies[i], err = seccomp.NewPolicy(p, seccomp.Options{Native: "SCMP_ARCH_X86_64"}); err != nil {
				t.Fatal(err)
			}
		}
		r, err := seccomp.Compare(policies[0], policies[1])
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range r.Differences {
			t.Errorf("%s: %s", c.what, d)
		}
	}
}

// Whatever the text, reading it ends, and what was read is written to the same effect.
func FuzzParse(f *testing.F) {
	f.Add([]byte(web))
	f.Add([]byte("kind: &a [*a]"))
	f.Add([]byte(`{"kind":"SeccompProfile","apiVersion":"security-profiles-operator.x-k8s.io/v1","spec":{"defaultAction":"SCMP_ACT_LOG","syscalls":[{"names":["read"],"action":"SCMP_ACT_KILL"}]}}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		Is(text)
		o, err := Parse(text, specs.ArchX86_64)
		if err != nil {
			if strings.Contains(err.Error(), "\n") {
				t.Errorf("an error of several lines: %q", err)
			}
			return
		}
		if _, err := seccomp.NewPolicy(o.Profile, seccomp.Options{Native: "SCMP_ARCH_X86_64"}); err == nil && !slices.ContainsFunc(o.Profile.Syscalls,
			func(s specs.LinuxSyscall) bool { return len(s.Args) > 20 }) {
			survives(t, "fuzzed", o.Profile)
		}
	})
}
