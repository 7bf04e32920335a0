package state

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// sample is a state with every field set to something that is easily broken.
func sample(id string) *State {
	return &State{
		ID: id, OCIVersion: "1.2.0", NoNewKeyring: true, Bundle: "/b/\"quoted\"\nline", Rootfs: "/b/rootfs",
		Created: time.Date(2025, 2, 3, 4, 5, 6, 789, time.UTC), Pid: 4711, StartTime: 1<<63 + 1,
		CgroupPaths: map[string]string{"": "/sys/fs/cgroup/unified/runseal/x", "cpu": "/sys/fs/cgroup/cpu/runseal/x"},
		SystemdUnit: "runseal-x.scope", Resctrl: "/sys/fs/resctrl/x",
		Annotations: map[string]string{"k": "v\u2028\x00", "": "{}"},
		Config:      []byte("{\n\t\"ociVersion\": \"1.2.0\"\n}\n"),
		Resources:   []byte(`{"memory":{"limit":-1},"unified":{",\"config\":":"a\nb"}}`),
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
	empty, ruled, bare := &State{ID: "x"}, sample("x"), &State{ID: "x", Policy: []byte("{}")}
	ruled.Policy = []byte(`{"decision":"own profile"}`)
	for _, want := range []*State{sample("x"), empty, ruled, bare} {
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
		if again.Pid != want.Pid || (len(again.Policy) == 0) != (len(want.Policy) == 0) || (len(again.Resources) == 0) != (len(want.Resources) == 0) || (len(again.Config) == 0) != (len(want.Config) == 0) || !reflect.DeepEqual(again.CgroupPaths, want.CgroupPaths) {
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
	good := string(bytes.Join(sample("x").encode(), nil))
	withPolicy := sample("x")
	withPolicy.Policy = []byte(`{"decision":"floor"}`)
	ruled := string(bytes.Join(withPolicy.encode(), nil))
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
		{"policy cut", text(strings.Replace(ruled, `{"decision":"floor"}`, `{}`, 1)), "policySize: 20: expected the size of policy"},
		{"policy gone", text(strings.Replace(ruled, between+`{"decision":"floor"}`, ``, 1)), "policySize: "},
		{"policy not announced", text(strings.Replace(ruled, `,"policySize":20`, ``, 1)), "configSize: "},
		{"policy size negative", text(strings.Replace(ruled, `"policySize":20`, `"policySize":-20`, 1)), "policySize: -20"},
		{"policy size huge", text(strings.Replace(ruled, `"policySize":20`, `"policySize":9223372036854775807`, 1)), "policySize: "},
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

func FuzzLoad(f *testing.F) {
	good := bytes.Join(sample("x").encode(), nil)
	f.Add(good)
	ruled := sample("x")
	ruled.Policy = []byte(`{"decision":""}`)
	f.Add(bytes.Join(ruled.encode(), nil))
	f.Add(append([]byte("\n"), bytes.Replace(good, []byte(`{"limit"`), []byte("{\"a\":1,\"config\":\n2,\"limit\""), 1)...))
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
		again, err := decode(bytes.Join(s.encode(), nil))
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
