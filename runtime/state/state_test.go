package state

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// sample is a state with every field set to something that is easily broken.
func sample(id string) *State {
	return &State{
		ID: id, OCIVersion: "1.2.0", Bundle: "/b/\"quoted\"\nline", Rootfs: "/b/rootfs",
		Created: time.Date(2025, 2, 3, 4, 5, 6, 789, time.UTC), Pid: 4711, StartTime: 1<<63 + 1,
		CgroupPaths: map[string]string{"": "/sys/fs/cgroup/unified/runseal/x", "cpu": "/sys/fs/cgroup/cpu/runseal/x"},
		Annotations: map[string]string{"k": "v\u2028\x00", "": "{}"},
		Config:      []byte("{\n\t\"ociVersion\": \"1.2.0\"\n}\n"),
	}
}

func create(t *testing.T, root, id string) *Dir {
	t.Helper()
	d, err := Create(root, id)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d
}

func TestRoundTrip(t *testing.T) {
	root := filepath.Join(t.TempDir(), "deep", "root")
	d := create(t, root, "x")
	empty := &State{ID: "x"}
	for _, want := range []*State{sample("x"), empty} {
		if err := d.Save(want); err != nil {
			t.Fatal(err)
		}
		got, err := d.Load()
		if err != nil {
			t.Fatal(err)
		}
		if !got.Created.Equal(want.Created) {
			t.Errorf("created %v, want %v", got.Created, want.Created)
		}
		got.Created = want.Created
		if !reflect.DeepEqual(got, want) {
			t.Errorf("got  %+v\nwant %+v", got, want)
		}
		// The file is JSON for everybody else as well, in any layout.
		data, err := os.ReadFile(filepath.Join(d.Path(), stateName))
		if err != nil {
			t.Fatal(err)
		}
		var re bytes.Buffer
		if err := json.Indent(&re, data, " ", "\t"); err != nil {
			t.Fatalf("not JSON: %v\n%s", err, data)
		}
		again, err := decode(re.Bytes())
		if err != nil {
			t.Fatal(err)
		}
		if again.Pid != want.Pid || (len(again.Config) == 0) != (len(want.Config) == 0) || !reflect.DeepEqual(again.CgroupPaths, want.CgroupPaths) {
			t.Errorf("indented: got %+v", again)
		}
	}
	fi, err := os.Stat(root)
	if err != nil || fi.Mode().Perm() != 0o700 {
		t.Errorf("root: %v %v, want mode 0700", fi.Mode(), err)
	}
	if d.FifoPath() != root+"/x/exec.fifo" || d.ID() != "x" {
		t.Errorf("paths: %s %s", d.FifoPath(), d.ID())
	}
}

func TestValidID(t *testing.T) {
	for _, id := range []string{"a", "A-b_c+d.e0", "...", "-", strings.Repeat("x", 255)} {
		if err := ValidID(id); err != nil {
			t.Errorf("%q: %v", id, err)
		}
	}
	for _, id := range []string{"", ".", "..", "../x", "a/b", "a b", "a;b", "a\n", "a\x00", "ä", "a:b", strings.Repeat("x", 256), strings.Repeat("y", 2000)} {
		err := ValidID(id)
		if err == nil {
			t.Errorf("%.20q: no error", id)
			continue
		}
		if len(err.Error()) > 200 || strings.ContainsAny(err.Error(), "\n\x00") || !strings.Contains(err.Error(), "1 to 255 characters of A-Z a-z 0-9 _ + . -") {
			t.Errorf("%.20q: %v", id, err)
		}
		root := t.TempDir()
		if _, err := Create(root, id); err == nil {
			t.Errorf("Create(%.20q): no error", id)
		}
		if _, err := Open(root, id, true); err == nil || errors.Is(err, ErrNotExist) {
			t.Errorf("Open(%.20q): %v", id, err)
		}
	}
}

