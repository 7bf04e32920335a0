package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
)

// busyboxOf returns a static busybox for the architecture: the machine's own, or
// for another one the package's, which is pinned like a kernel.
func busyboxOf(ctx context.Context, cache, arch string) (string, error) {
	if arch == runtime.GOARCH {
		path, err := exec.LookPath("busybox")
		if err != nil {
			return "", errors.New("no busybox in PATH (Debian package busybox-static)")
		}
		return path, nil
	}
	debs, list, err := packages(ctx, cache, "busybox-"+arch)
	if err != nil {
		return "", err
	}
	dir := filepath.Join(cache, "busybox", list[0].SHA256[:12])
	path := filepath.Join(dir, "bin/busybox")
	if exists(path) {
		return path, nil
	}
	part := fmt.Sprintf("%s.%d.part", dir, os.Getpid())
	defer os.RemoveAll(part)
	if err := os.MkdirAll(part, 0o755); err != nil {
		return "", err
	}
	if out, err := exec.CommandContext(ctx, "dpkg-deb", "-x", debs[0], part).CombinedOutput(); err != nil {
		return "", fmt.Errorf("unpack %s: %w\n%s", filepath.Base(debs[0]), err, out)
	}
	if !exists(filepath.Join(part, "bin/busybox")) {
		// From Debian 13 on /bin is a link that this package does not bring.
		if err := os.Rename(filepath.Join(part, "usr/bin"), filepath.Join(part, "bin")); err != nil {
			return "", err
		}
	}
	if err := os.Rename(part, dir); err != nil && !errors.Is(err, os.ErrExist) {
		return "", err
	}
	return path, nil
}
