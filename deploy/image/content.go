package main

import (
	"crypto/sha256"
	"debug/elf"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// A file of the image's only layer.
type file struct {
	name string
	mode int64  // permission bits
	data []byte // nil for a directory or a link
	link string // target of a symbolic link
}

// applets are the programs of busybox that node/install.sh and the DaemonSet use.
var applets = []string{
	"awk", "cat", "chmod", "chroot", "cmp", "cp", "diff", "dirname", "grep", "head", "ls", "mkdir", "mv", "rm", "rmdir",
	"sed", "sh", "sha256sum", "sleep", "sync", "tail", "tr",
}

// content is what the image has, ordered by name.
func content(runseal, busybox, deploy string) ([]file, error) {
	var files []file
	for _, dir := range []string{"bin", "host", "runseal", "runseal/containerd"} {
		files = append(files, file{name: dir + "/", mode: 0o755})
	}
	for _, a := range applets {
		files = append(files, file{name: "bin/" + a, mode: 0o777, link: "busybox"})
	}
	for _, c := range []struct {
		name, from string
		mode       int64
	}{
		{"bin/busybox", busybox, 0o755},
		{"runseal/runseal", runseal, 0o755},
		{"runseal/install.sh", filepath.Join(deploy, "node/install.sh"), 0o755},
		{"runseal/containerd/1.x.toml", filepath.Join(deploy, "containerd/1.x.toml"), 0o644},
		{"runseal/containerd/2.x.toml", filepath.Join(deploy, "containerd/2.x.toml"), 0o644},
	} {
		data, err := os.ReadFile(c.from)
		if err != nil {
			return nil, err
		}
		if c.mode == 0o755 && !strings.HasSuffix(c.name, ".sh") {
			if err := static(c.from); err != nil {
				return nil, err
			}
		}
		files = append(files, file{name: c.name, mode: c.mode, data: data})
		if c.name == "runseal/runseal" {
			sum := fmt.Sprintf("%x  runseal\n", sha256.Sum256(data))
			files = append(files, file{name: "runseal/runseal.sha256", mode: 0o644, data: []byte(sum)})
		}
	}
	slices.SortFunc(files, func(a, b file) int { return strings.Compare(a.name, b.name) })
	return files, nil
}

// static refuses a program that needs an interpreter: the image has no libraries.
func static(name string) error {
	f, err := elf.Open(name)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	defer f.Close()
	for _, p := range f.Progs {
		if p.Type == elf.PT_INTERP {
			return fmt.Errorf("%s is dynamically linked, expected a static program (Debian package busybox-static)", name)
		}
	}
	return nil
}
