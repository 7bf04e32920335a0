package hostile

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	specs "github.com/opencontainers/runtime-spec/specs-go"

	"github.com/runseal/runseal/integration/internal/box"
)

// base is a box that runs and that has every field which the cases change.
func base(t *testing.T) *box.Box {
	b := box.New(t, "/bin/echo", "ran")
	b.Spec.Process.User = specs.User{UID: 1000, GID: 1000, AdditionalGids: []uint32{5}}
	b.Spec.Process.Rlimits = []specs.POSIXRlimit{{Type: "RLIMIT_NOFILE", Hard: 1024, Soft: 1024}}
	one := uint(1)
	b.Spec.Linux.Seccomp = &specs.LinuxSeccomp{
		DefaultAction: specs.ActAllow, Architectures: []specs.Arch{specs.ArchX86_64, specs.ArchX86},
		Syscalls: []specs.LinuxSyscall{
			{Names: []string{"acct"}, Action: specs.ActErrno, ErrnoRet: &one},
			{Names: []string{"personality"}, Action: specs.ActErrno, Args: []specs.LinuxSeccompArg{{Index: 0, Value: 7, Op: specs.OpEqualTo}}},
		},
	}
	return b
}

// An edit changes one thing in a configuration.
type edit func(c *config)

// config is a decoded config.json; extra is text put behind it.
type config struct {
	t     *testing.T
	root  map[string]any
	extra string
}

// set puts the JSON text raw at a path such as mounts[0].destination. A key
// that ends in # becomes, in the text, the same key without it: a duplicate,
// behind the first.
func set(path, raw string) edit {
	return func(c *config) {
		c.at(path, func(parent map[string]any, key string) { parent[key] = json.RawMessage(raw) })
	}
}

// remove takes the field at a path out.
func remove(path string) edit {
	return func(c *config) {
		c.at(path, func(parent map[string]any, key string) { delete(parent, key) })
	}
}

// after puts text behind the JSON value.
func after(text string) edit { return func(c *config) { c.extra = text } }

var step = regexp.MustCompile(`^([^\[]+)((?:\[\d+\])*)$`)

func (c *config) at(path string, change func(parent map[string]any, key string)) {
	c.t.Helper()
	var node any = c.root
	parts := strings.Split(path, ".")
	for i, part := range parts {
		m := step.FindStringSubmatch(part)
		parent, ok := node.(map[string]any)
		if m == nil || !ok {
			c.t.Fatalf("no %s in the base configuration", path)
		}
		last := i == len(parts)-1
		if last && m[2] == "" {
			change(parent, m[1])
			return
		}
		node = parent[m[1]]
		indexes := strings.FieldsFunc(m[2], func(r rune) bool { return r == '[' || r == ']' })
		for j, text := range indexes {
			n, _ := strconv.Atoi(text)
			list, ok := node.([]any)
			if !ok || n >= len(list) {
				c.t.Fatalf("no %s in the base configuration", path)
			}
			if last && j == len(indexes)-1 {
				box := map[string]any{}
				change(box, "value")
				list[n] = box["value"]
				return
			}
			node = list[n]
		}
	}
}

// apply writes the edited configuration as config.json.
func apply(t *testing.T, b *box.Box, edits ...edit) {
	t.Helper()
	c := &config{t: t}
	if err := json.Unmarshal(b.Config(), &c.root); err != nil {
		t.Fatal(err)
	}
	for _, e := range edits {
		e(c)
	}
	data, err := json.Marshal(c.root)
	if err != nil {
		t.Fatal(err)
	}
	b.WriteConfig([]byte(strings.ReplaceAll(string(data), `#":`, `":`) + c.extra))
}

// A bad is a configuration that must be refused.
type bad struct {
	row   string // the row of the list of hostile input, and which variant
	edits []edit
	field string // the line names it
	say   string // a regular expression for what the line says of it
	flags []string
}

func TestTheBaseRuns(t *testing.T) {
	b := base(t)
	apply(t, b)
	if r := b.Run(); r.Status != 0 || r.Stdout != "ran\n" || r.Stderr != "" {
		t.Fatalf("exit status %d, stdout %q, stderr %q", r.Status, r.Stdout, r.Stderr)
	}
}

