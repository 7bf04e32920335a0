package hostile

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/integration/internal/box"
)

// instead puts something else into config.json's place.
func instead(make func(name string) error) func(*testing.T, *box.Box) {
	return func(t *testing.T, b *box.Box) {
		t.Helper()
		name := filepath.Join(b.Dir, "config.json")
		if err := os.Remove(name); err != nil {
			t.Fatal(err)
		}
		if err := make(name); err != nil {
			t.Fatal(err)
		}
	}
}

// linked is instead with a symbolic link to what is made.
func linked(make func(name string) error) func(*testing.T, *box.Box) {
	return instead(func(name string) error {
		if err := make(name + ".target"); err != nil {
			return err
		}
		return os.Symlink(name+".target", name)
	})
}

// content is instead with a file of this text.
func content(text func() string) func(*testing.T, *box.Box) {
	return instead(func(name string) error { return os.WriteFile(name, []byte(text()), 0o644) })
}

// syntaxRows are 22 to 24, 26, 27 and 29: what is no JSON, too much of it, or of another type.
func syntaxRows() []row {
	const file = "config.json"
	mkfifo := func(name string) error { return unix.Mkfifo(name, 0o644) }
	mkdir := func(name string) error { return os.Mkdir(name, 0o755) }
	device := func(major, minor uint32) func(string) error {
		return func(name string) error {
			return unix.Mknod(name, unix.S_IFCHR|0o644, int(unix.Mkdev(major, minor)))
		}
	}
	const nul = `"a\u0000b"`
	all := []row{
		{n: 22, name: "word", edits: []edit{after("x")}, field: file, say: `expected the end of the text`},
		{n: 22, name: "second value", edits: []edit{after("{}")}, field: file, say: `expected the end of the text`},
		{n: 22, name: "null", edits: []edit{after(" null")}, field: file, say: `expected the end of the text`},
		{n: 22, name: "NUL", edits: []edit{after("\x00")}, field: file, say: `expected the end of the text`},
		{n: 22, name: "brace", edits: []edit{after("}")}, field: file, say: `expected the end of the text`},

		{n: 23, name: "a file of brackets alone", setup: content(func() string { return strings.Repeat("[", 200_000) }), field: file, say: `expected an object`, limit: time.Second / 2},
		{n: 23, name: "a file of objects alone", setup: content(func() string { return strings.Repeat(`{"a":`, 200_000) }), field: "a" + strings.Repeat(".a", 63), say: `nested more than 64`, limit: time.Second / 2},
		{n: 23, name: "unknown member", setup: content(func() string { return `{"x":` + strings.Repeat("[", 200_000) + strings.Repeat("]", 200_000) + "}" }), field: "x" + strings.Repeat("[0]", 63), say: `nested more than 64`, limit: time.Second / 2},
		{n: 23, name: "64 MB annotation", setup: content(func() string {
			return `{"ociVersion":"1.0.2","annotations":{"x":"` + strings.Repeat("a", 64<<20) + `"}}`
		}), field: file, say: `671\d+ bytes: expected at most 16777216`, limit: time.Second / 2},
		{n: 23, name: "64 MB of white space", setup: content(func() string { return strings.Repeat(" ", 64<<20) + `{}` }), field: file, say: `671\d+ bytes: expected at most 16777216`, limit: time.Second / 2},
		{n: 23, name: "1 TB of nothing", setup: instead(func(name string) error {
			if err := os.WriteFile(name, []byte("{"), 0o644); err != nil {
				return err
			}
			return os.Truncate(name, 1<<40)
		}), field: file, say: `1099511627776 bytes: expected at most 16777216`, limit: time.Second / 2},
		{n: 23, name: "as much as is allowed", setup: content(func() string { return strings.Repeat(" ", 16<<20-2) + `{}` }), field: "ociVersion", say: `missing, expected`, limit: time.Second / 2},

		{n: 24, name: "FIFO", setup: instead(mkfifo), field: file, say: `is a FIFO, expected a regular file`},
		{n: 24, name: "directory", setup: instead(mkdir), field: file, say: `is a directory, expected a regular file`},
		{n: 24, name: "device without a driver", setup: instead(device(60, 1)), field: file, say: `is a character device, expected a regular file`},
		{n: 24, name: "/dev/zero", setup: instead(device(1, 5)), field: file, say: `is a character device, expected a regular file`},
		{n: 24, name: "link to a FIFO", setup: linked(mkfifo), field: file, say: `is a FIFO, expected a regular file`},
		{n: 24, name: "link to a directory", setup: linked(mkdir), field: file, say: `is a directory, expected a regular file`},
		{n: 24, name: "link to /dev/zero", setup: linked(device(1, 5)), field: file, say: `is a character device, expected a regular file`},
		{n: 24, name: "link to itself", setup: instead(func(name string) error { return os.Symlink(filepath.Base(name), name) }), field: file, say: `too many levels of symbolic links`},
		{n: 24, name: "missing", setup: instead(func(string) error { return nil }), field: file, say: `no such file or directory`},

		{n: 26, name: "args", edits: []edit{set("process.args[1]", nul)}, field: "process.args[1]", say: `expected a string without NUL`},
		{n: 26, name: "program", edits: []edit{set("process.args[0]", `"/bin/echo\u0000"`)}, field: "process.args[0]", say: `expected a string without NUL`},
		{n: 26, name: "env", edits: []edit{set("process.env[0]", `"A=\u0000b"`)}, field: "process.env[0]", say: `expected a string without NUL`},
		{n: 26, name: "cwd", edits: []edit{set("process.cwd", `"/\u0000b"`)}, field: "process.cwd", say: `expected a string without NUL`},
		{n: 26, name: "root", edits: []edit{set("root.path", `"rootfs\u0000x"`)}, field: "root.path", say: `expected a string without NUL`},
		{n: 26, name: "mount destination", edits: []edit{set("mounts[0].destination", `"/proc\u0000x"`)}, field: "mounts[0].destination", say: `expected a string without NUL`},
		{n: 26, name: "mount source", edits: []edit{set("mounts[0].source", `"proc\u0000x"`)}, field: "mounts[0].source", say: `expected a string without NUL`},
		{n: 26, name: "mount type", edits: []edit{set("mounts[0].type", `"proc\u0000x"`)}, field: "mounts[0].type", say: `expected a string without NUL`},
		{n: 26, name: "mount option", edits: []edit{set("mounts[0].options[0]", `"nosuid\u0000x"`)}, field: "mounts[0].options[0]", say: `expected a string without NUL`},
		{n: 26, name: "hostname", edits: []edit{set("hostname", nul)}, field: "hostname", say: `expected a string without NUL`},
		{n: 26, name: "domain name", edits: []edit{set("domainname", nul)}, field: "domainname", say: `expected a string without NUL`},
		{n: 26, name: "masked path", edits: []edit{set("linux.maskedPaths[0]", `"/a\u0000b"`)}, field: "linux.maskedPaths[0]", say: `expected a string without NUL`},
		{n: 26, name: "read-only path", edits: []edit{set("linux.readonlyPaths[0]", `"/a\u0000b"`)}, field: "linux.readonlyPaths[0]", say: `expected a string without NUL`},
		{n: 26, name: "cgroups path", edits: []edit{set("linux.cgroupsPath", `"/a\u0000b"`)}, field: "linux.cgroupsPath", say: `without newline and NUL`},
		{n: 26, name: "namespace", edits: []edit{set("linux.namespaces[1].path", `"/proc/self/ns/net\u0000x"`)}, field: "linux.namespaces[1].path", say: `expected a string without NUL`},
		{n: 26, name: "device", edits: []edit{push("linux.devices", `{"path":"/dev/x\u0000y","type":"c","major":1,"minor":3}`)}, field: "linux.devices[0].path", say: `expected a string without NUL`},
		{n: 26, name: "AppArmor profile", edits: []edit{set("process.apparmorProfile", nul)}, field: "process.apparmorProfile", say: `expected a label without`},
		{n: 26, name: "SELinux label", edits: []edit{set("process.selinuxLabel", nul)}, field: "process.selinuxLabel", say: `expected a label without`},

		{n: 27, name: "noNewPrivileges true in quotes", edits: []edit{set("process.noNewPrivileges", `"true"`)}, field: "process.noNewPrivileges", say: `"true": expected true or false`},
		{n: 27, name: "noNewPrivileges 1", edits: []edit{set("process.noNewPrivileges", `1`)}, field: "process.noNewPrivileges", say: `1: expected true or false`},
		{n: 27, name: "noNewPrivileges null", edits: []edit{set("process.noNewPrivileges", `null`)}, field: "process.noNewPrivileges", say: `null: expected true or false`},
		{n: 27, name: "readonly true in quotes", edits: []edit{set("root.readonly", `"true"`)}, field: "root.readonly", say: `"true": expected true or false`},
		{n: 27, name: "readonly 1", edits: []edit{set("root.readonly", `1`)}, field: "root.readonly", say: `1: expected true or false`},
		{n: 27, name: "terminal false in quotes", edits: []edit{set("process.terminal", `"false"`)}, field: "process.terminal", say: `"false": expected true or false`},

		{n: 29, name: "missing", edits: []edit{remove("ociVersion")}, field: "ociVersion", say: `missing, expected`},
		{n: 29, name: "empty", edits: []edit{set("ociVersion", `""`)}, field: "ociVersion", say: `missing, expected a version`},
		{n: 29, name: "99.0.0", edits: []edit{set("ociVersion", `"99.0.0"`)}, field: "ociVersion", say: `"99\.0\.0": not supported, expected a version 1\.x\.y`},
		{n: 29, name: "0.9.0", edits: []edit{set("ociVersion", `"0.9.0"`)}, field: "ociVersion", say: `"0\.9\.0": not supported, expected a version 1\.x\.y`},
		{n: 29, name: "number", edits: []edit{set("ociVersion", `1`)}, field: "ociVersion", say: `1: expected a string`},
		{n: 29, name: "word", edits: []edit{set("ociVersion", `"new"`)}, field: "ociVersion", say: `"new": not a version of the form x\.y\.z`},
	}
	for _, c := range []struct{ at, open, shut, field, say string }{
		{"annotations.x", "[", "]", "annotations.x", `an array: expected a string`},
		{"process.args", "[", "]", "process.args[0]", `an array: expected a string`},
		{"linux.seccomp", "[", "]", "linux.seccomp", `an array: expected an object`},
		{"other", "[", "]", "other" + strings.Repeat("[0]", 63), `nested more than 64`},
		{"annotations.x", `{"a":`, "}", "annotations.x", `an object: expected a string`},
		{"process.args", `{"a":`, "}", "process.args", `an object: expected an array`},
		{"linux.seccomp", `{"a":`, "}", "linux.seccomp" + strings.Repeat(".a", 62), `nested more than 64`},
		{"other", `{"a":`, "}", "other" + strings.Repeat(".a", 63), `nested more than 64`},
	} {
		all = append(all, row{n: 23, name: "200,000 times " + c.open + " at " + c.at, setup: nested(c.at, c.open, c.shut), field: c.field, say: c.say, limit: time.Second / 2})
	}
	return all
}

// nested puts something 200,000 levels deep at a path, which encoding/json would not write.
func nested(path, open, shut string) func(*testing.T, *box.Box) {
	return func(t *testing.T, b *box.Box) {
		t.Helper()
		b.Spec.Annotations = map[string]string{"x": ""}
		apply(t, b, set(path, `"HERE"`))
		name := filepath.Join(b.Dir, "config.json")
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		const levels = 200_000
		deep := strings.Repeat(open, levels) + strings.Repeat(shut, levels)
		b.WriteConfig([]byte(strings.Replace(string(text), `"HERE"`, deep, 1)))
	}
}
