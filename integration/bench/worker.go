package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
)

// workerMarker is the environment variable that makes this program a worker. Its value
// is the file for the standard error of what the worker runs.
const workerMarker = "RUNSEAL_BENCH_WORKER"

// worker is a process that runs a list of commands, one after the other, as a spawner
// does. Side by side that takes processes: os.StartProcess lets nobody else fork until the
// child has executed its program, and waiting for that in turn measures the benchmark.
// Under an engine each container has a shim of its own too. And it takes lists: to be told
// of each command is as much work as some of them are.
type worker struct {
	cmd *exec.Cmd
	in  io.WriteCloser
	to  *json.Encoder
	out *json.Decoder
}

func newWorker(stderr string) (*worker, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	w := &worker{cmd: exec.Command(self)}
	w.cmd.Env = append(os.Environ(), workerMarker+"="+stderr)
	w.cmd.Stderr = os.Stderr
	w.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // as for a spawner's commands
	if w.in, err = w.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := w.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	w.to, w.out = json.NewEncoder(w.in), json.NewDecoder(out)
	if err := w.cmd.Start(); err != nil {
		return nil, err
	}
	// Its start is not to be measured.
	if err := w.answer(); err != nil {
		return nil, errors.Join(err, w.close())
	}
	return w, nil
}

// run has the worker run commands until one fails.
func (w *worker) run(commands [][]string) error {
	if err := w.to.Encode(commands); err != nil {
		return fmt.Errorf("worker: %w", err)
	}
	return w.answer()
}

// answer waits for what the worker says when it is ready, and after each list.
func (w *worker) answer() error {
	var said string
	if err := w.out.Decode(&said); err != nil {
		return fmt.Errorf("worker: %w", err)
	}
	if said != "" {
		return errors.New(said)
	}
	return nil
}

// stop has the worker begin with no other command.
func (w *worker) stop() { w.cmd.Process.Signal(syscall.SIGTERM) }

// close ends the worker, which has no command any more, and waits for it.
func (w *worker) close() error { return errors.Join(w.in.Close(), w.cmd.Wait()) }

// work is the worker's side: it ends with its standard input, also when the benchmark
// was killed.
func work(stderr string) error {
	// What is measured has no business with it.
	if err := os.Unsetenv(workerMarker); err != nil {
		return err
	}
	sp, err := newSpawner(stderr)
	if err != nil {
		return err
	}
	defer sp.close()
	ctx, forget := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer forget()
	in, out := json.NewDecoder(os.Stdin), json.NewEncoder(os.Stdout)
	for said := ""; ; {
		if err := out.Encode(said); err != nil {
			return err
		}
		var commands [][]string
		if err := in.Decode(&commands); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
		said = ""
		for _, argv := range commands {
			err := ctx.Err()
			if err == nil {
				_, err = sp.run(argv...)
			}
			if err != nil {
				said = err.Error()
				break
			}
		}
	}
}
