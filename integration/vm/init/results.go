package main

import (
	"encoding/json"
	"fmt"
	"os"
	"sync"

	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/integration/vm/internal/wire"
)

// results is the line to the runner.
type results struct {
	mu sync.Mutex
	f  *os.File
}

// openResults opens a terminal device and switches off what terminals do to
// output: the 8 bits of each byte pass as they are.
func openResults(path string) (*results, error) {
	f, err := os.OpenFile(path, os.O_WRONLY|unix.O_NOCTTY, 0)
	if err != nil {
		return nil, fmt.Errorf("vm.results: %w", err)
	}
	if t, err := unix.IoctlGetTermios(int(f.Fd()), unix.TCGETS); err == nil {
		t.Oflag &^= unix.OPOST
		t.Lflag &^= unix.ECHO | unix.ICANON
		t.Cflag = t.Cflag&^(unix.CBAUD|unix.CSIZE) | unix.B115200 | unix.CS8
		if err := unix.IoctlSetTermios(int(f.Fd()), unix.TCSETS, t); err != nil {
			return nil, err
		}
	}
	return &results{f: f}, nil
}

func (r *results) send(e wire.Event) {
	line, err := json.Marshal(e)
	if err != nil {
		panic(err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, err := r.f.Write(append(line, '\n')); err != nil {
		fmt.Fprintln(os.Stderr, "vm/init: results:", err)
	}
}

// close waits until everything has left the machine.
func (r *results) close() {
	unix.IoctlSetInt(int(r.f.Fd()), unix.TCSBRK, 1) // tcdrain(3)
	r.f.Close()
}

// output is a job's standard output and error.
type output struct {
	job string
	out *results
}

func (o *output) Write(p []byte) (int, error) {
	o.out.send(wire.Event{Kind: wire.Output, Job: o.job, Text: string(p)})
	return len(p), nil
}
