//go:build libseccomp && amd64

// Seccompbench compares package seccomp with libseccomp, driven as runc drives it,
// at both of its optimisation levels: 1 is its default, one rule after the other; 2
// is a binary tree, which runc uses. Needs cgo and libseccomp's headers, not root.
//
//	go run -tags libseccomp ./integration/seccompbench -n 41
//
// The profiles are Docker's, containerd's and that of containers-common (podman,
// CRI-O) for X86_64, X86 and X32. For each of them:
//
//   - instructions of the program, and how many of them run for a call: mean and
//     maximum over the numbers 0 to 470 of x86_64, all arguments 0;
//   - compiling, from the parsed profile to instructions: in a process that does it
//     again and again, the compilers taking turns, and as the first thing that a
//     process does after reading the profile;
//   - seccomp.Verify on the program;
//   - proving a program, each of the three: seccomp.Verify;
//   - seccomp(2): loading the program, which includes the kernel's checks and its
//     translation to machine code;
//   - what a call costs: one that is always allowed, one that is refused, and one of
//     which an argument is looked at. Each program is in force in a process of its
//     own, which makes many calls in a row; the processes take turns, and one of
//     them has no filter.
//
// Then two profiles of 20,000 rules, for time, result and memory. Medians are
// printed. Beside runseal's figures stands what the project aims for; only -target
// makes a missed target an exit status of 1. -check does all of it once, to see that
// it works.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"
	"time"
)

type options struct {
	n      int           // measurements for each figure
	calls  int           // system calls in one measurement
	limit  time.Duration // for libseccomp and 20,000 rules
	target bool
}

func main() {
	if len(os.Args) > 1 && os.Args[1] == childArg {
		if err := child(os.Args[2:]); err != nil {
			fmt.Fprintln(os.Stderr, "seccompbench:", err)
			os.Exit(1)
		}
		return
	}
	o, err := parseFlags(os.Args[1:])
	switch {
	case errors.Is(err, flag.ErrHelp):
		os.Exit(0)
	case err != nil:
		fmt.Fprintln(os.Stderr, "seccompbench:", err)
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	rep, err := measureAll(ctx, o)
	if err == nil {
		err = rep.write(os.Stdout)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "seccompbench:", err)
		os.Exit(1)
	}
	if missed := rep.missed(); o.target && len(missed) > 0 {
		fmt.Fprintf(os.Stderr, "seccompbench: %d targets are missed\n", len(missed))
		os.Exit(1)
	}
}

func parseFlags(args []string) (options, error) {
	var o options
	var check bool
	f := flag.NewFlagSet("seccompbench", flag.ContinueOnError)
	f.IntVar(&o.n, "n", 21, "measure every figure `N` times")
	f.BoolVar(&o.target, "target", false, "exit with status 1 if a target is missed")
	f.BoolVar(&check, "check", false, "measure everything once, to see that it works")
	if err := f.Parse(args); err != nil {
		return o, err
	}
	switch {
	case f.NArg() > 0:
		return o, fmt.Errorf("unexpected argument %q", f.Arg(0))
	case o.n < 1:
		return o, fmt.Errorf("-n %d: expected 1 or more", o.n)
	case check && o.target:
		return o, errors.New("-check and -target: figures of a check mean nothing")
	}
	o.calls, o.limit = 20000, childLimit
	if check {
		o.n, o.calls, o.limit = 1, 100, time.Second
	}
	return o, nil
}

// measureAll measures profile by profile. A collection would hit whoever is being
// measured, so there is none but between measurements.
func measureAll(ctx context.Context, o options) (*report, error) {
	debug.SetGCPercent(-1)
	rep := newReport(o)
	profiles, err := threeProfiles()
	if err != nil {
		return nil, err
	}
	for _, p := range profiles {
		if err := rep.profile(ctx, o, p); err != nil {
			return nil, fmt.Errorf("%s: %w", p.Name, err)
		}
	}
	if err := rep.manyRules(ctx, o.limit); err != nil {
		return nil, err
	}
	return rep, nil
}
