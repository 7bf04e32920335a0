// Package signals forwards the signals that this process receives to another
// one, for the foreground: whoever stops `runseal run` means the container.
//
//	signals.Catch()          // from here on nothing is lost
//	...                      // make the process
//	signals.To(pidfd)        // deliver what came meanwhile, and all that comes
//	defer signals.Restore()
//
// os/signal would do, but enabling a signal there takes two switches between
// threads, and 50 signals take longer than everything else in the life of a
// short container (measured: 7 ms of 16 for exec). So the kernel calls a handler
// of some ten instructions (handler_*.s) that makes one system call,
// pidfd_send_signal(2). It runs on the signal stack that every thread of a Go
// program has, touches nothing of the Go runtime, and needs no scheduler.
//
// Not forwarded are signals that the Go runtime uses or that tell of this
// process's own faults (see forwarded), and those that cannot be caught.
package signals

import (
	"sync/atomic"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// What the handler reads and writes.
var (
	target  int32  = -1 // pidfd, or -1 while there is none
	pending uint64      // bit sig: received; 64 takes bit 0
)

// handlerPC and restorerPC are code addresses, made by the assembler.
var handlerPC, restorerPC uintptr

// sigaction is the kernel's struct sigaction, on amd64 and arm64.
type sigaction struct {
	handler, flags, restorer uintptr
	mask                     uint64
}

// Flags of sigaction(2).
const (
	saOnStack = 0x08000000
	saRestart = 0x10000000
)

const numSignals = 64

// old holds what was there before Catch, by signal.
var old [numSignals + 1]sigaction

// forwarded tells whether a signal is passed on.
func forwarded(sig syscall.Signal) bool {
	switch sig {
	case unix.SIGKILL, unix.SIGSTOP: // cannot be caught
	case unix.SIGCHLD: // about this process's own children
	case unix.SIGPIPE: // about its own writes
	case unix.SIGURG, unix.SIGPROF: // the Go runtime's
	case unix.SIGWINCH: // the terminal is resized instead
	case unix.SIGSEGV, unix.SIGBUS, unix.SIGFPE, unix.SIGILL, unix.SIGTRAP, unix.SIGSYS: // its own faults
	case 32, 33: // the C library's, which never asks for them to be sent
	default:
		return true
	}
	return false
}

// Catch takes over the signals and remembers those that come.
func Catch() {
	target, pending = -1, 0
	sa := sigaction{handler: handlerPC, flags: saOnStack | saRestart | saRestorer, restorer: restorerPC, mask: ^uint64(0)}
	for sig := syscall.Signal(1); sig <= numSignals; sig++ {
		if forwarded(sig) {
			act(sig, &sa, &old[sig])
		}
	}
}

// To sends every signal to the process behind pidfd, beginning with those that
// were caught before. With -1 signals are caught and go nowhere.
func To(pidfd int) {
	atomic.StoreInt32(&target, int32(pidfd))
	if pidfd < 0 {
		return
	}
	// A signal that comes right now can be sent by both sides; it is then
	// still pending once.
	bits := atomic.SwapUint64(&pending, 0)
	for sig := syscall.Signal(1); sig <= numSignals; sig++ {
		if bits>>(sig%numSignals)&1 != 0 {
			_ = unix.PidfdSendSignal(pidfd, sig, nil, 0)
		}
	}
}

// Ending returns one that has been caught and asks a process to end, or 0: while it goes
// nowhere, the caller has to do that.
func Ending() syscall.Signal {
	bits := atomic.LoadUint64(&pending)
	for _, sig := range []syscall.Signal{unix.SIGINT, unix.SIGTERM, unix.SIGQUIT, unix.SIGHUP} {
		if bits>>sig&1 != 0 {
			return sig
		}
	}
	return 0
}

// Restore puts back what Catch found. The pidfd may be closed after it.
func Restore() {
	for sig := syscall.Signal(1); sig <= numSignals; sig++ {
		if forwarded(sig) {
			act(sig, &old[sig], nil)
		}
	}
	atomic.StoreInt32(&target, -1)
}

// act is rt_sigaction(2). It cannot fail for these signals.
func act(sig syscall.Signal, sa, old *sigaction) {
	syscall.RawSyscall6(unix.SYS_RT_SIGACTION, uintptr(sig), uintptr(unsafe.Pointer(sa)), uintptr(unsafe.Pointer(old)), 8, 0, 0)
}
