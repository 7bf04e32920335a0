package docker

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/seccomp/strictjson"
)

// resolved returns the names of the calls that are left of the rules.
func resolved(t *testing.T, rules string, h Host) []string {
	t.Helper()
	p, err := Resolve([]byte(`{"defaultAction":"SCMP_ACT_ERRNO","syscalls":[`+rules+`]}`), h)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, s := range p.Syscalls {
		names = append(names, s.Names...)
	}
	return names
}

func TestConditions(t *testing.T) {
	host := Host{Caps: []string{"CAP_BPF", "CAP_SYS_ADMIN"}, Kernel: "5.10.0"}
	for condition, want := range map[string]bool{
		`"includes":{}`:                   true,
		`"includes":null`:                 true,
		`"excludes":{}`:                   true,
		`"includes":{"caps":["CAP_BPF"]}`: true,
		`"includes":{"caps":["CAP_BPF","CAP_SYS_ADMIN"]}`:                                             true,
		`"includes":{"caps":["CAP_BPF","CAP_CHOWN"]}`:                                                 false,
		`"excludes":{"caps":["CAP_CHOWN"]}`:                                                           true,
		`"excludes":{"caps":["CAP_CHOWN","CAP_BPF"]}`:                                                 false,
		`"includes":{"minKernel":"5.10"}`:                                                             true,
		`"includes":{"minKernel":"5.11"}`:                                                             false,
		`"includes":{"minKernel":"4.99"}`:                                                             true,
		`"includes":{"minKernel":"6.0"}`:                                                              false,
		`"excludes":{"minKernel":"5.10"}`:                                                             false,
		`"excludes":{"minKernel":"5.11"}`:                                                             true,
		`"includes":{"caps":["CAP_BPF"],"minKernel":"5.11"}`:                                          false,
		`"excludes":{"caps":["CAP_CHOWN"],"minKernel":"5.9"}`:                                         false,
		`"includes":{"caps":["CAP_BPF"]},"excludes":{"caps":["CAP_SYS_ADMIN"]}`:                       false,
		`"includes":{"arches":[]}`:                                                                    true,
		`"includes":{"minKernel":null}`:                                                               true,
		`"excludes":{"arches":["amd64","x86","x32","arm","arm64","s390x","mips"],"caps":["CAP_BPF"]}`: false,
	} {
		got := resolved(t, `{"names":["read"],"action":"SCMP_ACT_ALLOW",`+condition+`}`, host)
		if slices.Contains(got, "read") != want {
			t.Errorf("%s: %v, want %v", condition, got, want)
		}
	}
}

func TestArchNames(t *testing.T) {
	rules := `{"names":["in"],"action":"SCMP_ACT_LOG","includes":{"arches":["arm64","loong64","s390"]}},
		{"names":["out"],"action":"SCMP_ACT_LOG","excludes":{"arches":["loongarch64","amd64"]}}`
	for a, want := range map[string]string{"AARCH64": "in out", "X86_64": "", "LOONGARCH64": "in", "S390X": "out", "X86": "out"} {
		p, err := parse([]byte(`{"defaultAction":"SCMP_ACT_ERRNO","syscalls":[` + rules + `]}`))
		if err != nil {
			t.Fatal(err)
		}
		h := Host{Arch: specs.Arch("SCMP_ARCH_" + a)}
		var got []string
		for _, r := range p.Syscalls {
			if release, err := h.release(); err != nil {
				t.Fatal(err)
			} else if holdsNone(r.Excludes, h, release) && holdsAll(r.Includes, h, release) {
				got = append(got, r.Names...)
			}
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s: %v, want %s", a, got, want)
		}
	}
}

func TestErrnoNames(t *testing.T) {
	p, err := Resolve([]byte(`{"defaultAction":"SCMP_ACT_ERRNO","defaultErrno":"ENOSYS","syscalls":[
		{"names":["a"],"action":"SCMP_ACT_ERRNO","errno":"EPERM","errnoRet":1},
		{"names":["b"],"action":"SCMP_ACT_ERRNO","errno":"22"},
		{"names":["c"],"action":"SCMP_ACT_ERRNO","errno":"","errnoRet":5},
		{"names":["d"],"action":"SCMP_ACT_ALLOW","errno":""}]}`), Host{})
	if err != nil {
		t.Fatal(err)
	}
	if p.DefaultErrnoRet == nil || *p.DefaultErrnoRet != uint(unix.ENOSYS) {
		t.Errorf("default %v, want ENOSYS", p.DefaultErrnoRet)
	}
	for i, want := range []uint{1, 22, 5} {
		if got := p.Syscalls[i].ErrnoRet; got == nil || *got != want {
			t.Errorf("rule %d: %v, want %d", i, got, want)
		}
	}
	if p.Syscalls[3].ErrnoRet != nil {
		t.Errorf("rule 3: %d, want none", *p.Syscalls[3].ErrnoRet)
	}
}

