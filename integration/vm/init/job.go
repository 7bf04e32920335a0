package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/integration/vm/internal/wire"
)

const cgroupRoot = "/sys/fs/cgroup"

// run runs one job in a cgroup of its own, as a login session or a service has
// one, and reports what it says and how it ends.
func run(j wire.Job, out *results) {
	out.send(wire.Event{Kind: wire.Start, Job: j.Name})
	began := time.Now()
	if j.List {
		names, err := tests(j)
		if err == nil && j.Asks != "" {
			var others []string
			names, others, err = j.Choose(names)
			// Not -test.run, which the job may have for itself.
			j.Args = append(slices.Clone(j.Args), "-test.skip=^("+strings.Join(others, "|")+")$")
		}
		text := strings.Join(names, "\n")
		if err != nil {
			text = "error: " + err.Error() // no test's name: the runner calls it a problem
		}
		out.send(wire.Event{Kind: wire.List, Job: j.Name, Text: text})
	}
	status, err := supervise(j, out)
	e := wire.Event{Kind: wire.End, Job: j.Name, Status: status, Seconds: time.Since(began).Seconds()}
	if err != nil {
		e.Text = err.Error()
		if e.Status == 0 {
			e.Status = 1
		}
	}
	out.send(e)
}

// tests asks a test binary for the names of its tests.
func tests(j wire.Job) ([]string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	cmd := command(ctx, j, "-test.list=^Test") // not examples, benchmarks, fuzz targets
	var names strings.Builder
	cmd.Stdout = &names
	if err := start(cmd); err != nil {
		return nil, err
	}
	err := cmd.Wait()
	return strings.Fields(names.String()), err
}

func command(ctx context.Context, j wire.Job, extra ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, j.Args[0], append(j.Args[1:len(j.Args):len(j.Args)], extra...)...)
	cmd.Dir = j.Dir
	cmd.Env = append(os.Environ(), j.Env...)
	cmd.WaitDelay = 2 * time.Second
	return cmd
}

func supervise(j wire.Job, out *results) (status int, err error) {
	group := filepath.Join(cgroupRoot, "vm", strings.ReplaceAll(j.Name, "/", "-"))
	if err := os.MkdirAll(group, 0o755); err != nil {
		return 1, err
	}
	dir, err := os.Open(group)
	if err != nil {
		return 1, err
	}
	defer dir.Close()
	ctx, cancel := context.WithTimeout(context.Background(), time.Duration(j.Seconds)*time.Second)
	defer cancel()
	cmd := command(ctx, j)
	// SIGQUIT makes a Go program say where it hangs.
	cmd.Cancel = func() error { return cmd.Process.Signal(unix.SIGQUIT) }
	w := &output{job: j.Name, out: out}
	cmd.Stdout, cmd.Stderr = w, w
	cmd.SysProcAttr = &unix.SysProcAttr{Setsid: true, UseCgroupFD: true, CgroupFD: int(dir.Fd())}
	if err = start(cmd); err == nil {
		err = cmd.Wait()
	}
	left := processes(group)
	var exit *exec.ExitError
	switch {
	case ctx.Err() != nil:
		err = fmt.Errorf("stopped after %d s", j.Seconds)
		status = 128 + int(unix.SIGQUIT)
	case errors.As(err, &exit):
		status, err = exit.ExitCode(), nil
		if ws := exit.Sys().(syscall.WaitStatus); ws.Signaled() {
			status, err = 128+int(ws.Signal()), fmt.Errorf("ended by %v", ws.Signal())
		}
	}
	if len(left) > 0 {
		err = errors.Join(err, fmt.Errorf("left processes: %s", strings.Join(left, ", ")))
	}
	return status, err
}

// processes kills what is left in a cgroup and names it.
func processes(group string) (left []string) {
	filepath.WalkDir(group, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.Name() != "cgroup.procs" {
			return nil
		}
		text, _ := os.ReadFile(path)
		for _, pid := range strings.Fields(string(text)) {
			comm, _ := os.ReadFile("/proc/" + pid + "/comm")
			left = append(left, pid+" "+strings.TrimSpace(string(comm)))
			var n int
			if _, err := fmt.Sscan(pid, &n); err == nil {
				unix.Kill(n, unix.SIGKILL)
			}
		}
		return nil
	})
	return left
}

// enable gives all controllers to the children of a cgroup.
func enable(dir, controllers string) error {
	for _, c := range strings.Fields(controllers) {
		if err := os.WriteFile(filepath.Join(dir, "cgroup.subtree_control"), []byte("+"+c), 0); err != nil {
			return err
		}
	}
	return nil
}

// current is the process that os/exec collects; every other child of ours is an
// orphan of the machine.
var current struct {
	sync.Mutex
	pid int
}

// slack is by how much the kernel may delay the wake-ups of all that is started
// (PR_SET_TIMERSLACK(2const), inherited). A thread of each Go program sleeps 20 µs
// again and again while the program has something to do; emulated, each of these
// wake-ups takes longer than that, and all of them most of the processor.
const slack = 4 * time.Millisecond

func start(cmd *exec.Cmd) error {
	current.Lock()
	defer current.Unlock()
	runtime.LockOSThread() // it forks
	defer runtime.UnlockOSThread()
	if err := unix.Prctl(unix.PR_SET_TIMERSLACK, uintptr(slack), 0, 0, 0); err != nil {
		return err
	}
	err := cmd.Start()
	if err == nil {
		current.pid = cmd.Process.Pid
	}
	return err
}

// reap collects orphans as they end, which is process 1's duty.
func reap() {
	for ; ; time.Sleep(20 * time.Millisecond) {
		for collect() {
		}
	}
}

// collect takes one ended child, if there is one that is not os/exec's.
func collect() bool {
	current.Lock()
	defer current.Unlock()
	var info unix.Siginfo
	err := unix.Waitid(unix.P_ALL, 0, &info, unix.WEXITED|unix.WNOHANG|unix.WNOWAIT, nil)
	pid := int(*(*int32)(unsafe.Pointer(uintptr(unsafe.Pointer(&info)) + siginfoPid)))
	if err != nil || pid == 0 || pid == current.pid {
		return false
	}
	_, err = unix.Wait4(pid, nil, unix.WNOHANG, nil)
	return err == nil
}

// siginfoPid is the offset of si_pid in siginfo_t on 64-bit machines
// (sigaction(2)): three ints and padding come before it.
const siginfoPid = 16
