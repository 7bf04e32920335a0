package hostile

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// A canary is a directory of the host with a file in it, where no container may change
// anything, and what of it would tell if one had.
type canary struct {
	dir, file string
	before    string
}

func newCanary(t testing.TB) *canary {
	t.Helper()
	dir := t.TempDir()
	c := &canary{dir: dir, file: filepath.Join(dir, "file")}
	if err := os.WriteFile(c.file, []byte("of the host\n"), 0o640); err != nil {
		t.Fatal(err)
	}
	c.before = c.look()
	return c
}

// look describes directory and file: names, content, owner, mode, identity and times.
func (c *canary) look() string {
	var text strings.Builder
	for _, name := range []string{c.dir, c.file} {
		var st unix.Stat_t
		err := unix.Lstat(name, &st)
		// Not the access time: reading is what this function does.
		fmt.Fprintf(&text, "%s: %v, inode %d:%d, mode %o, %d:%d, %d links, changed %v %v\n",
			name, err, st.Dev, st.Ino, st.Mode, st.Uid, st.Gid, st.Nlink, st.Mtim, st.Ctim)
	}
	entries, err := os.ReadDir(c.dir)
	data, err2 := os.ReadFile(c.file)
	fmt.Fprintf(&text, "%v %v, content %q %v", entries, err, data, err2)
	return text.String()
}

func (c *canary) unchanged(t testing.TB) {
	t.Helper()
	if now := c.look(); now != c.before {
		t.Errorf("the canary is\n%s\nand was\n%s", now, c.before)
	}
}

// mountTable is what this mount namespace, and so every test of this package, has mounted.
// A network namespace without a process is only kept by a file that it is bound to, which
// shows here (type nsfs), or by a descriptor, which needs a process.
func mountTable(t testing.TB) []string {
	t.Helper()
	data, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(data)), "\n")
	slices.Sort(lines)
	return lines
}

func readlink(t testing.TB, name string) string {
	t.Helper()
	target, err := os.Readlink(name)
	if err != nil {
		t.Fatal(err)
	}
	return target
}
