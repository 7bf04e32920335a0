// Bench compares runseal with crun and runc: the same bundle (busybox, Docker's
// seccomp profile) run by each in turn, as root.
//
//	go run ./integration/bench -n 40
//
// Three things are timed, as the wall-clock time of the runtime's processes:
//
//   - run: `RUNTIME run` of /bin/true;
//   - create+start+delete: the three commands added up, without the time in which
//     the container process itself ends;
//   - exec: `RUNTIME exec` of /bin/true in a container that is running already.
//
// And, of runseal alone, create without and with a node policy that has a floor.
//
// The runtimes are interleaved: each round runs every runtime once, and rounds go
// through the possible orders, so that neither a drift of the machine nor the
// kernel's late cleaning after a predecessor favours one. Between two measured
// commands is a pause, since clearing up namespaces and cgroups goes on after a
// runtime has exited; -hot leaves it out, and shows a machine that starts
// containers without a break. Medians are printed, and their ratios.
//
// Peak memory is ru_maxrss of the runtime's process and of those children that it
// waited for.
//
// Any command that fails ends the benchmark with exit status 1. Figures never
// do: -target prints whether they are what the project aims for. What was made
// (containers, cgroups below /runseal-bench, a hugetlb hierarchy for crun, files)
// is removed at the end, also after SIGINT or SIGTERM.
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

	"golang.org/x/sys/unix"
)

type options struct {
	n       int
	warmup  int
	pause   time.Duration
	hot     bool
	json    bool
	floor   bool
	target  bool
	runseal string
	crun    string
	runc    string
}

func main() {
	o, err := parseFlags(os.Args[1:])
	switch {
	case errors.Is(err, flag.ErrHelp):
		os.Exit(0)
	case err != nil:
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	if err := bench(ctx, o); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func parseFlags(args []string) (options, error) {
	var o options
	f := flag.NewFlagSet("bench", flag.ContinueOnError)
	f.IntVar(&o.n, "n", 40, "measure every command `N` times with each runtime")
	f.IntVar(&o.warmup, "warmup", 2, "rounds to run first without counting them")
	f.DurationVar(&o.pause, "pause", 80*time.Millisecond, "wait before each measured command")
	f.BoolVar(&o.hot, "hot", false, "hot loop: no pause at all")
	f.BoolVar(&o.json, "json", false, "print JSON instead of a table")
	f.BoolVar(&o.floor, "floor", true, "also time what any runtime needs: starting an empty Go program, and busybox true")
	f.BoolVar(&o.target, "target", false, "print whether the project's targets are met (the exit status does not depend on it)")
	f.StringVar(&o.runseal, "runseal", "", "runseal `program` (default: $RUNSEAL, or bin/runseal of this module)")
	f.StringVar(&o.crun, "crun", "crun", "crun `program`")
	f.StringVar(&o.runc, "runc", "runc", "runc `program`")
	if err := f.Parse(args); err != nil {
		return o, err
	}
	switch {
	case f.NArg() > 0:
		return o, fmt.Errorf("unexpected argument %q", f.Arg(0))
	case o.n < 1:
		return o, fmt.Errorf("-n %d: expected 1 or more", o.n)
	case o.warmup < 0:
		return o, fmt.Errorf("-warmup %d: expected 0 or more", o.warmup)
	case o.pause < 0:
		return o, fmt.Errorf("-pause %v: expected 0 or more", o.pause)
	}
	if o.hot {
		o.pause = 0
	}
	return o, nil
}

// bench sets up, measures, cleans up and prints. The report is printed only after
// everything was removed without an error, so figures on the screen mean that the
// runtimes did their work to the end.
func bench(ctx context.Context, o options) error {
	if os.Geteuid() != 0 {
		return errors.New("needs root: it runs containers")
	}
	// Container processes are orphans once `create` is done; they come to this
	// process, which waits for them between start and delete.
	if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); err != nil {
		return fmt.Errorf("prctl(PR_SET_CHILD_SUBREAPER): %w", err)
	}
	// A collection in the middle of a measured command would take its CPU time.
	// The whole benchmark allocates a few megabytes.
	debug.SetGCPercent(-1)

	s, err := newSetup(o)
	if err != nil {
		return err
	}
	r, err := measureAll(ctx, o, s)
	if cause := context.Cause(ctx); cause != nil && err != nil {
		err = fmt.Errorf("stopped: %w", cause)
	}
	if err = errors.Join(err, s.close()); err != nil {
		return err
	}
	if o.json {
		return r.writeJSON(os.Stdout)
	}
	return r.writeTable(os.Stdout, o.target)
}
