package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Names of the containers; part many has further ones.
const (
	prefix  = "bench-"
	runID   = prefix + "run"
	cycleID = prefix + "cycle"
	longID  = prefix + "long"
)

// The container process of `create` has to end before `delete`.
const exitTimeout = 10 * time.Second

// command runs one subcommand of the runtime with its own state directory.
func (r *runtime) command(args ...string) (time.Duration, error) {
	return r.spawner.run(r.argv(args...)...)
}

func (r *runtime) argv(args ...string) []string {
	return append(append([]string{r.program, "--root", r.root}, r.global...), args...)
}

// run is one `run` of /bin/true.
func (r *runtime) run() ([]time.Duration, error) {
	return one(r.command("run", "--bundle", r.short.Dir, runID))
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

func (r *runtime) createArgs(dir, id string) []string {
	return []string{"create", "--bundle", dir, "--pid-file", r.pidFile(id), id}
}

func (r *runtime) pidFile(id string) string {
	return filepath.Join(filepath.Dir(r.root), r.Name+"-"+id+".pid")
}

// startDelete starts a created container whose process ends by itself, waits for
// that, and deletes it.
func (r *runtime) startDelete(id string) (start, del time.Duration, err error) {
	if err = r.track(id); err != nil {
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

// startLong makes the container that exec goes into, once.
func (r *runtime) startLong() error {
	if r.pid(longID) != 0 {
		return nil
	}
	if _, err := r.command(r.createArgs(r.long.Dir, longID)...); err != nil {
		return err
	}
	if err := r.track(longID); err != nil {
		return err
	}
	_, err := r.command("start", longID)
	return err
}

// track reads the pid file of a process that reap is to wait for.
func (r *runtime) track(id string) error {
	text, err := os.ReadFile(r.pidFile(id))
	if err != nil {
		return err
	}
	pid, err := strconv.Atoi(string(text))
	if err != nil || pid < 2 {
		return fmt.Errorf("%s: %q: expected a pid in decimal", r.pidFile(id), text)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.pidOf[id] = pid
	return nil
}

// pid returns that of a tracked process, or 0.
func (r *runtime) pid(id string) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.pidOf[id]
}

// reap waits until a tracked process is gone. It is a child of this process by now:
// its parent, the runtime's create or exec, has exited.
func (r *runtime) reap(id string) error {
	pid := r.pid(id)
	if pid == 0 {
		return nil
	}
	for deadline := time.Now().Add(exitTimeout); time.Now().Before(deadline); time.Sleep(200 * time.Microsecond) {
		got, err := syscall.Wait4(pid, nil, syscall.WNOHANG, nil)
		switch {
		case err == syscall.EINTR:
		case err != nil:
			return fmt.Errorf("wait for the process %d of %s: %w", pid, id, err)
		case got == pid:
			r.mu.Lock()
			defer r.mu.Unlock()
			delete(r.pidOf, id)
			return nil
		}
	}
	return fmt.Errorf("the process %d of %s did not end in %v", pid, id, exitTimeout)
}

// forceDelete removes every container that is in the runtime's state directory: after
// an error or an interruption any of them, at a normal end the one that exec goes into.
func (r *runtime) forceDelete() error {
	r.global = nil
	entries, err := os.ReadDir(r.root)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	var errs []error
	for _, e := range entries {
		// crun 1.28 has more than containers there.
		if strings.HasPrefix(e.Name(), prefix) {
			_, err := r.command("delete", "--force", e.Name())
			errs = append(errs, err, r.reap(e.Name()))
		}
	}
	return errors.Join(errs...)
}
