package seccomp

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/seccomp/bpf"
)

// InstalledFilter is a filter as the kernel has it for a thread.
type InstalledFilter struct {
	// Instructions is the program as it was installed.
	Instructions []bpf.Instruction
	// Flags is SECCOMP_FILTER_FLAG_LOG or 0. The other flags are about the
	// moment of installing; the kernel keeps none of them with the filter.
	Flags uint
}

// Bytes returns the program as [Filter.Bytes] does.
func (f *InstalledFilter) Bytes() []byte { return bpf.Bytes(f.Instructions) }

// Disassemble returns the program as text, see [Filter.Disassemble].
func (f *InstalledFilter) Disassemble() string {
	return (&Filter{Instructions: f.Instructions}).Disassemble()
}

// ReadFilters returns the filters in force for a thread, the one that was
// installed last first; the action of a call is the strictest that any of them
// returns. pid is a process, of which it reads the first thread, or a thread
// (gettid(2)). A thread without filters gives an empty list and no error.
//
// It stops the thread for a moment, by ptrace(2) (PTRACE_SEIZE, PTRACE_INTERRUPT;
// no signal is sent), copies the programs (PTRACE_SECCOMP_GET_FILTER, Linux 4.4;
// PTRACE_SECCOMP_GET_METADATA, 4.16) and lets it go on: a call that slept
// continues, and a stopped process stays stopped. If the reader dies in between
// the kernel lets the thread go on by itself. What the thread can see of it is a
// call with a timeout that, on amd64, may wait for the whole time once more
// ([restartQuietly] says which), and on other architectures ends with EINTR, as
// by a stop signal (signal(7)); and under a filter that does not allow
// restart_syscall it can there be hit by its own filter. A call that waits for an
// agent (SCMP_ACT_NOTIFY) is begun anew: the agent finds its notification gone and
// gets another.
//
// The caller needs CAP_SYS_ADMIN in the initial user namespace, CAP_SYS_PTRACE
// over the process, and must have no filter itself. The kernel needs
// CONFIG_CHECKPOINT_RESTORE. The error says which of these is missing, that the
// thread does not exist or has ended, even if other threads of its process have not
// (unix.ESRCH), has another tracer, belongs to the calling process, or did not stop
// within five seconds, being in an uninterruptible call (one that waits for an agent
// is, with SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV).
// No other thread of the caller may be in wait(2) for this process meanwhile: the
// kernel would report the stop to it.
func ReadFilters(pid int) ([]InstalledFilter, error) {
	filters, err := readFilters(pid)
	if err != nil {
		return nil, fmt.Errorf("read the seccomp filters of %d: %w", pid, err)
	}
	return filters, nil
}

func readFilters(pid int) ([]InstalledFilter, error) {
	if pid <= 0 {
		return nil, fmt.Errorf("expected the positive id of a process or thread: %w", unix.ESRCH)
	}
	target, err := readStatus(strconv.Itoa(pid))
	switch {
	case err != nil:
		return nil, err
	case target.dead():
		return nil, fmt.Errorf("it has ended: %w", unix.ESRCH)
	case target.mode == unix.SECCOMP_MODE_DISABLED:
		return nil, nil
	case target.mode == unix.SECCOMP_MODE_STRICT:
		return nil, errors.New("it is in seccomp's strict mode, which has no filter (read, write, exit and sigreturn are allowed)")
	case target.tracer != 0:
		return nil, target.traced()
	case target.group == os.Getpid():
		return nil, errors.New("it belongs to the calling process, and a process cannot trace itself")
	}
	type result struct {
		filters []InstalledFilter
		err     error
	}
	done := make(chan result, 1)
	go offMain(func() (clean bool) {
		var r result
		r.filters, clean, r.err = readTraced(pid)
		done <- r
		return clean
	})
	r := <-done
	return r.filters, r.err
}

// offMain runs f locked to a thread that is not the process's first: tracing is a
// relation between threads, and only the death of the tracing one ends it whatever
// state it is in. So f says whether nothing is left of it; if something is, the
// goroutine ends without unlocking and takes the thread along, which Go does with
// every thread but the first.
func offMain(f func() (clean bool)) {
	runtime.LockOSThread()
	if unix.Gettid() == unix.Getpid() {
		done := make(chan struct{})
		go func() {
			defer close(done)
			offMain(f)
		}()
		<-done
		runtime.UnlockOSThread()
		return
	}
	if f() {
		runtime.UnlockOSThread()
	}
}

// readTraced does the work on a thread of its own. clean says that the thread
// traces nothing any more.
func readTraced(tid int) (filters []InstalledFilter, clean bool, err error) {
	if err := mayRead(); err != nil {
		return nil, true, err
	}
	// No options: PTRACE_O_EXITKILL would kill the process with the reader.
	err = unix.PtraceSeize(tid)
	for tries := 0; err == unix.EPERM && tries < 10; tries++ {
		// The kernel also says so while a thread of the process executes a
		// program and the others end.
		time.Sleep(time.Millisecond)
		err = unix.PtraceSeize(tid)
	}
	if err != nil {
		return nil, true, seizeError(tid, err)
	}
	signal, err := stop(tid)
	if err != nil {
		return nil, false, err
	}
	filters, err = readStopped(tid)
	if err == nil {
		err = restartQuietly(tid, filters)
	}
	// A signal that was about to be delivered when the thread stopped is handed
	// on. ESRCH: it was killed while it was stopped.
	if e := ptrace(unix.PTRACE_DETACH, tid, 0, uintptr(signal)); e != nil {
		return nil, false, errors.Join(err, fmt.Errorf("ptrace(PTRACE_DETACH): %w", e))
	}
	return filters, true, err
}

