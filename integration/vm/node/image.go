package node

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// MaxAge is how long an image is used without asking the archive whether it has
// anything newer. Debian's testing suite changes four times a day, and a build takes
// minutes.
const MaxAge = 30 * 24 * time.Hour

// Image is a built image.
type Image struct {
	Disk     string            // path of the raw image
	Suite    string            // Debian's code name
	Released time.Time         // Date of the archive's Release file
	Versions map[string]string // by package, of those that matter (reported)
}

// String is "Debian forky of 2025-03-01: containerd 2.1.4, crun …".
func (i *Image) String() string {
	var list []string
	for _, name := range slices.Sorted(maps.Keys(i.Versions)) {
		list = append(list, name+" "+i.Versions[name])
	}
	return fmt.Sprintf("Debian %s of %s: %s", i.Suite, i.Released.Format(time.DateOnly), strings.Join(list, ", "))
}

// An image is a directory with these two files, <suite>-<recipe>-<release's date>. It
// gets its name when it is complete; its modification time is when the archive was
// last asked.
const (
	diskName  = "disk.img"
	aboutName = "about.json"
	partial   = ".part"
)

// Build returns the image of a suite ("trixie", "forky"), which it makes below cache if
// there is none or only an outdated one. Several processes may call it at the same time.
// An outdated image is used, and said to be so on standard error, where the archive
// cannot be asked.
func Build(ctx context.Context, cache, suite string) (*Image, error) {
	if containerdConfig[suite] == "" {
		return nil, fmt.Errorf("no recipe for a node of suite %q, expected one of %s", suite, strings.Join(slices.Sorted(maps.Keys(containerdConfig)), ", "))
	}
	return build(ctx, filepath.Join(cache, "node"), newRecipe(suite))
}

func build(ctx context.Context, dir string, r *recipe) (*Image, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	unlock, err := lock(ctx, filepath.Join(dir, r.Suite+".lock"))
	if err != nil {
		return nil, err
	}
	defer unlock()
	prefix := filepath.Join(dir, r.Suite+"-"+r.hash())
	have, checked := newest(prefix)
	if have != nil && time.Since(checked) < MaxAge {
		return have, nil
	}
	if have != nil {
		now, err := released(ctx, dir, r.Suite)
		if err == nil && now.Equal(have.Released) || err != nil && ctx.Err() == nil {
			if err != nil {
				fmt.Fprintf(os.Stderr, "vm: the archive cannot be asked, so the node is Debian %s of %s: %v\n", r.Suite, have.Released.Format(time.DateOnly), err)
				return have, nil
			}
			return have, os.Chtimes(filepath.Dir(have.Disk), time.Time{}, time.Now())
		}
	}
	part := prefix + partial
	for _, stale := range glob(filepath.Join(dir, r.Suite+"-*"+partial)) {
		if err := os.RemoveAll(stale); err != nil {
			return nil, err
		}
	}
	defer os.RemoveAll(part)
	fresh, err := assemble(ctx, part, r)
	if err != nil {
		return nil, fmt.Errorf("image of a node, Debian %s: %w", r.Suite, err)
	}
	name := prefix + "-" + fresh.Released.UTC().Format("20060102T150405")
	if err := os.Rename(part, name); err != nil {
		return nil, err
	}
	fresh.Disk = filepath.Join(name, diskName)
	return fresh, tidy(dir, r.Suite, name)
}

// assemble builds an image into a directory.
func assemble(ctx context.Context, part string, r *recipe) (*Image, error) {
	root := filepath.Join(part, "root")
	if err := os.MkdirAll(root, 0o755); err != nil {
		return nil, err
	}
	if err := bootstrap(ctx, root, r); err != nil {
		return nil, err
	}
	image := &Image{Suite: r.Suite}
	var err error
	// Before what they are read from is removed.
	if image.Released, err = releaseDate(root); err != nil {
		return nil, err
	}
	if image.Versions, err = versions(root); err != nil {
		return nil, err
	}
	if err := finish(root, r); err != nil {
		return nil, err
	}
	if err := format(ctx, filepath.Join(part, diskName), root); err != nil {
		return nil, err
	}
	if err := os.RemoveAll(root); err != nil {
		return nil, err
	}
	text, err := json.MarshalIndent(image, "", "  ")
	if err != nil {
		return nil, err
	}
	return image, os.WriteFile(filepath.Join(part, aboutName), append(text, '\n'), 0o644)
}

// newest returns the latest image of a recipe and when it was last held against the
// archive, or nil.
func newest(prefix string) (*Image, time.Time) {
	for _, dir := range slices.Backward(glob(prefix + "-*")) { // by date
		text, err := os.ReadFile(filepath.Join(dir, aboutName))
		if err != nil {
			continue
		}
		i := &Image{}
		if json.Unmarshal(text, i) != nil {
			continue
		}
		st, err := os.Stat(dir)
		if err != nil {
			continue
		}
		i.Disk = filepath.Join(dir, diskName)
		return i, st.ModTime()
	}
	return nil, time.Time{}
}

// tidy removes images of a suite that nobody has used for long: those of older recipes
// or dates. A machine that runs from one keeps its open file.
func tidy(dir, suite, keep string) error {
	for _, old := range glob(filepath.Join(dir, suite+"-*")) {
		st, err := os.Stat(old)
		if err != nil || old == keep || time.Since(st.ModTime()) < MaxAge {
			continue
		}
		if err := os.RemoveAll(old); err != nil {
			return err
		}
	}
	return nil
}

// glob is filepath.Glob for patterns of ours; the result is sorted.
func glob(pattern string) []string {
	list, err := filepath.Glob(pattern)
	if err != nil {
		panic(err)
	}
	return list
}

// lock takes an exclusive lock, which ends with this process at the latest.
func lock(ctx context.Context, path string) (unlock func(), err error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, err
	}
	for {
		err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
		if err == nil {
			return func() { f.Close() }, nil
		}
		if !errors.Is(err, unix.EWOULDBLOCK) && !errors.Is(err, unix.EINTR) {
			f.Close()
			return nil, fmt.Errorf("lock %s: %w", path, err)
		}
		select {
		case <-ctx.Done():
			f.Close()
			return nil, context.Cause(ctx)
		case <-time.After(200 * time.Millisecond):
		}
	}
}
