package hostile

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/integration/internal/box"
)

func quoted(s string) string {
	text, err := json.Marshal(s)
	if err != nil {
		panic(err) // no string is
	}
	return string(text)
}

// hostRows are 25, 34, 35 and 41: what is the host's, and must stay so.
func hostRows(w *around) []row {
	all := []row{
		{n: 34, name: "not listed", edits: []edit{without("mount")}, field: "linux.namespaces", say: `no entry of type "mount": expected one`},
		{n: 34, name: "empty list", edits: []edit{set("linux.namespaces", `[]`), remove("hostname")}, field: "linux.namespaces", say: `no entry of type "mount": expected one`},
		{n: 34, name: "no list", edits: []edit{remove("linux.namespaces"), remove("hostname")}, field: "linux.namespaces", say: `no entry of type "mount": expected one`},
		{n: 34, name: "no linux", edits: []edit{remove("linux"), remove("hostname")}, field: "linux.namespaces", say: `no entry of type "mount": expected one`},
		{n: 34, name: "the host's by path", edits: []edit{without("mount"), push("linux.namespaces", `{"type":"mount","path":"/proc/self/ns/mnt"}`)}, field: "linux.namespaces[4].path", say: `the runtime's own mount namespace, in which mounting and changing the root is not allowed`},
	}
	for _, c := range []struct{ name, path, say string }{
		{"up, relative", "../../x", `without "\.\."`}, {"up, absolute", "/../../x", `without "\.\."`}, {"up, in the middle", "/a/../../../x", `without "\.\."`},
		{"newline", "/a\nb", `without newline and NUL`}, {"the root", "/", `below the root`}, {"dots", "/./.", `below the root`},
		{"300 characters", "/" + strings.Repeat("a", 300), `at most 255`},
		{"outside", w.canary.dir + "/../../x", `without "\.\."`},
	} {
		all = append(all, row{n: 35, name: c.name, edits: []edit{set("linux.cgroupsPath", quoted(c.path))}, field: "linux.cgroupsPath", say: c.say})
	}
	return slices.Concat(all, namespaceRows(), destinationRows(w))
}

// namespaceRows are 25: whatever is in a namespace's place is refused without being opened
// in a way that could wait for somebody.
func namespaceRows() []row {
	var all []row
	types := []string{"pid", "network", "ipc", "uts", "mount", "cgroup", "user", "time"}
	for i, typ := range types {
		none := `: expected a namespace of type "` + typ + `"`
		another := map[bool]string{true: "/proc/self/ns/uts", false: "/proc/self/ns/net"}[typ == "network"]
		for _, c := range []struct {
			name, path, say string
			make            func(name string) error
		}{
			{"FIFO", "", none, func(name string) error { return unix.Mkfifo(name, 0o644) }},
			{"regular file", "", none, func(name string) error { return os.WriteFile(name, nil, 0o644) }},
			{"directory", "", none, func(name string) error { return os.Mkdir(name, 0o755) }},
			{"link to itself", "", `too many levels of symbolic links`, func(name string) error { return os.Symlink(name, name) }},
			{"another type", another, none, nil},
			{"device", "/dev/null", none, nil},
			{"missing", "/nowhere/ns", `no such file or directory`, nil},
			{"relative", "proc/self/ns/net", `expected an absolute path`, nil},
		} {
			// The FIFO and another type for all; the rest is asked of one each.
			if c.name != "FIFO" && c.name != "another type" && i > 1 {
				continue
			}
			all = append(all, row{n: 25, name: typ + ", " + c.name, field: "linux.namespaces[0].path", say: c.say, setup: func(t *testing.T, b *box.Box) {
				t.Helper()
				path := c.path
				if c.make != nil {
					path = filepath.Join(b.Dir, "ns")
					if err := c.make(path); err != nil {
						t.Fatal(err)
					}
				}
				list := fmt.Sprintf(`{"type":%q,"path":%q}`, typ, path)
				for _, other := range []string{"mount", "network", "pid", "uts"} {
					if other != typ {
						list += fmt.Sprintf(`,{"type":%q}`, other)
					}
				}
				apply(t, b, set("linux.namespaces", "["+list+"]"))
			}})
		}
	}
	return all
}

// destinationRows are 41: mount points that lead somewhere else, or nowhere.
func destinationRows(w *around) []row {
	mount := func(destination string) []edit {
		return []edit{push("mounts", fmt.Sprintf(`{"type":"tmpfs","source":"tmpfs","destination":%s}`, quoted(destination)))}
	}
	link := func(pairs ...string) func(*testing.T, *box.Box) {
		return func(t *testing.T, b *box.Box) {
			t.Helper()
			for i := 0; i < len(pairs); i += 2 {
				if err := os.Symlink(pairs[i+1], b.Path(pairs[i])); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	chain := func(t *testing.T, b *box.Box) {
		t.Helper()
		for i := range 300 {
			link(fmt.Sprintf("chain%d", i), fmt.Sprintf("chain%d", i+1))(t, b)
		}
		if err := os.Mkdir(b.Path("chain300"), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	const field, inside = "mounts[6]", `mounts inside /proc are not allowed, expected a path outside of it`
	return []row{
		{n: 41, name: "link to itself", edits: mount("/loop"), setup: link("loop", "loop"), field: field, say: `too many levels of symbolic links`},
		{n: 41, name: "two links", edits: mount("/loop/x"), setup: link("loop", "pool", "pool", "/loop"), field: field, say: `too many levels of symbolic links`},
		{n: 41, name: "chain of 300 links", edits: mount("/chain0"), setup: chain, field: field, say: `too many levels of symbolic links`},
		{n: 41, name: "below a chain of 300 links", edits: mount("/chain0/x"), setup: chain, field: field, say: `too many levels of symbolic links`},
		{n: 41, name: "/proc/1/root", edits: mount("/proc/1/root" + w.canary.dir), field: field + ".destination", say: inside},
		{n: 41, name: "/proc/self/root", edits: mount("/proc/self/root" + w.canary.dir), field: field + ".destination", say: inside},
		{n: 41, name: "/proc/self/cwd", edits: mount("/proc/self/cwd/x"), field: field + ".destination", say: inside},
		{n: 41, name: "/proc/self/fd", edits: mount("/proc/self/fd/3"), field: field + ".destination", say: inside},
		{n: 41, name: "link to /proc/1/root", edits: mount("/link/x"), setup: link("link", "/proc/1/root"+w.canary.dir), field: field, say: `too many levels of symbolic links`},
		{n: 41, name: "/proc/sys", edits: mount("/proc/sys/kernel"), field: field + ".destination", say: inside},
		{n: 41, name: "/proc itself", edits: mount("/proc"), field: field + ".destination", say: `"/proc": expected type "proc" or a bind mount of a procfs, not "tmpfs"`},
		{n: 41, name: "the root", edits: mount("/"), field: field + ".destination", say: `the root itself is given by root\.path, expected a path below it`},
		{n: 41, name: "a file", edits: mount("/etc/passwd"), field: field, say: `not a directory`},
		{n: 41, name: "below a file", edits: mount("/etc/passwd/x"), field: field, say: `not a directory`},
	}
}
