package seccomp

import (
	"fmt"
	"runtime"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// syscall.Exec cannot be used for the execve behind the filter: between the
// caller and execve(2) it may wait for a lock and sets RLIMIT_NOFILE, with the
// stack checks and preemption points of ordinary Go code. These two functions
// are what it holds that lock by. No thread is made while it is held: clone(2)
// fails with EAGAIN during another thread's execve, and the Go runtime ends the
// process when it cannot make a thread. (It tries again for a while before it
// does, so hardly a test would miss the lock.) The runtime offers both to package
// syscall by linkname, which is why others may bind to them too.

//go:linkname beforeExec syscall.runtime_BeforeExec
func beforeExec()

//go:linkname afterExec syscall.runtime_AfterExec
func afterExec()

// tsync are the flags that are about other threads.
const tsync = unix.SECCOMP_FILTER_FLAG_TSYNC | unix.SECCOMP_FILTER_FLAG_TSYNC_ESRCH

// The kernel's struct sigaction differs between architectures, but all fit this
// many words, all zero means SIG_DFL without flags everywhere, and the handler
// is the first word, or the second on mips.
type sigaction [8]uintptr

const (
	isMips = runtime.GOARCH == "mips" || runtime.GOARCH == "mipsle" ||
		runtime.GOARCH == "mips64" || runtime.GOARCH == "mips64le"
	numSignals = 65 // 0 is none; mips has more, which nobody handles
	sigDfl     = 0
	sigIgn     = 1
)

// image is what seal needs, made before. The collector does not move it.
type image struct {
	path       *byte
	argv, envp []*byte
	fprog      unix.SockFprog
	flags      uintptr
	prctl      bool // prctl(2) may load the filter if seccomp(2) is missing

	sigsetsize uintptr
	none       sigaction             // SIG_DFL
	old        [numSignals]sigaction // what was there before
	changed    [numSignals]bool
}

// newImage prepares the execve. The image is valid as long as f is.
func newImage(f *Filter, path string, argv, env []string) (*image, error) {
	x := &image{
		fprog: unix.SockFprog{
			Len: uint16(len(f.Instructions)),
			// Instruction has the layout of sock_filter, which a test checks.
			Filter: (*unix.SockFilter)(unsafe.Pointer(&f.Instructions[0])),
		},
		flags:      uintptr(f.Flags &^ tsync),
		prctl:      f.PrctlSuffices(),
		sigsetsize: 8,
	}
	if isMips {
		x.sigsetsize = 16
	}
	var err error
	if x.path, err = syscall.BytePtrFromString(path); err != nil {
		return nil, fmt.Errorf("path %q: %w", path, err)
	}
	if x.argv, err = syscall.SlicePtrFromStrings(argv); err != nil {
		return nil, fmt.Errorf("argv %q: %w", argv, err)
	}
	if x.envp, err = syscall.SlicePtrFromStrings(env); err != nil {
		return nil, fmt.Errorf("env: a string with a NUL: %w", err)
	}
	return x, nil
}

// call gives the execve as a filter sees it.
func (x *image) call() (nr uint32, args [6]uint64) {
	return unix.SYS_EXECVE, [6]uint64{
		uint64(uintptr(unsafe.Pointer(x.path))),
		uint64(uintptr(unsafe.Pointer(&x.argv[0]))),
		uint64(uintptr(unsafe.Pointer(&x.envp[0]))),
	}
}

// exec does it.
func (x *image) exec(f *Filter, path string) error {
	runtime.LockOSThread() // the filter and no_new_privs belong to a thread

	// Package syscall raises the soft limit of open files at start, and only
	// it knows what it was. syscall.Exec puts it back before its
	// execve; with an empty path, which execve always refuses (ENOENT), that
	// is all it does.
	_ = syscall.Exec("", nil, nil)

	beforeExec()
	step, errno := x.seal()
	afterExec()
	runtime.KeepAlive(x)
	runtime.KeepAlive(f)
	if step == stepExecve {
		return &SealedError{Path: path, Err: errno} // the thread stays locked
	}
	runtime.UnlockOSThread()
	if step == stepSignals {
		return fmt.Errorf("rt_sigaction: %w", errno)
	}
	return f.loadError(f.Flags&^tsync, errno)
}

// The steps of seal, to say where it failed.
const (
	stepSignals = iota
	stepFilter
	stepExecve
)

// seal puts every signal that has a handler back to SIG_DFL, loads the filter
// and executes the program. If one of the first two fails the handlers are put
// back.
//
// Contract: the filter may allow nothing but execve. So between the two calls
// nothing may enter the Go runtime, which could make a system call: no
// allocation, no stack growth, no preemption (nosplit), no bounds check that can
// fail, no race detector. A signal handler would owe an rt_sigreturn; there is
// none left by then, and one that was at work on this thread has returned, since
// this function continues. Go's own preemption signal is ignored by default.
//
//go:nosplit
//go:norace
func (x *image) seal() (step int, errno syscall.Errno) {
	for sig := 1; sig < numSignals; sig++ {
		old := &x.old[sig]
		if _, _, errno = syscall.RawSyscall6(unix.SYS_RT_SIGACTION, uintptr(sig), 0, uintptr(unsafe.Pointer(old)), x.sigsetsize, 0, 0); errno != 0 {
			x.restore()
			return stepSignals, errno
		}
		handler := old[0]
		if isMips {
			handler = old[1]
		}
		if handler == sigDfl || handler == sigIgn {
			continue
		}
		if _, _, errno = syscall.RawSyscall6(unix.SYS_RT_SIGACTION, uintptr(sig), uintptr(unsafe.Pointer(&x.none)), 0, x.sigsetsize, 0, 0); errno != 0 {
			x.restore()
			return stepSignals, errno
		}
		x.changed[sig] = true
	}
	_, _, errno = syscall.RawSyscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, x.flags, uintptr(unsafe.Pointer(&x.fprog)))
	if errno == unix.ENOSYS && x.prctl {
		_, _, errno = syscall.RawSyscall(unix.SYS_PRCTL, unix.PR_SET_SECCOMP, unix.SECCOMP_MODE_FILTER, uintptr(unsafe.Pointer(&x.fprog)))
	}
	if errno != 0 {
		x.restore()
		return stepFilter, errno
	}
	_, _, errno = syscall.RawSyscall(unix.SYS_EXECVE,
		uintptr(unsafe.Pointer(x.path)), uintptr(unsafe.Pointer(unsafe.SliceData(x.argv))), uintptr(unsafe.Pointer(unsafe.SliceData(x.envp))))
	return stepExecve, errno
}

// restore puts the signal handlers back. seal's contract applies.
//
//go:nosplit
//go:norace
func (x *image) restore() {
	for sig := 1; sig < numSignals; sig++ {
		if x.changed[sig] {
			syscall.RawSyscall6(unix.SYS_RT_SIGACTION, uintptr(sig), uintptr(unsafe.Pointer(&x.old[sig])), 0, x.sigsetsize, 0, 0)
		}
	}
}
