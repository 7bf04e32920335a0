package bundle

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// Runtime is the path of the runtime under test: the environment variable
// RUNSEAL, or else bin/runseal of this module as `make build` leaves it. An error
// says which of the two was looked for; nothing is built here, so that a test
// never runs against another binary than the one that was just made.
func Runtime() (string, error) {
	path := os.Getenv("RUNSEAL")
	if path == "" {
		root, err := ModuleRoot()
		if err != nil {
			return "", err
		}
		path = filepath.Join(root, "bin", "runseal")
		if _, err := os.Stat(path); err != nil {
			return "", fmt.Errorf("no runtime to test: RUNSEAL is not set and %w (make build)", err)
		}
	}
	// A bare name is looked up in PATH; a path must be that of a program.
	found, err := exec.LookPath(path)
	if err != nil {
		return "", fmt.Errorf("runtime to test: %w", err)
	}
	return filepath.Abs(found)
}

// module begins the go.mod that ModuleRoot looks for.
const module = "module github.com/runseal/runseal\n"

// ModuleRoot is the directory of this module's go.mod at or above the working
// directory, which may be in a module below it (integration/cri).
func ModuleRoot() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if data, err := os.ReadFile(filepath.Join(dir, "go.mod")); err == nil && strings.HasPrefix(string(data), module) {
			return dir, nil
		}
		up := filepath.Dir(dir)
		if up == dir {
			return "", errors.New("no go.mod of runseal at or above the working directory")
		}
		dir = up
	}
}

// Build compiles the Go package pkg (an import path, or a path that starts with
// ./ below the module's root) to the file dst as a static program. Where there is
// no compiler, RUNSEAL_PROGRAMS names a directory with the programs, each under
// its package's path (integration/vm).
func Build(dst, pkg string) error {
	if dir := os.Getenv("RUNSEAL_PROGRAMS"); dir != "" {
		data, err := os.ReadFile(filepath.Join(dir, pkg))
		if err != nil {
			return fmt.Errorf("RUNSEAL_PROGRAMS: %w", err)
		}
		return place(dst, pkg, data)
	}
	root, err := ModuleRoot()
	if err != nil {
		return err
	}
	if dst, err = filepath.Abs(dst); err != nil {
		return err
	}
	cmd := exec.Command("go", "build", "-trimpath", "-buildvcs=false", "-ldflags=-s -w", "-o", dst, pkg)
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("go build %s: %w\n%s", pkg, err, out)
	}
	return nil
}

// AddProgram compiles the Go package pkg as Build does and puts it into the root
// file system under name.
func (b *Bundle) AddProgram(name, pkg string) error {
	dst := filepath.Join(b.Rootfs(), name)
	if err := os.MkdirAll(filepath.Dir(dst), 0o755); err != nil {
		return err
	}
	return Build(dst, pkg)
}
