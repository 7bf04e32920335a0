// Demo shows, on a real container, that runseal enforces the seccomp filter of a
// bundle. `make demo` runs it as root.
//
// It makes a busybox bundle, has `runseal spec` write the config.json (with
// Docker's default profile), and runs a process in it a few times: the filter is
// seen from inside, one system call is denied with its errno, a call that no
// profile knows is answered with ENOSYS, one call is allowed, and the same call
// kills the process under another profile. Each answer is checked; the exit status
// is 1 when one of them is not as expected. Nothing is left behind.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	if err := demo(ctx, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "demo:", err)
		os.Exit(1)
	}
}

// demo runs every step, whatever the result of those before, and returns an error
// that counts the steps that failed.
func demo(ctx context.Context, w io.Writer) (err error) {
	if os.Geteuid() != 0 {
		return errors.New("needs root: it runs a container")
	}
	s, err := newStage(w)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.close()) }()

	failed := 0
	for i, st := range steps() {
		fmt.Fprintf(w, "\n== %d. %s\n", i+1, st.title)
		err := s.play(ctx, st)
		if cause := context.Cause(ctx); cause != nil {
			return fmt.Errorf("stopped: %w", cause)
		}
		if err != nil {
			failed++
			fmt.Fprintf(w, "   FAILED: %v\n", err)
			continue
		}
		fmt.Fprintf(w, "   ok: %s\n", st.means)
	}
	if failed > 0 {
		return fmt.Errorf("%d of %d steps are not as expected", failed, len(steps()))
	}
	fmt.Fprintf(w, "\nAll %d steps are as expected.\n", len(steps()))
	return nil
}