// refuse runs create and run on each case.
func refuse(t *testing.T, cases []bad) {
	for i, c := range cases {
		if !box.Sampled(i) {
			continue
		}
		t.Run(c.row, func(t *testing.T) {
			b := base(t)
			b.Global(c.flags...)
			apply(t, b, c.edits...)
			for _, verb := range []string{"create", "run"} {
				r := b.Do(verb, "--bundle", b.Dir, b.ID)
				checkRefusal(t, b, verb, r, c.field, c.say)
			}
		})
	}
}

// checkRefusal checks the four things that every refusal must be.
func checkRefusal(t *testing.T, b *box.Box, what string, r box.Result, field, say string) {
	t.Helper()
	if r.Status == 0 {
		t.Errorf("%s: accepted, stdout %q, stderr %q", what, r.Stdout, r.Stderr)
	}
	if strings.Contains(r.Stdout, "ran") {
		t.Errorf("%s: the process has run", what)
	}
	if n := strings.Count(r.Stderr, "\n"); n != 1 || !strings.HasSuffix(r.Stderr, "\n") {
		t.Errorf("%s: stderr is %d lines, expected one: %.600q", what, n, r.Stderr)
	}
	if len(r.Stderr) > 1000 {
		t.Errorf("%s: the line has %d bytes: %.200q…", what, len(r.Stderr), r.Stderr)
	}
	if !strings.Contains(r.Stderr, field) {
		t.Errorf("%s: stderr %.600q does not name %q", what, r.Stderr, field)
	}
	if !regexp.MustCompile(say).MatchString(r.Stderr) {
		t.Errorf("%s: stderr %.600q does not say %q", what, r.Stderr, say)
	}
	if r.Took >= box.Slow(time.Second) {
		t.Errorf("%s: took %v, expected less than a second", what, r.Took)
	}
	b.NothingLeft()
}

// rule replaces the first rule of the profile.
func rule(raw string) edit { return set("linux.seccomp.syscalls[0]", raw) }

