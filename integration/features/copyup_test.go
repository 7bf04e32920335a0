package features

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"testing"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/integration/internal/box"
)

// A file that tmpcopyup has to copy.
type entry struct {
	name     string
	kind     uint32 // S_IF*
	mode     uint32
	uid, gid int
	content  string // or a symlink's target
}

func (e *entry) make(t *testing.T, path string) {
	t.Helper()
	switch e.kind {
	case unix.S_IFDIR:
		must(t, os.MkdirAll(path, 0o700))
	case unix.S_IFREG:
		must(t, os.WriteFile(path, []byte(e.content), 0o600))
	case unix.S_IFLNK:
		must(t, os.Symlink(e.content, path))
	default:
		must(t, unix.Mknod(path, e.kind, int(unix.Mkdev(1, 3))))
	}
	must(t, os.Lchown(path, e.uid, e.gid))
	if e.kind != unix.S_IFLNK {
		must(t, unix.Chmod(path, e.mode))
	}
}

// line is what the script of the test prints for the entry.
func (e *entry) line() string {
	mode := e.mode
	rest := ""
	switch e.kind {
	case unix.S_IFLNK:
		mode, rest = 0o777, e.content
	case unix.S_IFREG:
		rest = fmt.Sprintf("%x", sha256.Sum256([]byte(e.content)))
	}
	return fmt.Sprintf("%s %x %d:%d %s", e.name, e.kind|mode, e.uid, e.gid, rest)
}

// list prints every file below /data with type and mode, owner and content.
const list = `cd /data; find . | while read f; do
	if test -L "$f"; then c=$(readlink "$f"); elif test -f "$f"; then c=$(sha256sum "$f"); c=${c%% *}; else c=; fi
	echo "$(stat -c '%n %f %u:%g' "$f") $c"
done; `

func TestTmpcopyup(t *testing.T) {
	big := string(bytes.Repeat([]byte("0123456789abcde\n"), 200_000))
	entries := []entry{
		{".", unix.S_IFDIR, 0o1753, 11, 12, ""},
		{"./file", unix.S_IFREG, 0o640, 13, 14, "content\n"},
		{"./empty", unix.S_IFREG, 0o000, 0, 0, ""},
		{"./big", unix.S_IFREG, 0o444, 0, 0, big},
		{"./setuid", unix.S_IFREG, 0o4755, 15, 0, "x"},
		{"./setgid", unix.S_IFREG, 0o2711, 15, 16, "x"},
		{"./with space", unix.S_IFREG, 0o600, 0, 0, ""},
		{"./dir", unix.S_IFDIR, 0o2770, 17, 18, ""},
		{"./dir/deep", unix.S_IFDIR, 0o555, 0, 0, ""},
		{"./dir/deep/file", unix.S_IFREG, 0o644, 4294967294, 19, "deep"},
		{"./dir/none", unix.S_IFDIR, 0o700, 0, 0, ""},
		{"./relative", unix.S_IFLNK, 0, 20, 21, "dir/deep/file"},
		{"./absolute", unix.S_IFLNK, 0, 0, 0, "/etc/passwd"},
		{"./dangling", unix.S_IFLNK, 0, 0, 0, "no/where"},
		{"./dir/up", unix.S_IFLNK, 0, 0, 0, "../../../../../../etc"},
		{"./fifo", unix.S_IFIFO, 0o622, 22, 23, ""},
		{"./device", unix.S_IFCHR, 0o660, 0, 24, ""},
	}
	b := sh(t, list+"echo changed >/data/file; rm -r /data/dir; touch /data/new; awk '$5 == \"/data\" {print \"on\", $9}' /proc/self/mountinfo")
	for _, e := range entries {
		e.make(t, b.Path("data", e.name))
	}
	// A directory's mode may forbid what comes after it; root does not care.
	b.Mount("tmpfs", "tmpfs", "/data", "tmpcopyup,size=16m")
	var want []string
	for _, e := range entries {
		want = append(want, e.line())
	}
	want = append(want, "on tmpfs")
	got := strings.Split(strings.TrimSuffix(output(t, b), "\n"), "\n")
	sort.Strings(want)
	sort.Strings(got)
	for i := range max(len(want), len(got)) {
		var w, g string
		if i < len(want) {
			w = want[i]
		}
		if i < len(got) {
			g = got[i]
		}
		if w != g {
			t.Fatalf("line %d (sorted) is\n%q, expected\n%q", i, g, w)
		}
	}
	// What the container did to its copy has not reached the root.
	if data, err := os.ReadFile(b.Path("data/file")); err != nil || string(data) != "content\n" {
		t.Errorf("the root's file is now %q (%v)", data, err)
	}
	if data, err := os.ReadFile(b.Path("data/dir/deep/file")); err != nil || string(data) != "deep" {
		t.Errorf("the root's deep file is now %q (%v)", data, err)
	}
	absent(t, b.Path("data/new"))
}

