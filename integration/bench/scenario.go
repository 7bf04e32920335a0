package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const (
	runID   = "bench-run"
	cycleID = "bench-cycle"
	execID  = "bench-exec"
)

// The container process of `create` has to end before `delete`.
const exitTimeout = 10 * time.Second

// command runs one subcommand of the runtime with its own state directory.
func (r *runtime) command(args ...string) (time.Duration, error) {
	return r.spawner.run(r.argv(args...)...)
}

func (r *runtime) argv(args ...string) []string {
	return append(append([]string{r.Path, "--root", r.root}, r.global...), args...)
}

// run is one `run` of /bin/true.
func (r *runtime) run() ([]time.Duration, error) {
	d, err := r.command("run", "--bundle", r.short.Dir, runID)
	return []time.Duration{d}, err
}

// cycle is one create, start, delete. It returns their sum and the three times.
func (r *runtime) cycle() ([]time.Duration, error) {
	create, err := r.command(r.createArgs(r.short.Dir, cycleID)...)
	if err != nil {
		return nil, err
	}
	start, del, err := r.startDelete(cycleID)
	return []time.Duration{create + start + del, create, start, del}, err
}

// exec is one `exec` of /bin/true in the container that startLong made.
func (r *runtime) exec() ([]time.Duration, error) {
	d, err := r.command("exec", execID, "/bin/true")
	return []time.Duration{d}, err
}

// createPeak and execPeak return the peak memory of create and exec in KiB.
func (r *runtime) createPeak(launch string) (int64, error) {
	kib, err := r.spawner.peak(launch, r.argv(r.createArgs(r.short.Dir, cycleID)...)...)
	if err != nil {
		return 0, err
	}
	_, _, err = r.startDelete(cycleID)
	return kib, err
}

func (r *runtime) execPeak(launch string) (int64, error) {
	return r.spawner.peak(launch, r.argv("exec", execID, "/bin/true")...)
}

func (r *runtime) createArgs(dir, id string) []string {
	return []string{"create", "--bundle", dir, "--pid-file", r.pidFile(id), id}
}

func (r *runtime) pidFile(id string) string {
	return filepath.Join(filepath.Dir(r.root), r.Name+"-"+id+".pid")
}

// startDelete starts a created container whose process ends by itself, waits for
// that, and deletes it.
func (r *runtime) startDelete(id string) (start, del time.Duration, err error) {
	if err = r.readPid(id); err != nil {
		return 0, 0, err
	}
	if start, err = r.command("start", id); err != nil {
		return 0, 0, err
	}
	if err = r.reap(id); err != nil {
		return 0, 0, err
	}
	del, err = r.command("delete", id)
	return start, del, err
}

// startLong makes the container that exec goes into.
func (r *runtime) startLong() error {
	if _, err := r.command(r.createArgs(r.long.Dir, execID)...); err != nil {
		return err
	}
	if err := r.readPid(execID); err != nil {
		return err
	}
	_, err := r.command("start", execID)
	return err
}

func (r *runtime) readPid(id string) error {
	text, err := os.ReadFile(r.pidFile(id))
	if err != nil {
		return err
	}
	pid, err := strconv.Atoi(string(text))
	if err != nil || pid < 2 {
		return fmt.Errorf("%s: %q: expected a pid in decimal", r.pidFile(id), text)
	}
	r.pidOf[id] = pid
	return nil
}

// reap waits until the container process is gone. It is a child of this process
// by now: its parent, the runtime's create, has exited.
func (r *runtime) reap(id string) error {
	pid, ok := r.pidOf[id]
	if !ok {
		return nil
	}
	for deadline := time.Now().Add(exitTimeout); time.Now().Before(deadline); time.Sleep(200 * time.Microsecond) {
		got, err := syscall.Wait4(pid, nil, syscall.WNOHANG, nil)
		switch {
		case err == syscall.EINTR:
		case err != nil:
			return fmt.Errorf("wait for the process %d of container %s: %w", pid, id, err)
		case got == pid:
			delete(r.pidOf, id)
			return nil
		}
	}
	return fmt.Errorf("the process %d of container %s did not end in %v", pid, id, exitTimeout)
}

