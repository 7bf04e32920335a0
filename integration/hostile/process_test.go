package hostile

import (
	"os"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/integration/internal/box"
)

// processRows are 28, 30 to 32, 37 and 39: the root, and the process in it.
func processRows() []row {
	all := []row{
		{n: 28, name: "none", accepted: noCapabilities},

		{n: 30, name: "no root", edits: []edit{remove("root")}, field: "root", say: `missing, expected`},
		{n: 30, name: "empty", edits: []edit{set("root.path", `""`)}, field: "root.path", say: `empty or missing, expected`},
		{n: 30, name: "no path", edits: []edit{set("root", `{}`)}, field: "root.path", say: `missing, expected`},
		{n: 30, name: "not there", edits: []edit{set("root.path", `"nowhere"`)}, field: "root.path", say: `nowhere: no such file or directory`},
		{n: 30, name: "a file", edits: []edit{set("root.path", `"config.json"`)}, field: "root.path", say: `config\.json": expected a directory`},
		{n: 30, name: "below a file", edits: []edit{set("root.path", `"config.json/x"`)}, field: "root.path", say: `config\.json/x: not a directory`},
		{n: 30, name: "the host's", edits: []edit{set("root.path", `"/"`)}, field: "root.path", say: `the host's own root`},
		{n: 30, name: "the host's, by a link", setup: func(t *testing.T, b *box.Box) {
			replaceRootfs(t, b, func(name string) error { return os.Symlink("/", name) })
		}, field: "root.path", say: `the host's own root`},
		{n: 30, name: "a link to itself", setup: func(t *testing.T, b *box.Box) {
			replaceRootfs(t, b, func(name string) error { return os.Symlink(name, name) })
		}, field: "root.path", say: `too many links`},
		{n: 30, name: "a FIFO", setup: func(t *testing.T, b *box.Box) {
			replaceRootfs(t, b, func(name string) error { return unix.Mkfifo(name, 0o755) })
		}, field: "root.path", say: `expected a directory`},

		{n: 31, name: "empty", edits: []edit{set("process.args", `[]`)}, field: "process.args", say: `empty or missing, expected`},
		{n: 31, name: "missing", edits: []edit{remove("process.args")}, field: "process.args", say: `empty or missing, expected`},
		{n: 31, name: "null", edits: []edit{set("process.args", `null`)}, field: "process.args", say: `empty or missing, expected`},
		{n: 31, name: "an empty word", edits: []edit{set("process.args", `[""]`)}, field: "process.args[0]", say: `"": expected the program`},
		{n: 31, name: "a string", edits: []edit{set("process.args", `"sh"`)}, field: "process.args", say: `"sh": expected an array`},
		{n: 31, name: "a number", edits: []edit{set("process.args", `["sh",7]`)}, field: "process.args[1]", say: `7: expected a string`},
		{n: 31, name: "no process", edits: []edit{remove("process")}, field: "process", say: `missing, expected`},
		{n: 31, name: "process null", edits: []edit{set("process", `null`)}, field: "process", say: `missing, expected`},

		{n: 32, name: "relative", edits: []edit{set("process.cwd", `"tmp"`)}, field: "process.cwd", say: `"tmp": expected an absolute path`},
		{n: 32, name: "dots", edits: []edit{set("process.cwd", `"../../.."`)}, field: "process.cwd", say: `"\.\./\.\./\.\.": expected an absolute path`},
		{n: 32, name: "empty", edits: []edit{set("process.cwd", `""`)}, field: "process.cwd", say: `"": expected an absolute path`},
		{n: 32, name: "missing", edits: []edit{remove("process.cwd")}, field: "process.cwd", say: `"": expected an absolute path`},

		{n: 37, name: "soft above hard", edits: []edit{set("process.rlimits[0].soft", `1025`)}, field: "process.rlimits[0].soft", say: `1025: expected at most the hard limit, 1024`},
		{n: 37, name: "unknown", edits: []edit{set("process.rlimits[0].type", `"RLIMIT_FOO"`)}, field: "process.rlimits[0].type", say: `"RLIMIT_FOO": expected one of RLIMIT_AS, `},
		{n: 37, name: "lower case", edits: []edit{set("process.rlimits[0].type", `"rlimit_nofile"`)}, field: "process.rlimits[0].type", say: `"rlimit_nofile": expected one of RLIMIT_AS, `},
		{n: 37, name: "empty", edits: []edit{set("process.rlimits[0].type", `""`)}, field: "process.rlimits[0].type", say: `"": expected one of RLIMIT_AS, `},
		{n: 37, name: "duplicate", edits: []edit{push("process.rlimits", `{"type":"RLIMIT_NOFILE","soft":1024,"hard":1024}`)}, field: "process.rlimits[1].type", say: `"RLIMIT_NOFILE": duplicate`},
		{n: 37, name: "-1", edits: []edit{set("process.rlimits[0].hard", `-1`)}, field: "process.rlimits[0].hard", say: `-1: expected an integer from 0`},
		{n: 37, name: "2^64", edits: []edit{set("process.rlimits[0].hard", `18446744073709551616`)}, field: "process.rlimits[0].hard", say: `18446744073709551616: expected an integer from 0`},
	}
	for _, field := range []string{"uid", "gid", "additionalGids[0]"} {
		path := "process.user." + field
		for _, c := range []struct{ value, say string }{
			{`-1`, `-1: expected an integer from 0`}, {`-0`, `-0: expected an integer from 0`},
			{`2147483648`, `2147483648: expected an integer from 0 to 2147483647`}, {`4294967295`, `4294967295: expected an integer from 0 to 2147483647`},
			{`4294967296`, `4294967296: expected an integer from 0 to`}, {`18446744073709551616`, `18446744073709551616: expected an integer from 0 to`},
			{`"0"`, `"0": expected an integer`}, {`"root"`, `"root": expected an integer`}, {`1.0`, `1\.0: expected an integer`}, {`1e3`, `1e3: expected an integer`},
			{`null`, `null: expected an integer`}, {`true`, `true: expected an integer`},
		} {
			all = append(all, row{n: 39, name: field + " " + c.value, edits: []edit{set(path, c.value)}, field: path, say: c.say})
		}
	}
	return all
}

// replaceRootfs puts something else into the place of the root.
func replaceRootfs(t *testing.T, b *box.Box, make func(name string) error) {
	t.Helper()
	if err := os.Rename(b.Rootfs, b.Rootfs+".old"); err != nil {
		t.Fatal(err)
	}
	if err := make(b.Rootfs); err != nil {
		t.Fatal(err)
	}
}

// Without process.capabilities there are none.
func noCapabilities(t *testing.T) {
	b := box.New(t, "/bin/grep", "^Cap", "/proc/self/status")
	apply(t, b, remove("process.capabilities"))
	const none = "CapInh:\t0000000000000000\nCapPrm:\t0000000000000000\nCapEff:\t0000000000000000\nCapBnd:\t0000000000000000\nCapAmb:\t0000000000000000\n"
	if r := b.Run(); r.Status != 0 || r.Stdout != none || strings.Contains(r.Stderr, "\n") {
		t.Errorf("exit status %d, stderr %q, capabilities of root are\n%s", r.Status, r.Stderr, r.Stdout)
	}
	b.NothingLeft()
}