// mayRead checks what can be known without stopping anybody.
func mayRead() error {
	self, err := readStatus("thread-self")
	if err != nil {
		return err
	}
	if self.mode != unix.SECCOMP_MODE_DISABLED {
		return fmt.Errorf("this process has a seccomp filter itself, and the kernel lets only processes without one read others: %w", unix.EACCES)
	}
	for _, c := range []struct {
		bit  uint
		name string
	}{{unix.CAP_SYS_ADMIN, "CAP_SYS_ADMIN"}, {unix.CAP_SYS_PTRACE, "CAP_SYS_PTRACE"}} {
		if self.caps&(1<<c.bit) == 0 {
			return fmt.Errorf("needs %s, as root has it: %w", c.name, unix.EPERM)
		}
	}
	return nil
}

// seizeError says why the kernel refuses PTRACE_SEIZE.
func seizeError(tid int, err error) error {
	switch {
	case err == unix.ESRCH:
		return fmt.Errorf("process or thread: %w", err)
	case err != unix.EPERM:
		return fmt.Errorf("ptrace(PTRACE_SEIZE): %w", err)
	}
	if s, e := readStatus(strconv.Itoa(tid)); e == nil && s.tracer != 0 {
		return s.traced()
	} else if e == nil && s.dead() {
		return fmt.Errorf("it has ended: %w", unix.ESRCH)
	}
	if scope, e := os.ReadFile("/proc/sys/kernel/yama/ptrace_scope"); e == nil && strings.TrimSpace(string(scope)) == "3" {
		return fmt.Errorf("kernel.yama.ptrace_scope is 3, which forbids ptrace(2) until the next boot: %w", err)
	}
	return fmt.Errorf("ptrace(PTRACE_SEIZE): needs CAP_SYS_PTRACE in the process's user namespace: %w", err)
}

// stopTimeout is how long a thread may take to stop. It stops at once unless it
// is in an uninterruptible call, such as vfork(2) until the child's execve.
const stopTimeout = 5 * time.Second

// stop interrupts a seized thread and waits until it has stopped. signal is the
// one that the thread stopped for, if it did not stop for the interruption.
func stop(tid int) (signal int, err error) {
	if err := unix.PtraceInterrupt(tid); err != nil {
		return 0, fmt.Errorf("ptrace(PTRACE_INTERRUPT): %w", err)
	}
	pause := 20 * time.Microsecond
	for end := time.Now().Add(stopTimeout); ; {
		status, stopped, err := pollStop(tid)
		switch {
		case err == unix.ECHILD:
			// The status is left to whoever waits for it. The parent learns of
			// the death when the thread that traces ends, which is soon.
			return 0, fmt.Errorf("it has ended: %w", unix.ESRCH)
		case err != nil:
			return 0, fmt.Errorf("waitid: %w", err)
		case stopped && status>>8 == 0:
			return status, nil // before the delivery of a signal
		case stopped:
			return 0, nil
		case time.Now().After(end):
			return 0, fmt.Errorf("it did not stop within %v; it is in an uninterruptible call", stopTimeout)
		}
		time.Sleep(pause)
		pause = min(2*pause, 5*time.Millisecond)
	}
}

// readStopped copies all filters of a stopped tracee.
func readStopped(tid int) ([]InstalledFilter, error) {
	var filters []InstalledFilter
	for i := 0; ; i++ {
		n, err := filterLen(tid, i)
		switch {
		case err == unix.ENOENT && i > 0:
			// The kernel counts from the oldest one, whatever ptrace(2) says.
			for a, b := 0, len(filters)-1; a < b; a, b = a+1, b-1 {
				filters[a], filters[b] = filters[b], filters[a]
			}
			return filters, nil
		case err != nil:
			return nil, filterError(err)
		case n <= 0 || n > bpf.MaxInstructions:
			return nil, fmt.Errorf("ptrace(PTRACE_SECCOMP_GET_FILTER): filter %d has %d instructions, expected 1 to %d", i, n, bpf.MaxInstructions)
		}
		f := InstalledFilter{Instructions: make([]bpf.Instruction, n)}
		if err := copyFilter(tid, i, f.Instructions); err != nil {
			return nil, filterError(err)
		}
		flags, err := filterFlags(tid, i)
		if err != nil {
			return nil, fmt.Errorf("ptrace(PTRACE_SECCOMP_GET_METADATA) (Linux 4.16): %w", err)
		}
		f.Flags = uint(flags)
		filters = append(filters, f)
	}
}

// filterError says what PTRACE_SECCOMP_GET_FILTER complains about.
func filterError(err error) error {
	const call = "ptrace(PTRACE_SECCOMP_GET_FILTER)"
	switch err {
	case unix.EACCES:
		return fmt.Errorf("%s: needs CAP_SYS_ADMIN in the initial user namespace: %w", call, err)
	case unix.EINVAL:
		return fmt.Errorf("%s: the kernel is built without CONFIG_CHECKPOINT_RESTORE: %w", call, err)
	case unix.EIO:
		return fmt.Errorf("%s: the kernel is older than Linux 4.4: %w", call, err)
	}
	return fmt.Errorf("%s: %w", call, err)
}