// forceDelete removes every container that may be there: after an error or an
// interruption any of the three, at a normal end the one of exec.
func (r *runtime) forceDelete() error {
	var errs []error
	for _, id := range []string{runID, cycleID, execID} {
		if _, err := os.Stat(filepath.Join(r.root, id)); err != nil {
			continue
		}
		_, err := r.command("delete", "--force", id)
		errs = append(errs, err, r.reap(id))
	}
	return errors.Join(errs...)
}

// measureAll runs every scenario.
func measureAll(ctx context.Context, o options, s *setup) (*report, error) {
	rep := newReport(o, s.runtimes)
	if o.floor {
		busybox := filepath.Join(s.runtimes[0].short.Rootfs(), "bin", "busybox")
		empty := subject{"empty", func() ([]time.Duration, error) { return one(s.spawner.run(s.launch)) }}
		applet := subject{"true", func() ([]time.Duration, error) { return one(s.spawner.run(busybox, "true")) }}
		got, err := interleave(ctx, o, []subject{empty, applet})
		if err != nil {
			return nil, err
		}
		rep.addFloor("floor: empty Go program", got[0][0])
		rep.addFloor("floor: busybox true", got[1][0])
		// No peak below that of the program launch can be measured.
		kib, err := s.spawner.peak(s.launch, busybox, "true")
		if err != nil {
			return nil, err
		}
		rep.addPeaks("floor: peak memory", [][]int64{{kib}})
	}
	for _, sc := range []struct {
		rows []string
		once func(*runtime) ([]time.Duration, error)
	}{
		{[]string{rowRun}, (*runtime).run},
		{[]string{rowCycle, "  create", "  start", "  delete"}, (*runtime).cycle},
	} {
		if err := rep.scenario(ctx, o, s.runtimes, sc.rows, sc.once); err != nil {
			return nil, err
		}
	}
	for _, r := range s.runtimes {
		if err := r.startLong(); err != nil {
			return nil, err
		}
	}
	if err := rep.scenario(ctx, o, s.runtimes, []string{rowExec}, (*runtime).exec); err != nil {
		return nil, err
	}
	if err := rep.policy(ctx, o, s.runtimes[0]); err != nil {
		return nil, err
	}
	return rep, rep.memory(ctx, s)
}

func one(d time.Duration, err error) ([]time.Duration, error) { return []time.Duration{d}, err }

// scenario measures once with every runtime; it returns one time per row.
func (rep *report) scenario(ctx context.Context, o options, rts []*runtime, rows []string, once func(*runtime) ([]time.Duration, error)) error {
	var subjects []subject
	for _, r := range rts {
		subjects = append(subjects, subject{r.Name, func() ([]time.Duration, error) { return once(r) }})
	}
	got, err := interleave(ctx, o, subjects)
	if err != nil {
		return err
	}
	for i, name := range rows {
		var perRuntime [][]time.Duration
		for k := range rts {
			perRuntime = append(perRuntime, got[k][i])
		}
		rep.addTimes(name, perRuntime)
	}
	return nil
}

// memorySamples is how often memory is measured: it differs little from run to run, so
// few are enough.
func memorySamples(n int) int { return min(n, 5) }

// memory measures the peak memory of create and exec.
func (rep *report) memory(ctx context.Context, s *setup) error {
	for _, m := range []struct {
		row  string
		once func(*runtime, string) (int64, error)
	}{
		{rowCreateMem, (*runtime).createPeak},
		{rowExecMem, (*runtime).execPeak},
	} {
		peaks := make([][]int64, len(s.runtimes))
		for range memorySamples(rep.N) {
			for k, r := range s.runtimes {
				if err := context.Cause(ctx); err != nil {
					return err
				}
				kib, err := m.once(r, s.launch)
				if err != nil {
					return fmt.Errorf("%s: %s: %w", r.Name, strings.TrimSpace(m.row), err)
				}
				peaks[k] = append(peaks[k], kib)
			}
		}
		rep.addPeaks(m.row, peaks)
	}
	return nil
}
