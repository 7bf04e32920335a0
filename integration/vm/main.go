// Command vm runs the project's tests on other kernels, in virtual machines. See
// README.md beside this file.
//
//	vm test [-kernel REGEXP] [-run REGEXP]     all kernels, two at a time, and a table
//	vm exec -kernel NAME BINARY [FLAGS]        one test binary, as `go test -exec`
//	vm fetch [-kernel REGEXP]                  only fill the cache
//	vm pin                                     write pins.json anew from the archive
//	vm doc                                     write docs/kernels.md of the last run of all
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"

	"golang.org/x/sys/unix"
)

func main() {
	// A machine is a child process and ends with its context.
	ctx, stop := signal.NotifyContext(context.Background(), unix.SIGINT, unix.SIGTERM)
	defer stop()
	err := command(ctx, os.Args[1:])
	var status exitStatus
	if errors.As(err, &status) {
		stop()
		os.Exit(int(status))
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "vm:", err)
		stop()
		os.Exit(1)
	}
}

// options are the flags of all subcommands.
type options struct {
	kernel  string // regular expression for names of targets
	run     string // regular expression for names of tests, as go test -run
	cache   string
	out     string
	verbose bool
	all     bool // all tests on all machines
	at      int  // machines at a time
}

func command(ctx context.Context, args []string) error {
	if len(args) == 0 {
		return fmt.Errorf("expected test, exec, fetch, pin or doc (README.md)")
	}
	var o options
	f := flag.NewFlagSet("vm "+args[0], flag.ContinueOnError)
	f.StringVar(&o.kernel, "kernel", "", "`name` of a target, or a regular expression for several")
	f.StringVar(&o.run, "run", "", "only tests that match this `regexp`")
	f.StringVar(&o.cache, "cache", defaultCache(), "`directory` for kernels and images")
	f.StringVar(&o.out, "o", "bin/vm", "`directory` for consoles and results, below the module's root")
	f.BoolVar(&o.verbose, "v", false, "print what the tests print")
	f.BoolVar(&o.all, "all", false, "all tests on every kernel, not only those that ask it for what may differ")
	f.IntVar(&o.at, "at", 2, "machines at a `time`")
	if err := f.Parse(args[1:]); err != nil {
		return err
	}
	switch args[0] {
	case "test":
		return test(ctx, o)
	case "exec":
		return execute(ctx, o, f.Args())
	case "fetch":
		return fetch(ctx, o)
	case "pin":
		return pin(ctx, o)
	case "doc":
		return doc(o)
	}
	return fmt.Errorf("%q: expected test, exec, fetch, pin or doc", args[0])
}

// defaultCache is RUNSEAL_VM_CACHE, or below the user's cache directory.
func defaultCache() string {
	if dir := os.Getenv("RUNSEAL_VM_CACHE"); dir != "" {
		return dir
	}
	dir, err := os.UserCacheDir()
	if err != nil {
		dir = os.TempDir()
	}
	return filepath.Join(dir, "runseal-vm")
}

// chosen returns the targets that -kernel names: the one of exactly that name,
// or those that match.
func (o options) chosen() ([]target, error) {
	re, err := regexp.Compile(o.kernel)
	if err != nil {
		return nil, fmt.Errorf("-kernel: %w", err)
	}
	var list []target
	for _, t := range targets {
		if t.name == o.kernel {
			return []target{t}, nil
		}
		if re.MatchString(t.name) {
			list = append(list, t)
		}
	}
	if len(list) == 0 {
		return nil, fmt.Errorf("-kernel %q: no such target, expected one of %s", o.kernel, names())
	}
	return list, nil
}
