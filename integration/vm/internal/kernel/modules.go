package kernel

import (
	"bytes"
	"debug/elf"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// Module is one file to load, decompressed.
type Module struct {
	Name string // "overlay"
	Data []byte
}

// Modules returns the named modules and what they depend on, each after what it
// needs. A module that is built into the kernel is left out; one that the kernel
// does not have at all is an error, unless its name ends in "?".
func (k *Kernel) Modules(names ...string) ([]Module, error) {
	files := make(map[string]string)
	root := filepath.Join(k.Dir, "lib/modules", k.Release)
	err := filepath.WalkDir(filepath.Join(root, "kernel"), func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			files[moduleName(path)] = path
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	text, err := os.ReadFile(filepath.Join(root, "modules.builtin"))
	if err != nil {
		return nil, err
	}
	builtin := make(map[string]bool)
	for line := range strings.Lines(string(text)) {
		builtin[moduleName(strings.TrimSpace(line))] = true
	}
	c := closure{files: files, builtin: builtin, seen: map[string]bool{}}
	for _, name := range names {
		name, optional := strings.CutSuffix(name, "?")
		if optional && files[name] == "" {
			continue
		}
		if err := c.add(name); err != nil {
			return nil, fmt.Errorf("kernel %s: %w", k.Release, err)
		}
	}
	return c.out, nil
}

// moduleName is the name under which the kernel knows the file: "nf_nat" for
// .../nf-nat.ko.xz.
func moduleName(path string) string {
	name, _, _ := strings.Cut(filepath.Base(path), ".")
	return strings.ReplaceAll(name, "-", "_")
}

type closure struct {
	files   map[string]string
	builtin map[string]bool
	seen    map[string]bool
	out     []Module
}

func (c *closure) add(name string) error {
	name = moduleName(name)
	if c.seen[name] || c.builtin[name] {
		return nil
	}
	c.seen[name] = true
	path := c.files[name]
	if path == "" {
		return fmt.Errorf("no module %s", name)
	}
	data, err := read(path)
	if err != nil {
		return err
	}
	needs, err := depends(data)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	for _, n := range needs {
		if err := c.add(n); err != nil {
			return fmt.Errorf("%s needs: %w", name, err)
		}
	}
	c.out = append(c.out, Module{name, data})
	return nil
}

// read returns a module's ELF file.
func read(path string) ([]byte, error) {
	var tool string
	switch filepath.Ext(path) {
	case ".ko":
		return os.ReadFile(path)
	case ".xz":
		tool = "xz"
	case ".zst":
		tool = "zstd"
	default:
		return nil, fmt.Errorf("%s: expected .ko, .ko.xz or .ko.zst", path)
	}
	out, err := exec.Command(tool, "-dc", path).Output()
	if err != nil {
		return nil, fmt.Errorf("%s -dc %s: %w", tool, path, err)
	}
	return out, nil
}

// depends reads the "depends=a,b" entry of a module's .modinfo section
// (modinfo(8)).
func depends(data []byte) ([]string, error) {
	f, err := elf.NewFile(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	s := f.Section(".modinfo")
	if s == nil {
		return nil, fmt.Errorf("no .modinfo section")
	}
	info, err := s.Data()
	if err != nil {
		return nil, err
	}
	for _, entry := range strings.Split(string(info), "\x00") {
		if list, ok := strings.CutPrefix(entry, "depends="); ok && list != "" {
			return strings.Split(list, ","), nil
		}
	}
	return nil, nil
}
