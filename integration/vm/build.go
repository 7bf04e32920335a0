package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/runseal/runseal/integration/bundle"
)

// built is what the machines of one architecture have in common.
type built struct {
	dir  string // host directory: init, runseal, tests/NAME.test, programs/...
	arch string
}

// build compiles the runtime, init, the suites' tests and their programs for an
// architecture. The compiler's cache makes a second time quick.
func build(ctx context.Context, dir, arch string, list []suite) (*built, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	b := &built{dir: filepath.Join(dir, arch), arch: arch}
	if err := os.MkdirAll(b.dir, 0o755); err != nil {
		return nil, err
	}
	flags := []string{"-trimpath", "-buildvcs=false", "-tags=urfave_cli_no_docs"}
	runseal := "-ldflags=-s -w"
	if arch == "amd64" {
		runseal += " -E runseal_entry" // as the Makefile builds it
	}
	type job struct {
		dir  string // "": the module's root
		args []string
	}
	jobs := []job{
		{"", append([]string{"build", runseal, "-o", b.path("runseal")}, append(flags, "./cmd/runseal")...)},
		{"", append([]string{"build", "-ldflags=-s -w", "-o", b.path("init")}, append(flags, "./integration/vm/init")...)},
	}
	if err := policies(ctx, b.path("files")); err != nil {
		return nil, err
	}
	for _, p := range programs {
		jobs = append(jobs, job{"", append([]string{"build", "-ldflags=-s -w", "-o", b.path("programs", p)}, append(flags, "./"+p)...)})
	}
	for _, s := range list {
		if s.program {
			jobs = append(jobs, job{"", append([]string{"build", "-ldflags=-s -w", "-o", b.test(s)}, append(flags, "./"+s.pkg)...)})
			continue
		}
		jobs = append(jobs, job{s.pkg, append([]string{"test", "-c", "-ldflags=-s -w", "-o", b.test(s)}, append(flags, ".")...)}) // in a module of its own, perhaps
	}
	for _, j := range jobs {
		cmd := exec.CommandContext(ctx, "go", j.args...)
		cmd.Dir = j.dir
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH="+arch)
		if out, err := cmd.CombinedOutput(); err != nil {
			return nil, fmt.Errorf("GOARCH=%s go %s: %w\n%s", arch, strings.Join(j.args, " "), err, out)
		}
	}
	return b, nil
}

func (b *built) path(elem ...string) string {
	return filepath.Join(append([]string{b.dir}, elem...)...)
}

func (b *built) test(s suite) string {
	if s.binary != "" {
		return s.binary
	}
	return b.path("tests", strings.ReplaceAll(s.pkg, "/", "-")+".test")
}

// atModuleRoot makes the module's root the working directory, which relative
// paths in this program mean.
func atModuleRoot() error {
	root, err := bundle.ModuleRoot()
	if err != nil {
		return errors.Join(err, errors.New("the tests are compiled from the source tree"))
	}
	return os.Chdir(root)
}