func TestParseErrors(t *testing.T) {
	rule := func(members string) string {
		return `{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["a"],"action":"SCMP_ACT_LOG"},{` + members + `}]}`
	}
	call := func(members string) string { return rule(`"names":["b"],"action":"SCMP_ACT_LOG",` + members) }
	top := func(members string) string { return `{"defaultAction":"SCMP_ACT_ALLOW",` + members + `}` }
	const unknown = ": unknown field, expected one of docker's profile format only"
	const twice = ": duplicate field, expected every name only once"
	for _, c := range []struct{ text, want string }{
		{`{"syscalls":[]}`, "defaultAction: missing, expected a value because the field is required"},
		{top(`"archMap":{}`), "archMap: an object: expected an array"},
		{top(`"archMap":[{"subArchitectures":[]}]`), "archMap[0].architecture: missing, expected a value because the field is required"},
		{top(`"archMap":[{"architecture":"SCMP_ARCH_X86","subArches":[]}]`), "archMap[0].subArches" + unknown},
		{top(`"archMap":[],"archMap":[]`), "archMap" + twice},
		{top(`"archmap":[]`), `archmap: unknown field, did you mean "archMap"`},
		{top(`"sycalls":[]`), "sycalls" + unknown},
		{top(`"architectures":["SCMP_ARCH_X86"],"archMap":[{"architecture":"SCMP_ARCH_X86"}]`),
			"archMap: both 'architectures' and 'archMap' are there, expected one of them"},
		{top(`"defaultErrno":38`), "defaultErrno: 38: expected a string"},
		{top(`"defaultErrno":"ENOSUCH"`), `defaultErrno: "ENOSUCH": expected the name of an errno, such as "ENOSYS", or its number`},
		{top(`"defaultErrno":"EPERM","defaultErrnoRet":2`), `defaultErrno: "EPERM" is 1 but the number beside it is 2, expected the same`},
		{top(`"defaultErrnoRet":"EPERM"`), `defaultErrnoRet: "EPERM": expected an integer from 0 to 4294967295`},
		{rule(`"action":"SCMP_ACT_LOG"`), "syscalls[1].names: missing, expected a value because the field is required"},
		{rule(`"names":["b"]`), "syscalls[1].action: missing, expected a value because the field is required"},
		{call(`"name":"c"`), "syscalls[1].name: both 'name' and 'names' are there, expected one of them"},
		{call(`"include":{"caps":["CAP_BPF"]}`), "syscalls[1].include" + unknown},
		{call(`"Includes":{"caps":["CAP_BPF"]}`), `syscalls[1].Includes: unknown field, did you mean "includes"`},
		{call(`"includes":{},"includes":{}`), "syscalls[1].includes" + twice},
		{call(`"includes":{"caps":["CAP_BPF"],"caps":[]}`), "syscalls[1].includes.caps" + twice},
		{call(`"includes":{"cap":["CAP_BPF"]}`), "syscalls[1].includes.cap" + unknown},
		{call(`"includes":{"caps":"CAP_BPF"}`), `syscalls[1].includes.caps: "CAP_BPF": expected an array`},
		{call(`"excludes":{"caps":["CAP_BPF","SYS_ADMIN"]}`), `syscalls[1].excludes.caps[1]: "SYS_ADMIN": expected a capability such as "CAP_SYS_ADMIN"`},
		{call(`"excludes":{"caps":["CAP_bpf"]}`), `syscalls[1].excludes.caps[0]: "CAP_bpf": expected a capability such as "CAP_SYS_ADMIN"`},
		{call(`"excludes":{"arches":["x86_64"]}`), `syscalls[1].excludes.arches[0]: "x86_64": expected an architecture such as "amd64" or "s390x"`},
		{call(`"includes":{"minKernel":4.8}`), "syscalls[1].includes.minKernel: 4.8: expected a string"},
		{call(`"includes":{"minKernel":"4"}`), `syscalls[1].includes.minKernel: "4": expected a kernel version of two numbers, such as "4.8"`},
		{call(`"includes":{"minKernel":"4.8.1"}`), `syscalls[1].includes.minKernel: "4.8.1": expected a kernel version of two numbers, such as "4.8"`},
		{call(`"includes":{"minKernel":"0.0"}`), `syscalls[1].includes.minKernel: "0.0": expected a kernel version of two numbers, such as "4.8"`},
		{call(`"errno":"EFOO"`), `syscalls[1].errno: "EFOO": expected the name of an errno, such as "ENOSYS", or its number`},
		{call(`"args":[{"index":0,"op":"SCMP_CMP_EQ"}]`), "syscalls[1].args[0].value: missing, expected a value because the field is required"},
		{call(`"args":[{"index":0,"value":1,"op":"SCMP_CMP_EQ","valuetwo":1}]`), `syscalls[1].args[0].valuetwo: unknown field, did you mean "valueTwo"`},
		{call(`"comment":1`), "syscalls[1].comment: 1: expected a string"},
		{`{"defaultAction":"SCMP_ACT_LOG","syscalls":[null]}`, "syscalls[0]: null: expected an object"},
	} {
		_, err := Resolve([]byte(c.text), Host{})
		var field *strictjson.FieldError
		if err == nil || err.Error() != "linux.seccomp."+c.want || !errors.As(err, &field) || !strings.HasPrefix(c.want, strings.TrimPrefix(field.Field, "linux.seccomp.")) {
			t.Errorf("%s:\n got %v\nwant linux.seccomp.%s", c.text, err, c.want)
		}
	}
	for _, text := range []string{``, `[]`, `{`, `{"defaultAction":"SCMP_ACT_LOG"} x`} {
		if _, err := Resolve([]byte(text), Host{}); err == nil {
			t.Errorf("%q is accepted", text)
		}
	}
}