func TestBadSeccomp(t *testing.T) {
	const first = "linux.seccomp.syscalls[0]"
	cases := []bad{
		{row: "1 empty object", edits: []edit{set("linux.seccomp", `{}`)}, field: "linux.seccomp", say: `defaultAction`},
		{row: "1 no default action", edits: []edit{remove("linux.seccomp.defaultAction")}, field: "linux.seccomp", say: `defaultAction`},
		{row: "1 empty default action", edits: []edit{set("linux.seccomp.defaultAction", `""`)}, field: "linux.seccomp.defaultAction", say: `SCMP_ACT_ALLOW|expected`},
		{row: "2 list", edits: []edit{set("linux.seccomp", `[]`)}, field: "linux.seccomp", say: `object`},
		{row: "2 string", edits: []edit{set("linux.seccomp", `"x"`)}, field: "linux.seccomp", say: `object`},
		{row: "2 true", edits: []edit{set("linux.seccomp", `true`)}, field: "linux.seccomp", say: `object`},
		{row: "3 later null", edits: []edit{set("linux.seccomp#", `null`)}, field: "linux.seccomp", say: `duplicate`},
		{row: "3 later object", edits: []edit{set("linux.seccomp#", `{"defaultAction":"SCMP_ACT_ALLOW"}`)}, field: "linux.seccomp", say: `duplicate`},
		{row: "3 later linux", edits: []edit{set("linux#", `{}`)}, field: "linux", say: `duplicate`},
		{row: "4 SECCOMP", edits: []edit{set("linux.SECCOMP", `{"defaultAction":"SCMP_ACT_ALLOW"}`)}, field: "linux.SECCOMP", say: `did you mean "?seccomp`},
		{row: "4 DefaultAction", edits: []edit{set("linux.seccomp.DefaultAction", `"SCMP_ACT_ALLOW"`)}, field: "linux.seccomp.DefaultAction", say: `did you mean "?defaultAction`},
		{row: "5", edits: []edit{set(first+".errnoRet", `65536`)}, field: first + ".errnoRet", say: `65536.*4095`},
		{row: "6", edits: []edit{set(first+".errnoRet", `65537`)}, field: first + ".errnoRet", say: `65537.*4095`},
		{row: "7 4096", edits: []edit{set(first+".errnoRet", `4096`)}, field: first + ".errnoRet", say: `4096.*4095`},
		{row: "7 5000", edits: []edit{set(first+".errnoRet", `5000`)}, field: first + ".errnoRet", say: `5000.*4095`},
		{row: "7 default", edits: []edit{set("linux.seccomp.defaultAction", `"SCMP_ACT_ERRNO"`), set("linux.seccomp.defaultErrnoRet", `4096`),
			rule(`{"names":["execve"],"action":"SCMP_ACT_ALLOW"}`)}, field: "linux.seccomp.defaultErrnoRet", say: `4096.*4095`},
		{row: "7 errno of an action that has none", edits: []edit{rule(`{"names":["acct"],"action":"SCMP_ACT_KILL","errnoRet":1}`)}, field: first + ".errnoRet", say: `SCMP_ACT_KILL`},
		{row: "7 errno of a default that has none", edits: []edit{set("linux.seccomp.defaultErrnoRet", `1`)}, field: "linux.seccomp.defaultErrnoRet", say: `SCMP_ACT_ALLOW`},
		{row: "8 empty name", edits: []edit{rule(`{"names":["acct",""],"action":"SCMP_ACT_ERRNO"}`)}, field: first + ".names[1]", say: `empty|expected`},
		{row: "8 number", edits: []edit{rule(`{"names":[163],"action":"SCMP_ACT_ERRNO"}`)}, field: first + ".names[0]", say: `string`},
		{row: "9", edits: []edit{rule(`{"names":["acct\u0000x"],"action":"SCMP_ACT_ERRNO"}`)}, field: first + ".names[0]", say: `NUL|\\x00`},
		{row: "10 missing", edits: []edit{rule(`{"action":"SCMP_ACT_ERRNO"}`)}, field: first, say: `names`},
		{row: "10 null", edits: []edit{rule(`{"names":null,"action":"SCMP_ACT_ERRNO"}`)}, field: first, say: `names`},
		{row: "10 string", edits: []edit{rule(`{"names":"acct","action":"SCMP_ACT_ERRNO"}`)}, field: first + ".names", say: `list|array`},
		{row: "11", edits: []edit{rule(`{"names":["acct"],"action":"SCMP_ACT_NOTIFY"}`)}, field: "linux.seccomp", say: `listenerPath|SCMP_ACT_NOTIFY is not supported`},
		{row: "12", edits: []edit{set("linux.seccomp.syscalls[1].args[0].index", `6`)}, field: "linux.seccomp.syscalls[1].args[0].index", say: `6.*(0 to 5|0-5|at most 5|from 0)`},
		{row: "13 value", edits: []edit{set("linux.seccomp.syscalls[1].args[0].value", `-1`)}, field: "linux.seccomp.syscalls[1].args[0].value", say: `-1.*18446744073709551615`},
		{row: "13 valueTwo", edits: []edit{set("linux.seccomp.syscalls[1].args[0].valueTwo", `-1`)}, field: "linux.seccomp.syscalls[1].args[0].valueTwo", say: `-1.*18446744073709551615`},
		{row: "13 fraction", edits: []edit{set("linux.seccomp.syscalls[1].args[0].value", `1.5`)}, field: "linux.seccomp.syscalls[1].args[0].value", say: `1\.5.*integer`},
		{row: "13 2^64", edits: []edit{set("linux.seccomp.syscalls[1].args[0].value", `18446744073709551616`)}, field: "linux.seccomp.syscalls[1].args[0].value", say: `18446744073709551615`},
		{row: "19", edits: []edit{set("linux.seccomp", `{"defaultAction":"SCMP_ACT_KILL","syscalls":[{"names":["read"],"action":"SCMP_ACT_ALLOW"}]}`)}, field: "linux.seccomp", say: `execve is not allowed`},
		{row: "20", edits: []edit{set("linux.seccomp", `{"defaultAction":"SCMP_ACT_ERRNO"}`)}, field: "linux.seccomp", say: `execve is not allowed`},
		{row: "21 default action", edits: []edit{set("linux.seccomp.defaultAction", `"SCMP_ACT_DENY"`)}, field: "linux.seccomp.defaultAction", say: `SCMP_ACT_DENY.*SCMP_ACT_ERRNO.*SCMP_ACT|SCMP_ACT_DENY.*SCMP_ACT_ALLOW`},
		{row: "21 action", edits: []edit{set(first+".action", `"SCMP_ACT_DENY"`), remove(first + ".errnoRet")}, field: first + ".action", say: `SCMP_ACT_DENY.*SCMP_ACT_KILL_PROCESS`},
		{row: "21 action, lower case", edits: []edit{set(first+".action", `"scmp_act_errno"`)}, field: first + ".action", say: `scmp_act_errno.*SCMP_ACT_ERRNO`},
		{row: "21 action missing", edits: []edit{rule(`{"names":["acct"]}`)}, field: first, say: `action`},
		{row: "21 operator", edits: []edit{set("linux.seccomp.syscalls[1].args[0].op", `"SCMP_CMP_LIKE"`)}, field: "linux.seccomp.syscalls[1].args[0].op", say: `SCMP_CMP_LIKE.*SCMP_CMP_MASKED_EQ`},
		{row: "21 architecture", edits: []edit{set("linux.seccomp.architectures[0]", `"SCMP_ARCH_VAX"`)}, field: "linux.seccomp.architectures[0]", say: `SCMP_ARCH_VAX.*SCMP_ARCH_X86_64`},
		{row: "21 flag", edits: []edit{set("linux.seccomp.flags", `["SECCOMP_FILTER_FLAG_NONE"]`)}, field: "linux.seccomp.flags[0]", say: `SECCOMP_FILTER_FLAG_NONE.*SECCOMP_FILTER_FLAG_LOG`},
	}
	for _, name := range []string{"no_such_call", "ACCT", " acct", "acct ", "163"} {
		cases = append(cases, bad{row: fmt.Sprintf("8 strict %q", name), flags: []string{"--strict-seccomp"},
			edits: []edit{rule(fmt.Sprintf(`{"names":[%q],"action":"SCMP_ACT_ERRNO"}`, name))}, field: first + ".names[0]", say: regexp.QuoteMeta(name)})
	}
	refuse(t, cases)
}

