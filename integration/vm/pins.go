package main

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/runseal/runseal/integration/vm/internal/archive"
	"github.com/runseal/runseal/integration/vm/internal/kernel"
)

// pinsJSON says which packages the kernels are: by kernel's name, the image first.
//
//go:embed pins.json
var pinsJSON []byte

func pins() (map[string][]archive.Pin, error) {
	var all map[string][]archive.Pin
	if err := json.Unmarshal(pinsJSON, &all); err != nil {
		return nil, fmt.Errorf("pins.json: %w", err)
	}
	return all, nil
}

// pin asks the archive for the newest version of each package and writes
// pins.json. With -kernel it does so for some and keeps the others.
func pin(ctx context.Context, o options) error {
	all, err := pins()
	if err != nil {
		return err
	}
	re, err := regexp.Compile(o.kernel)
	if err != nil {
		return fmt.Errorf("-kernel: %w", err)
	}
	fresh := make(map[string][]archive.Pin)
	for _, k := range sources {
		if fresh[k.name] = all[k.name]; !re.MatchString(k.name) {
			continue
		}
		found, err := archive.Cache{Dir: o.cache}.Resolve(ctx, k.source)
		if err != nil {
			return fmt.Errorf("%s: %w", k.name, err)
		}
		fresh[k.name] = found
		fmt.Printf("%-14s %s %s\n", k.name, found[0].Package, found[0].Version)
	}
	text, err := json.MarshalIndent(fresh, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile("integration/vm/pins.json", append(text, '\n'), 0o644)
}

// fetch fills the cache.
func fetch(ctx context.Context, o options) error {
	list, err := o.chosen()
	if err != nil {
		return err
	}
	for _, t := range list {
		k, err := getKernel(ctx, o.cache, t.kernel)
		if err != nil {
			return err
		}
		fmt.Printf("%-12s %s\n", t.name, k.Release)
		if _, err := t.disks(ctx, o); err != nil {
			return err
		}
	}
	return nil
}

// getKernel returns a kernel of the cache, fetched and unpacked if need be.
func getKernel(ctx context.Context, cache, name string) (*kernel.Kernel, error) {
	debs, list, err := packages(ctx, cache, name)
	if err != nil {
		return nil, err
	}
	dir := filepath.Join(cache, "kernel", fmt.Sprintf("%s-%s", list[0].SHA256[:12], strings.ReplaceAll(list[0].Version, "~", "-")))
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return nil, err
	}
	return kernel.Unpack(dir, debs)
}

// packages returns the files of the cache for a name of sources, fetched if need
// be.
//
// Debian removes what its suites do not name any more, so pins age. What the
// archive has instead is then taken, checked by the archive's signature, and the
// user is told: a test that fails for the age of a list helps nobody, and one
// that says nothing would hide what it has tested.
func packages(ctx context.Context, cache, name string) ([]string, []archive.Pin, error) {
	all, err := pins()
	if err != nil {
		return nil, nil, err
	}
	c := archive.Cache{Dir: cache}
	list := all[name]
	if len(list) == 0 {
		return nil, nil, fmt.Errorf("%s: no pin in pins.json (make vm-pins)", name)
	}
	debs, err := files(ctx, c, list)
	if errors.Is(err, archive.ErrGone) {
		if list, err = c.Resolve(ctx, source(name).source); err != nil {
			return nil, nil, err
		}
		fmt.Fprintf(os.Stderr, "vm: %s of pins.json is gone from the archive; taking %s %s instead (make vm-pins)\n", name, list[0].Package, list[0].Version)
		debs, err = files(ctx, c, list)
	}
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", name, err)
	}
	return debs, list, nil
}

func files(ctx context.Context, c archive.Cache, list []archive.Pin) ([]string, error) {
	var paths []string
	for _, p := range list {
		path, err := c.File(ctx, p)
		if err != nil {
			return nil, err
		}
		paths = append(paths, path)
	}
	return paths, nil
}