// In a user namespace the copy has the owners that the inside sees: the same.
func TestTmpcopyupInAUserNamespace(t *testing.T) {
	b := sh(t, "cd /data; stat -c '%n %u:%g %a' . dir dir/file; readlink link; cat dir/file; id -u")
	usersOf(b)
	b.File("data/dir/file", "content\n", 0o640)
	must(t, os.Symlink("dir/file", b.Path("data/link")))
	for name, id := range map[string]int{"data": firstID, "data/link": firstID, "data/dir": firstID + 7, "data/dir/file": firstID + 1000} {
		must(t, os.Lchown(b.Path(name), id, id+1))
	}
	b.Mount("tmpfs", "tmpfs", "/data", "tmpcopyup")
	if out, want := output(t, b), ". 0:1 755\ndir 7:8 755\ndir/file 1000:1001 640\ndir/file\ncontent\n0\n"; out != want {
		t.Errorf("inside is\n%q, expected\n%q", out, want)
	}
}

// Without the option the tmpfs is empty.
func TestNoTmpcopyup(t *testing.T) {
	b := sh(t, "ls -A /data")
	b.File("data/file", "", 0o644)
	b.Mount("tmpfs", "tmpfs", "/data", "size=1m")
	if out := output(t, b); out != "" {
		t.Errorf("the tmpfs has %q", out)
	}
}

// secrets makes a directory of the host whose content no container may see or
// change, and a function that checks it.
func secrets(t *testing.T) (dir string, check func()) {
	t.Helper()
	dir = t.TempDir()
	must(t, os.WriteFile(filepath.Join(dir, "secret"), []byte("host secret\n"), 0o600))
	must(t, os.Chmod(dir, 0o711))
	must(t, os.Chown(dir, 33, 44))
	return dir, func() {
		t.Helper()
		var st unix.Stat_t
		must(t, unix.Stat(dir, &st))
		data, err := os.ReadFile(filepath.Join(dir, "secret"))
		entries, _ := os.ReadDir(dir)
		if st.Mode != unix.S_IFDIR|0o711 || st.Uid != 33 || st.Gid != 44 || err != nil || string(data) != "host secret\n" || len(entries) != 1 {
			t.Errorf("the host's directory is now %o %d:%d with %v, its file %q (%v)", st.Mode, st.Uid, st.Gid, entries, data, err)
		}
	}
}

// Symlinks of the root that lead to a directory of the host, at the mount point
// or below it, are symlinks inside the root.
func TestTmpcopyupThroughASymbolicLink(t *testing.T) {
	dir, check := secrets(t)
	const show = `find /data/ | sort; cat /data/secret /data/sub/secret /data/*/* 2>/dev/null; exit 0`
	b := sh(t, show)
	must(t, os.Symlink(dir, b.Path("data")))
	must(t, os.MkdirAll(b.Path(dir), 0o755))
	b.File(dir+"/inner", "of the root", 0o644)
	b.Mount("tmpfs", "tmpfs", "/data", "tmpcopyup")
	if out := output(t, b); out != "/data/\n/data/inner\n" {
		t.Errorf("a link at the mount point: %q", out)
	}
	check()
	c := sh(t, show)
	must(t, os.Mkdir(c.Path("data"), 0o755))
	must(t, os.Symlink(dir, c.Path("data/sub")))
	c.Mount("tmpfs", "tmpfs", "/data", "tmpcopyup")
	if out := output(t, c); out != "/data/\n/data/sub\n" {
		t.Errorf("a link below it: %q", out)
	}
	check()
}

