package box

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// traceLimit is what [Limit] is for commands that are not traced.
const traceLimit = Limit / 2

// A Call is a system call that a traced command is about to make.
type Call struct {
	NR   uint64
	Args [6]uint64
	// Child: not the command makes it, but a process of the container's that the command
	// has forked, before it executes the container's program.
	Child bool
}

// A Verdict says what becomes of a call: the errno that it fails with, without being made.
type Verdict int

// Other verdicts than an errno.
const (
	GoOn     Verdict = 0  // it is made
	KillHere Verdict = -1 // the command is killed
)

// tracer follows the threads of one command, and its children if it is asked to.
type tracer struct {
	main    int
	judge   func(Call) Verdict
	tracees map[int]*tracee
	status  unix.WaitStatus // main's own end
}

type tracee struct {
	child  bool
	fresh  bool  // it has not stopped yet
	inside bool  // the next stop is the exit from a call
	fails  int64 // 0, or what that call returns
}

// Trace executes a command of the runtime under ptrace and asks judge before each of its
// system calls. With children those of the container's processes are followed too, from
// their fork to their execve.
func (b *Box) Trace(children bool, judge func(Call) Verdict, args ...string) (Result, error) {
	// A tracer is a thread.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	out, stderr := b.scratch("out"), b.scratch("err")
	cmd := exec.Command(Binary(), append([]string{"--root", b.Root}, args...)...)
	cmd.Dir = b.Dir
	cmd.Env = append(cmd.Environ(), b.Mark())
	cmd.Stdout, cmd.Stderr = out, stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Ptrace: true}
	began := time.Now()
	Pass()
	if err := cmd.Start(); err != nil {
		return Result{}, err
	}
	defer cmd.Process.Release()
	t := &tracer{main: cmd.Process.Pid, judge: judge, tracees: map[int]*tracee{}}
	// What hangs is killed, and seen by its status.
	watchdog := time.AfterFunc(traceLimit, func() { unix.Kill(t.main, unix.SIGKILL) })
	defer watchdog.Stop()
	if err := t.follow(children); err != nil {
		unix.Kill(t.main, unix.SIGKILL)
		return Result{}, fmt.Errorf("trace %q: %w", args, err)
	}
	r := Result{Took: time.Since(began), Stdout: readAll(out), Stderr: readAll(stderr), Status: t.status.ExitStatus()}
	if t.status.Signaled() {
		r.Status = 128 + int(t.status.Signal())
	}
	out.Close()
	stderr.Close()
	return r, nil
}

func (t *tracer) follow(children bool) error {
	var ws unix.WaitStatus
	if _, err := unix.Wait4(t.main, &ws, unix.WALL, nil); err != nil {
		return err
	}
	// TRACESYSGOOD tells system call stops from signals; EXITKILL ends the
	// command with a tracer that fails.
	options := unix.PTRACE_O_TRACESYSGOOD | unix.PTRACE_O_TRACECLONE | unix.PTRACE_O_EXITKILL
	if children {
		options |= unix.PTRACE_O_TRACEFORK | unix.PTRACE_O_TRACEVFORK | unix.PTRACE_O_TRACEEXEC
	}
	if err := unix.PtraceSetOptions(t.main, options); err != nil {
		return err
	}
	t.tracees[t.main] = &tracee{}
	if err := t.resume(t.main, 0); err != nil {
		return err
	}
	for {
		tid, err := t.wait(&ws)
		if err != nil {
			return fmt.Errorf("wait: %w", err)
		}
		if ws.Exited() || ws.Signaled() {
			delete(t.tracees, tid)
			if tid == t.main {
				t.status = ws
				if err := t.settle(); err != nil {
					return err
				}
				return t.letGo()
			}
			continue
		}
		if err := t.stopped(tid, ws); err != nil {
			return err
		}
	}
}

