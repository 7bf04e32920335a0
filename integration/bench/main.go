// Bench compares runseal with crun and runc: the same bundle (busybox, Docker's
// seccomp profile) run by each in turn, as root.
//
//	go run ./integration/bench -n 30 -target
//
// It has parts, which -only names:
//
//   - floor: what any runtime needs, starting an empty Go program and busybox true;
//   - sandbox: what needs no runtime, a bare unshare+exec in C (folder floor) and
//     bubblewrap, with the same root and as many new namespaces;
//   - run: `RUNTIME run` of /bin/true;
//   - cycle: create, start and delete added up, without the time in which the
//     container process itself ends;
//   - exec, exec-detached, state, kill: each in or of a container that runs already;
//   - policy: of runseal alone, create without and with a node policy that has a floor;
//   - peak: peak memory of create and exec, which is ru_maxrss of the runtime's
//     process and of those children that it waited for;
//   - charged: memory charged to the cgroup of a created container;
//   - many: containers created and started by 8 workers, then deleted by 8;
//   - ctr: `ctr run --rm` under a containerd that is started for it.
//
// The runtimes are interleaved: each round runs every runtime once, and rounds go
// through the possible orders, so that neither a drift of the machine nor the
// kernel's late cleaning after a predecessor favours one. Between two measured
// commands is a pause, since clearing up namespaces and cgroups goes on after a
// runtime has exited. A command's time is measured a second time without it, in a
// hot loop: a machine that starts containers without a break. Medians are printed,
// and their ratios.
//
// Any command that fails ends the benchmark with exit status 1. Figures never
// do: -target prints whether they are what the project aims for. What was made
// (containers, cgroups below /runseal-bench, a hugetlb hierarchy for crun, files)
// is removed at the end, also after SIGINT or SIGTERM. Mounts are made in a mount
// namespace of the benchmark's own.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"runtime/debug"
	"syscall"

	"golang.org/x/sys/unix"
)

func main() {
	if stderr, ok := os.LookupEnv(workerMarker); ok {
		if err := work(stderr); err != nil {
			fmt.Fprintln(os.Stderr, "bench: worker:", err)
			os.Exit(1)
		}
		return
	}
	o, err := parseFlags(os.Args[1:])
	switch {
	case errors.Is(err, flag.ErrHelp):
		os.Exit(0)
	case err != nil:
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(2)
	}
	if os.Geteuid() != 0 {
		fmt.Fprintln(os.Stderr, "bench: needs root: it runs containers")
		os.Exit(1)
	}
	err = private()
	if err == nil {
		ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
		defer stop()
		err = bench(ctx, o)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// bench sets up, measures, cleans up and prints. The report is printed only after
// everything was removed without an error, so figures on the screen mean that the
// runtimes did their work to the end.
func bench(ctx context.Context, o options) error {
	if o.json != "" {
		// A mistyped name is an error now, and not after five minutes.
		if err := unix.Access(filepath.Dir(o.json), unix.W_OK); err != nil {
			return fmt.Errorf("-json %s: write to its directory: %w", o.json, err)
		}
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
	return r.print(o)
}