// Somebody swaps directories of the root for symlinks while the copy is made:
// the run fails or goes well, and nothing of the host is read or changed.
func TestTmpcopyupWhileLinksAreSwapped(t *testing.T) {
	dir, check := secrets(t)
	b := sh(t, `find /data/ -type f | while read f; do cat "$f"; done; exit 0`)
	for i := range 40 {
		b.File(fmt.Sprintf("data/sub%d/secret", i), "inner\n", 0o644)
	}
	must(t, os.Symlink(dir, b.Path("link")))
	b.Mount("tmpfs", "tmpfs", "/data", "tmpcopyup")
	stop, stopped := make(chan struct{}), make(chan int)
	go func() {
		swaps := 0
		for {
			select {
			case <-stop:
				stopped <- swaps
				return
			default:
			}
			for _, name := range []string{"data", "data/sub20", "data/sub39"} {
				// Twice, so that each is itself again.
				for range 2 {
					if unix.Renameat2(unix.AT_FDCWD, b.Path("link"), unix.AT_FDCWD, b.Path(name), unix.RENAME_EXCHANGE) == nil {
						swaps++
					}
				}
			}
		}
	}()
	good, runs := 0, box.Rounds(20)
	for range runs {
		r := b.Run()
		if strings.Contains(r.Stdout, "host secret") {
			t.Errorf("the container has read %q", r.Stdout)
		}
		if r.Status == 0 {
			good++
		} else if !strings.Contains(r.Stderr, "mounts[6]") {
			t.Errorf("exit status %d, stderr %q; expected an error that names mounts[6]", r.Status, r.Stderr)
		}
		b.NothingLeft()
	}
	close(stop)
	if swaps := <-stopped; swaps < 100 {
		t.Errorf("only %d swaps were made", swaps)
	}
	t.Logf("%d of %d runs went well", good, runs)
	check()
}

// What is copied is in nobody's limit but the container's: more than that is refused, and a
// hole is none of it.
func TestTmpcopyupOfMuch(t *testing.T) {
	const limit = 16 << 20
	for name, c := range map[string]struct {
		written int // of a file of 300 MiB
		good    bool
	}{"a hole": {4096, true}, "half": {limit / 2, true}, "more": {limit + 1, false}} {
		t.Run(name, func(t *testing.T) {
			b := sh(t, "stat -c %s /data/file; du -k /data/file | cut -f1; tail -c 3 /data/file")
			size := int64(limit)
			b.Spec.Linux.Resources.Memory = &specs.LinuxMemory{Limit: &size}
			b.File("data/file", strings.Repeat("x", c.written), 0o644)
			f, err := os.OpenFile(b.Path("data/file"), os.O_WRONLY, 0)
			must(t, err)
			_, err = f.WriteAt([]byte("end"), 300<<20-3)
			must(t, err)
			must(t, f.Close())
			b.Mount("tmpfs", "tmpfs", "/data", "tmpcopyup")
			r := b.Run()
			if c.good {
				var size, kib int
				var end string
				_, err := fmt.Sscan(r.Stdout, &size, &kib, &end)
				if err != nil || size != 300<<20 || kib > c.written>>10+64 || end != "end" {
					t.Errorf("exit status %d, stdout %q, stderr %q", r.Status, r.Stdout, r.Stderr)
				}
			} else if r.Status == 0 || !strings.Contains(r.Stderr, "tmpcopyup") || !strings.Contains(r.Stderr, "linux.resources.memory.limit") {
				t.Errorf("exit status %d, stdout %q, stderr %q; expected a refusal", r.Status, r.Stdout, r.Stderr)
			}
			b.NothingLeft()
		})
	}
}