// wait takes the next change of state of a tracee. This thread can also be the parent of
// other commands, which are for the goroutines that have started them to collect, and of
// orphans, which nobody collects yet: as long as such a one is the first that the kernel
// shows, the tracees are asked one by one.
func (t *tracer) wait(ws *unix.WaitStatus) (int, error) {
	const how = unix.WALL | unix.WNOTHREAD
	for {
		tid, err := peek()
		if errors.Is(err, unix.EINTR) {
			continue
		}
		if err != nil {
			return 0, err
		}
		if _, known := t.tracees[tid]; known || status(tid, "TracerPid") == unix.Gettid() {
			if got, err := unix.Wait4(tid, ws, how|unix.WNOHANG, nil); err == nil && got == tid {
				return tid, nil
			} else if err != nil && !errors.Is(err, unix.EINTR) {
				return 0, err
			}
			continue // a signal, or it was killed while it stood still
		}
		for tid := range t.tracees {
			if got, err := unix.Wait4(tid, ws, how|unix.WNOHANG, nil); err == nil && got == tid {
				return tid, nil
			}
		}
		time.Sleep(50 * time.Microsecond)
	}
}

// status reads a number of /proc/TID/status, -1 if there is none.
func status(tid int, name string) int {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", tid))
	if err != nil {
		return -1
	}
	for line := range strings.Lines(string(data)) {
		if value, ok := strings.CutPrefix(line, name+":"); ok {
			if n, err := strconv.Atoi(strings.TrimSpace(value)); err == nil {
				return n
			}
		}
	}
	return -1
}

// resume lets a tracee run to its next system call.
func (t *tracer) resume(tid, sig int) error {
	err := unix.PtraceSyscall(tid, sig)
	if errors.Is(err, unix.ESRCH) { // it is on its way out
		return nil
	}
	return err
}

// stopped handles one stop of one thread.
func (t *tracer) stopped(tid int, ws unix.WaitStatus) error {
	c := t.tracees[tid]
	if c == nil {
		c = &tracee{fresh: true, child: status(tid, "Tgid") != t.main}
		t.tracees[tid] = c
	}
	if c.fresh { // its first stop is a SIGSTOP
		c.fresh = false
		return t.resume(tid, 0)
	}
	sig := int(ws.StopSignal())
	switch {
	case sig == int(unix.SIGTRAP|0x80):
		if err := t.call(tid, c); err != nil && !errors.Is(err, unix.ESRCH) {
			return err
		}
		sig = 0
	case sig == int(unix.SIGTRAP):
		if ws.TrapCause() == unix.PTRACE_EVENT_EXEC && c.child {
			delete(t.tracees, tid) // it is the container's program now
			if err := unix.PtraceDetach(tid); err != nil && !errors.Is(err, unix.ESRCH) {
				return err
			}
			return nil
		}
		switch ws.TrapCause() {
		case unix.PTRACE_EVENT_CLONE, unix.PTRACE_EVENT_FORK, unix.PTRACE_EVENT_VFORK:
			if made, err := unix.PtraceGetEventMsg(tid); err == nil && t.tracees[int(made)] == nil {
				t.tracees[int(made)] = &tracee{fresh: true, child: c.child || ws.TrapCause() != unix.PTRACE_EVENT_CLONE}
			}
		}
		sig = 0 // or an execve
	}
	return t.resume(tid, sig)
}

// call handles the entry into a system call, or the exit from one.
func (t *tracer) call(tid int, c *tracee) error {
	c.inside = !c.inside
	if !c.inside && c.fails == 0 {
		return nil
	}
	var regs unix.PtraceRegs
	if err := unix.PtraceGetRegs(tid, &regs); err != nil {
		return err
	}
	if !c.inside {
		regs.Rax, c.fails = uint64(c.fails), 0
		return unix.PtraceSetRegs(tid, &regs)
	}
	v := t.judge(Call{NR: regs.Orig_rax, Args: [6]uint64{regs.Rdi, regs.Rsi, regs.Rdx, regs.R10, regs.R8, regs.R9}, Child: c.child})
	switch {
	case v == KillHere:
		return unix.Kill(t.main, unix.SIGKILL)
	case v > 0:
		c.fails = -int64(v)
		regs.Orig_rax = ^uint64(0) // no call has this number, so none is made
		return unix.PtraceSetRegs(tid, &regs)
	}
	return nil
}
