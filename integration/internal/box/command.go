package box

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// Limit is the time after which a command is killed and its test fails. It is
// far above anything a runtime may need, so that a loaded machine does not
// matter; tests that assert a duration do so themselves.
const Limit = 30 * time.Second

// A Result is what one command of the runtime did.
type Result struct {
	// Status is the exit status, or 128+n when the command itself was ended
	// by signal n.
	Status int
	// Stdout and Stderr are what was written up to the command's end, by it
	// and by the container's process.
	Stdout, Stderr string
	// Took is the wall time from start to end.
	Took time.Duration
	// CPU is the processor time of the command itself, in user and kernel mode. It says
	// how much work there was, whatever else the machine has to do.
	CPU time.Duration
}

// A Process is a command that is still running.
type Process struct {
	*exec.Cmd
	b        *Box
	out, err *os.File
	began    time.Time
	done     chan error
}

// Start begins a command of the runtime: global flags with the box's --root,
// then args. prepare, if not nil, may change the command before it starts.
func (b *Box) Start(prepare func(*exec.Cmd), args ...string) *Process {
	b.t.Helper()
	argv := slices.Concat(b.wrap, []string{binary, "--root", b.Root}, b.global, args)
	p := &Process{Cmd: exec.Command(argv[0], argv[1:]...), b: b, done: make(chan error, 1)}
	p.Dir = b.Dir
	p.Env = append(append(os.Environ(), b.token), b.env...)
	p.out, p.err = b.scratch("out"), b.scratch("err")
	p.Stdout, p.Stderr = p.out, p.err
	if prepare != nil {
		prepare(p.Cmd)
	}
	p.began = time.Now()
	Pass()
	if err := p.Cmd.Start(); err != nil {
		b.t.Fatal(err)
	}
	go func() { p.done <- p.Cmd.Wait() }()
	return p
}

// scratch makes a file outside the bundle.
func (b *Box) scratch(name string) *os.File {
	b.t.Helper()
	f, err := os.CreateTemp(b.work, name)
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() { f.Close() })
	return f
}

// Wait waits for the command's end; a command beyond [Limit] fails the test.
func (p *Process) Wait() Result {
	p.b.t.Helper()
	var err error
	select {
	case err = <-p.done:
	case <-time.After(Limit):
		p.Process.Kill()
		<-p.done
		r := p.result()
		p.b.t.Fatalf("%v: no end within %v; stdout %q, stderr %q", p.Args, Limit, r.Stdout, r.Stderr)
	}
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		p.b.t.Fatalf("%v: %v", p.Args, err)
	}
	return p.result()
}

func (p *Process) result() Result {
	r := Result{Took: time.Since(p.began), Stdout: p.Output(), Stderr: readAll(p.err)}
	r.CPU = p.ProcessState.UserTime() + p.ProcessState.SystemTime()
	if ws, ok := p.ProcessState.Sys().(syscall.WaitStatus); ok {
		r.Status = ws.ExitStatus()
		if ws.Signaled() {
			r.Status = 128 + int(ws.Signal())
		}
	}
	return r
}

// Output is what was written to standard output so far, by the command and by
// the container that has inherited it.
func (p *Process) Output() string { return readAll(p.out) }

// maxOutput is how many bytes of a command's output a test gets: a container that writes
// without end is to fail its test, not to take the memory of all.
const maxOutput = 64 << 20

func readAll(file *os.File) string {
	f, err := os.Open(file.Name()) // its own place in the file
	if err != nil {
		return "(" + err.Error() + ")"
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxOutput))
	if err != nil {
		return "(" + err.Error() + ")"
	}
	return string(data)
}

// Do runs a command of the runtime to its end.
func (b *Box) Do(args ...string) Result {
	b.t.Helper()
	return b.Start(nil, args...).Wait()
}

// Must is Do that fails the test when the exit status is not 0.
func (b *Box) Must(args ...string) Result {
	b.t.Helper()
	r := b.Do(args...)
	if r.Status != 0 {
		b.t.Fatalf("%v: exit status %d, stdout %q, stderr %q", args, r.Status, r.Stdout, r.Stderr)
	}
	return r
}

// Run writes config.json and runs the container in the foreground. flags go
// between `run` and the id.
func (b *Box) Run(flags ...string) Result {
	b.t.Helper()
	b.writeSpec()
	return b.Do(append(append([]string{"run", "--bundle", b.Dir}, flags...), b.ID)...)
}

// Create writes config.json and creates the container; the Process that is
// returned has ended with status 0, and its Output is the container's.
func (b *Box) Create(flags ...string) *Process {
	b.t.Helper()
	p := b.TryCreate(flags...)
	if r := p.Wait(); r.Status != 0 {
		b.t.Fatalf("create: exit status %d, stderr %q", r.Status, r.Stderr)
	}
	return p
}

// TryCreate is Create without waiting and without a judgement.
func (b *Box) TryCreate(flags ...string) *Process {
	b.t.Helper()
	b.writeSpec()
	return b.Start(nil, append(append([]string{"create", "--bundle", b.Dir}, flags...), b.ID)...)
}

// Up creates and starts the container and returns its pid.
func (b *Box) Up(flags ...string) int {
	b.t.Helper()
	b.Create(flags...)
	b.Must("start", b.ID)
	return b.State().Pid
}

// State is the runtime's `state` output.
type State struct {
	OCIVersion  string            `json:"ociVersion"`
	ID          string            `json:"id"`
	Pid         int               `json:"pid"`
	Status      string            `json:"status"`
	Bundle      string            `json:"bundle"`
	Rootfs      string            `json:"rootfs"`
	Created     string            `json:"created"`
	Owner       string            `json:"owner"`
	Annotations map[string]string `json:"annotations"`
}

// State asks the runtime for the container's state.
func (b *Box) State() State {
	b.t.Helper()
	var s State
	r := b.Must("state", b.ID)
	if err := json.Unmarshal([]byte(r.Stdout), &s); err != nil {
		b.t.Fatalf("state: %v in %q", err, r.Stdout)
	}
	return s
}

// WaitFor polls until the container has the status, or fails the test.
func (b *Box) WaitFor(status string) {
	b.t.Helper()
	var last string
	if !Eventually(func() bool { last = b.State().Status; return last == status }) {
		b.t.Fatalf("container is %q, expected it to become %q", last, status)
	}
}

// WaitOutput polls until the output of p contains text, or fails the test.
func (p *Process) WaitOutput(text string) {
	p.b.t.Helper()
	if !Eventually(func() bool { return strings.Contains(p.Output(), text) }) {
		p.b.t.Fatalf("output is %q, stderr %q: %q has not come", p.Output(), readAll(p.err), text)
	}
}

// Eventually polls cond for up to ten seconds.
func Eventually(cond func() bool) bool {
	for end := time.Now().Add(10 * time.Second); ; {
		if cond() {
			return true
		}
		if time.Now().After(end) {
			return false
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// WaitPid collects the process of a detached container, which has become a
// child of this test process, and returns its exit status, or 128+n for
// signal n.
func (b *Box) WaitPid(pid int) int {
	b.t.Helper()
	var ws unix.WaitStatus
	ended := Eventually(func() bool {
		got, err := unix.Wait4(pid, &ws, unix.WNOHANG, nil)
		if err != nil && err != unix.EINTR {
			b.t.Fatalf("wait for pid %d: %v", pid, err)
		}
		return got == pid
	})
	if !ended {
		b.t.Fatalf("pid %d has not ended", pid)
	}
	if ws.Signaled() {
		return 128 + int(ws.Signal())
	}
	return ws.ExitStatus()
}