// TestBadState: every kind of damage is ErrDamaged, on one line, and does not
// keep Remove from working.
func TestBadState(t *testing.T) {
	good := string(sample("x").encode())
	text := func(s string) func(*testing.T, string) {
		return func(t *testing.T, p string) {
			if err := os.WriteFile(p, []byte(s), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	must := func(t *testing.T, err error) {
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		name string
		make func(t *testing.T, path string)
		want string
	}{
		{"missing", func(*testing.T, string) {}, "no such file"},
		{"empty", text(""), "unexpected end of text"},
		{"null", text("null"), "expected an object"},
		{"{}", text("{}"), "some are missing"},
		{"[]", text("[]"), "expected an object"},
		{"number", text("7"), "expected an object"},
		{"NULs", text(strings.Repeat("\x00", 100)), "unexpected"},
		{"half", text(good[:len(good)/2]), "line 1"},
		{"without the last line", text(good[:len(good)-2]), "expected"},
		{"twice", text(good + good), "configSize: "},
		{"pid is a string", text(strings.Replace(good, `"pid":4711`, `"pid":"1"`, 1)), "pid: "},
		{"pid negative", text(strings.Replace(good, `"pid":4711`, `"pid":-1`, 1)), "pid: -1: expected 0 to 4194304"},
		{"pid too large", text(strings.Replace(good, `"pid":4711`, `"pid":4194305`, 1)), "expected 0 to 4194304"},
		{"pid 1.5", text(strings.Replace(good, `"pid":4711`, `"pid":1.5`, 1)), "pid: "},
		{"pid null", text(strings.Replace(good, `"pid":4711`, `"pid":null`, 1)), "pid: "},
		{"pid twice", text(strings.Replace(good, `"pid":4711`, `"pid":1,"pid":4711`, 1)), "duplicate"},
		{"pid missing", text(strings.Replace(good, `"pid":4711,`, ``, 1)), "some are missing"},
		{"start time negative", text(strings.Replace(good, `"startTime":`, `"startTime":-`, 1)), "startTime: "},
		{"created", text(strings.Replace(good, `"created":"2025`, `"created":"x`, 1)), "created: "},
		{"cgroups a list", text(strings.Replace(good, `"cgroupPaths":{`, `"cgroupPaths":[],"x":{`, 1)), "cgroupPaths: "},
		{"another container's", text(strings.Replace(good, `"id":"x"`, `"id":"y"`, 1)), `id: "y": expected the directory's name`},
		{"not UTF-8", text(strings.Replace(good, `"ociVersion":"1.2.0"`, "\"ociVersion\":\"\xff\"", 1)), "ociVersion"},
		{"nested", text(strings.Repeat(`{"a":`, 100000)), "nested more than"},
		{"huge", func(t *testing.T, p string) {
			must(t, os.WriteFile(p, []byte("{"), 0o600))
			must(t, os.Truncate(p, 1<<40))
		}, "1099511627776 bytes"},
		{"directory", func(t *testing.T, p string) { must(t, os.MkdirAll(p+"/a/b", 0o700)) }, "expected a regular file"},
		{"FIFO", func(t *testing.T, p string) { must(t, unix.Mkfifo(p, 0o600)) }, "expected a regular file"},
		{"link", func(t *testing.T, p string) {
			must(t, os.WriteFile(filepath.Dir(p)+"/other", []byte(good), 0o600))
			must(t, os.Symlink("other", p))
		}, "symbolic link"},
		{"writable by others", func(t *testing.T, p string) {
			text(good)(t, p)
			must(t, os.Chmod(p, 0o666))
		}, "mode 0666"},
	} {
		t.Run(c.name, func(t *testing.T) {
			root := t.TempDir()
			d := create(t, root, "x")
			c.make(t, filepath.Join(d.Path(), stateName))
			begin := time.Now()
			s, err := d.Load()
			if err == nil {
				t.Fatalf("no error: %+v", s)
			}
			if time.Since(begin) > time.Second {
				t.Errorf("took %s", time.Since(begin))
			}
			if !errors.Is(err, ErrDamaged) || errors.Is(err, ErrNotExist) {
				t.Errorf("%v: expected ErrDamaged only", err)
			}
			if m := err.Error(); !strings.HasPrefix(m, `the state of container "x" is damaged: state.json: `) || !strings.Contains(m, c.want) || strings.Contains(m, "\n") || len(m) > 400 {
				t.Errorf("got %s\nwant ... %s ...", m, c.want)
			}
			if ids, err := List(root); err != nil || !reflect.DeepEqual(ids, []string{"x"}) {
				t.Errorf("List: %q %v", ids, err)
			}
			if err := d.Remove(); err != nil {
				t.Fatal(err)
			}
			if left, _ := os.ReadDir(root); len(left) != 0 {
				t.Errorf("left behind: %v", left)
			}
		})
	}
}

func TestCreateOpenRemove(t *testing.T) {
	root := t.TempDir()
	if _, err := Open(root, "x", false); !errors.Is(err, ErrNotExist) || err.Error() != `container "x" does not exist` {
		t.Errorf("Open before Create: %v", err)
	}
	if _, err := Open(root+"/none", "x", false); !errors.Is(err, ErrNotExist) {
		t.Errorf("Open without root: %v", err)
	}
	if ids, err := List(root + "/none"); len(ids) != 0 || err != nil {
		t.Errorf("List without root: %v %v", ids, err)
	}
	d := create(t, root, "x")
	if err := d.Save(sample("x")); err != nil {
		t.Fatal(err)
	}
	if _, err := Create(root, "x"); !errors.Is(err, ErrExists) || err.Error() != `container "x" already exists` {
		t.Errorf("second Create: %v", err)
	}
	if err := d.Save(sample("y")); err == nil {
		t.Error("Save of another container's state: no error")
	}
	// Files and strange names in the root are not containers.
	for _, name := range []string{"file", "also a file"} {
		if err := os.WriteFile(filepath.Join(root, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(root, "not an id"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("x", filepath.Join(root, "link")); err != nil {
		t.Fatal(err)
	}
	if ids, err := List(root); err != nil || !reflect.DeepEqual(ids, []string{"x"}) {
		t.Errorf("List: %q %v", ids, err)
	}
	for _, id := range []string{"file", "link"} {
		if _, err := Open(root, id, true); !errors.Is(err, ErrNotExist) {
			t.Errorf("Open(%s): %v", id, err)
		}
	}
	// A reader needs no lock; who changes something does.
	r, err := Open(root, "x", false)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if s, err := r.Load(); err != nil || s.Pid != 4711 {
		t.Errorf("Load without lock: %+v %v", s, err)
	}
	if err := r.Save(sample("x")); err == nil {
		t.Error("Save without lock: no error")
	}
	if err := r.Remove(); err == nil {
		t.Error("Remove without lock: no error")
	}
	if err := unix.Mkfifo(d.FifoPath(), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := d.Remove(); err != nil {
		t.Fatal(err)
	}
	if err := d.Remove(); err != nil {
		t.Errorf("second Remove: %v", err)
	}
	d.Close()
	// The id is free again, and the old descriptor does not mistake the new
	// container for its own.
	create(t, root, "x").Close()
	if err := r.Lock(); !errors.Is(err, ErrNotExist) {
		t.Errorf("Lock of a removed directory: %v", err)
	}
}

func TestRootOfOthers(t *testing.T) {
	root := t.TempDir()
	if err := os.Chmod(root, 0o777); err != nil {
		t.Fatal(err)
	}
	_, err := Create(root, "x")
	if err == nil || !strings.Contains(err.Error(), "mode 0777") {
		t.Errorf("root writable by others: %v", err)
	}
	if _, err := Open(root, "x", true); err == nil || errors.Is(err, ErrNotExist) {
		t.Errorf("Open: %v", err)
	}
}

// TestLockExcludes: the second locker comes after the first has closed, and a
// descriptor inherited by somebody else does not keep the lock.
func TestLockExcludes(t *testing.T) {
	root := t.TempDir()
	d := create(t, root, "x")
	inherited, err := unix.Dup(d.Fd())
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(inherited)
	got := make(chan error, 1)
	go func() {
		d, err := Open(root, "x", true)
		if err == nil {
			err = d.Close()
		}
		got <- err
	}()
	select {
	case err := <-got:
		t.Fatalf("locked twice (%v)", err)
	case <-time.After(30 * time.Millisecond):
	}
	d.Close()
	select {
	case err := <-got:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(5 * time.Second):
		t.Error("the lock is still held after Close")
	}
}

// TestConcurrentSaveLoad: readers without the lock see one whole state or the
// other.
func TestConcurrentSaveLoad(t *testing.T) {
	root := t.TempDir()
	d := create(t, root, "x")
	a, b := sample("x"), sample("x")
	a.Pid, a.StartTime, a.Config = 1000, 1000, bytes.Repeat([]byte("a"), 50000)
	b.Pid, b.StartTime, b.Config = 2000, 2000, bytes.Repeat([]byte("b"), 100)
	if err := d.Save(a); err != nil {
		t.Fatal(err)
	}
	stop := make(chan struct{})
	var wg sync.WaitGroup
	for range 3 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for n := 0; ; n++ {
				select {
				case <-stop:
					if n == 0 {
						t.Error("nothing was read")
					}
					return
				default:
				}
				r, err := Open(root, "x", false)
				if err != nil {
					t.Error(err)
					return
				}
				s, err := r.Load()
				r.Close()
				if err != nil {
					t.Error(err)
					return
				}
				want := a
				if s.Pid == b.Pid {
					want = b
				}
				if s.Pid != want.Pid || s.StartTime != want.StartTime || !bytes.Equal(s.Config, want.Config) {
					t.Errorf("mixed state: pid %d, %d bytes of config", s.Pid, len(s.Config))
					return
				}
			}
		}()
	}
	for i := range 300 {
		s := a
		if i%2 == 0 {
			s = b
		}
		if err := d.Save(s); err != nil {
			t.Error(err)
			break
		}
	}
	close(stop)
	wg.Wait()
	if names, _ := os.ReadDir(d.Path()); len(names) != 1 {
		t.Errorf("temporary files left: %v", names)
	}
}

// TestSaveAfterKill: what a Save that was killed has left is no obstacle, and is
// not followed if it is a link.
func TestSaveAfterKill(t *testing.T) {
	root := t.TempDir()
	d := create(t, root, "x")
	canary := filepath.Join(t.TempDir(), "canary")
	if err := os.Symlink(canary, filepath.Join(d.Path(), tempName)); err != nil {
		t.Fatal(err)
	}
	if err := d.Save(sample("x")); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Lstat(canary); err == nil {
		t.Error("Save followed the link")
	}
	if _, err := d.Load(); err != nil {
		t.Error(err)
	}
}

func FuzzLoad(f *testing.F) {
	good := sample("x").encode()
	f.Add(good)
	f.Add([]byte("null"))
	f.Add([]byte("{}"))
	f.Add(good[:len(good)-3])
	f.Add(bytes.Replace(good, []byte("4711"), []byte("1e3"), 1))
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := decode(data)
		if err != nil {
			if s != nil {
				t.Error("a state and an error")
			}
			return
		}
		if s.Pid < 0 || s.Pid > maxPid {
			t.Errorf("pid %d", s.Pid)
		}
		// What is accepted survives being written, but for years that RFC 3339
		// does not have.
		again, err := decode(s.encode())
		if err != nil {
			t.Fatalf("%v\n%q\n%q", err, data, s.encode())
		}
		if !again.Created.Equal(s.Created) {
			t.Errorf("created %v, was %v", again.Created, s.Created)
		}
		again.Created = s.Created
		if !reflect.DeepEqual(again, s) {
			t.Errorf("got %+v\nwas %+v", again, s)
		}
	})
}

func BenchmarkSave(b *testing.B) {
	d, err := Create(b.TempDir(), "x")
	if err != nil {
		b.Fatal(err)
	}
	defer d.Close()
	s := sample("x")
	s.Config = bytes.Repeat([]byte(" "), 20000)
	for b.Loop() {
		if err := d.Save(s); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkOpenLoad(b *testing.B) {
	root := b.TempDir()
	d, err := Create(root, "x")
	if err != nil {
		b.Fatal(err)
	}
	s := sample("x")
	s.Config = bytes.Repeat([]byte(" "), 20000)
	if err := d.Save(s); err != nil {
		b.Fatal(err)
	}
	d.Close()
	for b.Loop() {
		d, err := Open(root, "x", true)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := d.Load(); err != nil {
			b.Fatal(err)
		}
		d.Close()
	}
}
