package node

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// kept puts an image that is none into a directory, asked about so long ago.
func kept(t *testing.T, dir string, r *recipe, released time.Time, age time.Duration) string {
	t.Helper()
	path := filepath.Join(dir, r.Suite+"-"+r.hash()+"-"+released.UTC().Format("20060102T150405"))
	if err := os.MkdirAll(path, 0o755); err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(Image{Suite: r.Suite, Released: released, Versions: map[string]string{"runc": "1"}})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(path, aboutName), text, 0o644); err != nil {
		t.Fatal(err)
	}
	at := time.Now().Add(-age)
	if err := os.Chtimes(path, at, at); err != nil {
		t.Fatal(err)
	}
	return path
}

// A young image is used as it is, the latest of them, and nothing is asked.
func TestUsed(t *testing.T) {
	dir := t.TempDir()
	r := newRecipe("trixie")
	day := time.Date(2026, 5, 9, 9, 47, 28, 0, time.UTC)
	kept(t, dir, r, day, time.Hour)
	want := kept(t, dir, r, day.Add(24*time.Hour), 2*time.Hour)
	other := newRecipe("trixie")
	other.Packages = append(other.Packages, "strace")
	kept(t, dir, other, day.Add(48*time.Hour), time.Hour)
	got, err := build(t.Context(), dir, r)
	if err != nil || got.Disk != filepath.Join(want, diskName) {
		t.Fatalf("%+v %v, expected %s", got, err, want)
	}
	if s := got.String(); s != "Debian trixie of 2026-05-10: runc 1" {
		t.Error(s)
	}
}

// An old image is still used if the archive is as it was, and is young again then.
func TestUsedAgain(t *testing.T) {
	dir := t.TempDir()
	r := newRecipe("trixie")
	now, err := released(t.Context(), dir, "trixie")
	if err != nil {
		t.Fatal(err)
	}
	path := kept(t, dir, r, now, 2*MaxAge)
	got, err := build(t.Context(), dir, r)
	if err != nil || got.Disk != filepath.Join(path, diskName) {
		t.Fatalf("%+v %v", got, err)
	}
	if _, checked := newest(filepath.Join(dir, r.Suite+"-"+r.hash())); time.Since(checked) > time.Minute {
		t.Errorf("the image was last asked about %v ago", time.Since(checked))
	}
}

// An interrupted build leaves no image and no mounts, and what a killed one has left
// goes with the next.
func TestInterrupted(t *testing.T) {
	dir := t.TempDir()
	stale := filepath.Join(dir, "trixie-0123456789ab"+partial)
	if err := os.Mkdir(stale, 0o755); err != nil {
		t.Fatal(err)
	}
	stop := errors.New("enough")
	ctx, cancel := context.WithTimeoutCause(t.Context(), 3*time.Second, stop)
	defer cancel()
	if i, err := build(ctx, dir, newRecipe("trixie")); !errors.Is(err, stop) {
		t.Fatalf("%+v %v", i, err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 1 || entries[0].Name() != "trixie.lock" {
		t.Errorf("left behind: %v (%v)", entries, err)
	}
	mounts, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil || strings.Contains(string(mounts), dir) {
		t.Errorf("mounts are left (%v):\n%s", err, mounts)
	}
}

// Whoever comes second waits, and gives up with its context.
func TestLock(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock")
	unlock, err := lock(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if _, err := lock(ctx, path); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a second lock: %v", err)
	}
	unlock()
	if unlock, err = lock(t.Context(), path); err != nil {
		t.Fatal(err)
	}
	unlock()
}

func TestTidy(t *testing.T) {
	dir := t.TempDir()
	r := newRecipe("forky")
	day := time.Date(2026, 5, 9, 9, 47, 28, 0, time.UTC)
	keep := kept(t, dir, r, day, 3*MaxAge)
	young := kept(t, dir, r, day.Add(time.Hour), MaxAge/2)
	old := kept(t, dir, r, day.Add(2*time.Hour), 2*MaxAge)
	if err := tidy(dir, "forky", keep); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]bool{keep: true, young: true, old: false} {
		if _, err := os.Stat(path); (err == nil) != want {
			t.Errorf("%s: %v, expected to be there: %v", path, err, want)
		}
	}
}

// Everything that an image is made from is in its name.
func TestHash(t *testing.T) {
	seen := map[string]bool{}
	for i, change := range []func(r *recipe){
		func(*recipe) {},
		func(r *recipe) { r.Code++ },
		func(r *recipe) { r.Suite = "forky" },
		func(r *recipe) { r.Packages = r.Packages[1:] },
		func(r *recipe) { r.Remove = nil },
		func(r *recipe) { r.Mask = r.Mask[1:] },
		func(r *recipe) { r.Links = nil },
		func(r *recipe) { r.Files["/etc/fstab"] = "x" },
	} {
		r := newRecipe("trixie")
		change(r)
		if h := r.hash(); len(h) != 12 || seen[h] {
			t.Errorf("change %d: hash %q is one of %v", i, h, seen)
		} else {
			seen[h] = true
		}
	}
	if a, b := newRecipe("trixie").hash(), newRecipe("trixie").hash(); a != b {
		t.Errorf("the hash of one recipe is %q and %q", a, b)
	}
}

func TestNoRecipe(t *testing.T) {
	if _, err := Build(t.Context(), t.TempDir(), "woody"); err == nil || !strings.Contains(err.Error(), `"woody", expected one of forky, trixie`) {
		t.Error(err)
	}
}

func TestDate(t *testing.T) {
	path := filepath.Join(t.TempDir(), "Release")
	for text, want := range map[string]string{
		"Origin: Debian\nDate: Sat, 09 May 2026 09:47:28 UTC\nValid-Until: x\n": "2026-05-09 09:47:28 +0000 UTC <nil>",
		"Origin: Debian\n": "0001-01-01 00:00:00 +0000 UTC " + path + ": no field Date",
	} {
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		got, err := dateIn(path)
		if s := fmt.Sprint(got, " ", err); s != want {
			t.Errorf("%q: %s, expected %s", text, s, want)
		}
	}
}