func TestBadConfig(t *testing.T) {
	nul := `"a\u0000b"`
	cases := []bad{
		{row: "22 word", edits: []edit{after("x")}, field: "config.json", say: `after|end`},
		{row: "22 second value", edits: []edit{after("{}")}, field: "config.json", say: `after|end`},
		{row: "22 null", edits: []edit{after(" null")}, field: "config.json", say: `after|end`},
		{row: "22 NUL", edits: []edit{after("\x00")}, field: "config.json", say: `after|end`},
		{row: "26 args", edits: []edit{set("process.args[1]", nul)}, field: "process.args[1]", say: `NUL`},
		{row: "26 env", edits: []edit{set("process.env[0]", `"A=\u0000b"`)}, field: "process.env[0]", say: `NUL`},
		{row: "26 cwd", edits: []edit{set("process.cwd", `"/\u0000b"`)}, field: "process.cwd", say: `NUL`},
		{row: "26 root", edits: []edit{set("root.path", `"rootfs\u0000x"`)}, field: "root.path", say: `NUL`},
		{row: "26 mount destination", edits: []edit{set("mounts[0].destination", `"/proc\u0000x"`)}, field: "mounts[0].destination", say: `NUL`},
		{row: "26 mount source", edits: []edit{set("mounts[0].source", `"proc\u0000x"`)}, field: "mounts[0].source", say: `NUL`},
		{row: "26 mount type", edits: []edit{set("mounts[0].type", `"proc\u0000x"`)}, field: "mounts[0].type", say: `NUL`},
		{row: "26 mount option", edits: []edit{set("mounts[0].options[0]", `"nosuid\u0000x"`)}, field: "mounts[0].options[0]", say: `NUL`},
		{row: "26 hostname", edits: []edit{set("hostname", nul)}, field: "hostname", say: `NUL`},
		{row: "26 masked path", edits: []edit{set("linux.maskedPaths[0]", `"/a\u0000b"`)}, field: "linux.maskedPaths[0]", say: `NUL`},
		{row: "26 read-only path", edits: []edit{set("linux.readonlyPaths[0]", `"/a\u0000b"`)}, field: "linux.readonlyPaths[0]", say: `NUL`},
		{row: "26 cgroups path", edits: []edit{set("linux.cgroupsPath", `"/a\u0000b"`)}, field: "linux.cgroupsPath", say: `NUL`},
		{row: "27 noNewPrivileges", edits: []edit{set("process.noNewPrivileges", `"true"`)}, field: "process.noNewPrivileges", say: `true or false|boolean`},
		{row: "27 noNewPrivileges 1", edits: []edit{set("process.noNewPrivileges", `1`)}, field: "process.noNewPrivileges", say: `true or false|boolean`},
		{row: "27 readonly", edits: []edit{set("root.readonly", `"true"`)}, field: "root.readonly", say: `true or false|boolean`},
		{row: "29 missing", edits: []edit{remove("ociVersion")}, field: "ociVersion", say: `missing|expected`},
		{row: "29 empty", edits: []edit{set("ociVersion", `""`)}, field: "ociVersion", say: `expected`},
		{row: "29 99.0.0", edits: []edit{set("ociVersion", `"99.0.0"`)}, field: "ociVersion", say: `99\.0\.0`},
		{row: "29 number", edits: []edit{set("ociVersion", `1`)}, field: "ociVersion", say: `string`},
		{row: "29 word", edits: []edit{set("ociVersion", `"new"`)}, field: "ociVersion", say: `new`},
		{row: "30 no root", edits: []edit{remove("root")}, field: "root", say: `missing|expected|required`},
		{row: "30 empty", edits: []edit{set("root.path", `""`)}, field: "root.path", say: `empty|expected|required`},
		{row: "30 no path", edits: []edit{set("root", `{}`)}, field: "root.path", say: `empty|missing|expected|required`},
		{row: "30 not there", edits: []edit{set("root.path", `"nowhere"`)}, field: "root.path", say: `nowhere.*no such file or directory`},
		{row: "30 a file", edits: []edit{set("root.path", `"config.json"`)}, field: "root.path", say: `config\.json.*directory`},
		{row: "31 empty", edits: []edit{set("process.args", `[]`)}, field: "process.args", say: `empty|expected`},
		{row: "31 missing", edits: []edit{remove("process.args")}, field: "process.args", say: `empty|missing|expected`},
		{row: "31 null", edits: []edit{set("process.args", `null`)}, field: "process.args", say: `empty|missing|expected`},
		{row: "31 empty word", edits: []edit{set("process.args", `[""]`)}, field: "process.args[0]", say: `empty|expected`},
		{row: "31 no process", edits: []edit{remove("process")}, field: "process", say: `missing|expected|required`},
		{row: "32 relative", edits: []edit{set("process.cwd", `"tmp"`)}, field: "process.cwd", say: `tmp.*absolute`},
		{row: "32 empty", edits: []edit{set("process.cwd", `""`)}, field: "process.cwd", say: `absolute|empty|missing`},
		{row: "32 missing", edits: []edit{remove("process.cwd")}, field: "process.cwd", say: `absolute|empty|missing`},
	}
	refuse(t, cases)
}

// Not only empty and broken text: every prefix of a good file is refused too.
func TestTruncatedConfig(t *testing.T) {
	b := base(t)
	whole := b.Config()
	for _, n := range []int{0, 1, 2, len(whole) / 4, len(whole) / 2, len(whole) - 1} {
		b.WriteConfig(whole[:n])
		r := b.Do("run", "--bundle", b.Dir, b.ID)
		checkRefusal(t, b, fmt.Sprintf("run on %d of %d bytes", n, len(whole)), r, "config.json", `end|empty|closing|expected`)
	}
}
