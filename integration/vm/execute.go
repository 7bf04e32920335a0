package main

import (
	"context"
	"debug/elf"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/runseal/runseal/integration/bundle"
	"github.com/runseal/runseal/integration/vm/internal/wire"
)

// execute runs one test binary in one machine, for `go test -exec`, which starts
// it in the package's directory. What the tests print goes to standard output,
// and their exit status is the program's.
func execute(ctx context.Context, o options, args []string) error {
	if len(args) == 0 || o.kernel == "" {
		return errors.New("exec: expected -kernel NAME and a test binary")
	}
	here, err := os.Getwd()
	if err != nil {
		return err
	}
	root, err := bundle.ModuleRoot()
	if err != nil {
		return err
	}
	pkg, err := filepath.Rel(root, here)
	if err != nil {
		return err
	}
	binary, err := filepath.Abs(args[0])
	if err != nil {
		return err
	}
	if f, err := elf.Open(binary); err != nil {
		return err
	} else if libs, _ := f.ImportedLibraries(); len(libs) > 0 {
		return fmt.Errorf("exec: %s needs %s, which the machine does not have: run go test with CGO_ENABLED=0", filepath.Base(binary), libs[0])
	}
	if err := atModuleRoot(); err != nil {
		return err
	}
	list, err := o.chosen()
	if err != nil {
		return err
	}
	if len(list) != 1 {
		return fmt.Errorf("exec: -kernel %s: several targets, expected one", o.kernel)
	}
	t := list[0]
	k, err := getKernel(ctx, o.cache, t.kernel)
	if err != nil {
		return err
	}
	disks, err := t.disks(ctx, o)
	if err != nil {
		return err
	}
	b, err := build(ctx, o.out, t.arch(), nil)
	if err != nil {
		return err
	}
	const limit = 600
	s := suite{pkg: pkg, seconds: limit, binary: binary}
	job := wire.Job{
		Name: pkg, Dir: inSource + "/" + pkg, Args: append([]string{s.inMachine(b)}, args[1:]...),
		Env: append(slices.Clone(env), "RUNSEAL="+inRuntime), Seconds: limit,
	}
	out := &outcome{target: t}
	if err := out.run(ctx, o, k, disks, b, []suite{s}, []wire.Job{job}, os.Stdout); err != nil {
		return err
	}
	if s := out.suites[0]; s.status != 0 {
		if s.note != "" {
			fmt.Fprintln(os.Stderr, "vm:", s.note)
		}
		return exitStatus(s.status)
	}
	return nil
}

// exitStatus is an error that only says how to exit; the tests have said why.
type exitStatus int

func (e exitStatus) Error() string { return fmt.Sprintf("exit status %d", int(e)) }
