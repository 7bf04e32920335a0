package state

import (
	"bytes"
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
	inherited, err := unix.Dup(d.fd)
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
