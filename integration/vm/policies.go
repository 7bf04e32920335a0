package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// policies compiles what integration/labels loads into the kernel, for whose
// tools there is no room in the machines.
func policies(ctx context.Context, dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	const from = "integration/labels/testdata/"
	// The features are those of the kernels to come, not of the one that runs here.
	apparmor := exec.CommandContext(ctx, "apparmor_parser", "--stdout", "--skip-cache",
		"--features-file", "/usr/share/apparmor-features/features", from+"apparmor.profile")
	binary, err := apparmor.Output()
	if err != nil {
		return fmt.Errorf("apparmor_parser (Debian package apparmor): %w", err)
	}
	if err := os.WriteFile(filepath.Join(dir, "apparmor.bin"), binary, 0o644); err != nil {
		return err
	}
	// 31: the oldest version of the format that has everything that is used.
	selinux := exec.CommandContext(ctx, "secilc", "-c", "31", "-f", "/dev/null", "-o", filepath.Join(dir, "selinux.bin"), from+"selinux.cil")
	if out, err := selinux.CombinedOutput(); err != nil {
		return fmt.Errorf("secilc (Debian package secilc): %w\n%s", err, out)
	}
	return nil
}
