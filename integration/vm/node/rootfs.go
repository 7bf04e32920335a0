package node

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// reported are the packages whose versions decide what a test has shown.
var reported = []string{"systemd", "containerd", "runc", "crun"}

// versions reads the versions of the reported packages from root's dpkg.
func versions(root string) (map[string]string, error) {
	args := append([]string{"--admindir=" + filepath.Join(root, "var/lib/dpkg"), "-W", "-f", "${Package}\t${Version}\t${db:Status-Status}\n"}, reported...)
	out, err := exec.Command("dpkg-query", args...).Output()
	if err != nil {
		return nil, fmt.Errorf("dpkg-query: %w", err)
	}
	found := make(map[string]string)
	for line := range strings.Lines(string(out)) {
		if f := strings.Split(strings.TrimSpace(line), "\t"); len(f) == 3 && f[2] == "installed" {
			found[f[0]] = f[1]
		}
	}
	for _, name := range reported {
		if found[name] == "" {
			return nil, fmt.Errorf("package %s is not installed", name)
		}
	}
	return found, nil
}

// finish makes the recipe's node of a fresh installation. root is trusted: it comes
// from signed packages.
func finish(root string, r *recipe) error {
	for _, pattern := range r.Remove {
		for _, path := range glob(filepath.Join(root, pattern)) {
			if err := os.RemoveAll(path); err != nil {
				return err
			}
		}
	}
	links := map[string]string{}
	for _, unit := range r.Mask {
		links["/etc/systemd/system/"+unit] = "/dev/null"
	}
	for path, to := range r.Links {
		links[path] = to
	}
	for path, to := range links {
		if err := replace(root, path, func(path string) error { return os.Symlink(to, path) }); err != nil {
			return err
		}
	}
	for path, text := range r.Files {
		err := replace(root, path, func(path string) error { return os.WriteFile(path, []byte(text), 0o644) })
		if err != nil {
			return err
		}
	}
	return nil
}

func replace(root, path string, with func(path string) error) error {
	path = filepath.Join(root, path)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return with(path)
}
