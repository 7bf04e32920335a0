package box

import (
	"errors"
	"fmt"
	"os/exec"
	"runtime"
	"syscall"

	"golang.org/x/sys/unix"
)

// watched are the calls by which a command changes something that outlives it.
// Everything that matters to a kill happens between two of them, so a kill
// before each one covers every state of the world that create can leave.
func watched(nr uint64) bool {
	switch nr {
	case unix.SYS_MKDIR, unix.SYS_MKDIRAT, unix.SYS_RMDIR, unix.SYS_RENAME, unix.SYS_RENAMEAT, unix.SYS_RENAMEAT2,
		unix.SYS_UNLINK, unix.SYS_UNLINKAT, unix.SYS_MKNOD, unix.SYS_MKNODAT, unix.SYS_MOUNT, unix.SYS_UMOUNT2,
		unix.SYS_CLONE3, unix.SYS_FLOCK, unix.SYS_WRITE, unix.SYS_SENDTO, unix.SYS_SENDMSG, unix.SYS_PIDFD_SEND_SIGNAL,
		unix.SYS_KILL, unix.SYS_EXIT_GROUP, unix.SYS_CONNECT, unix.SYS_PIDFD_GETFD:
		return true
	}
	return false
}

// KillAtCall runs a command under ptrace and kills it when it is about to make
// its n-th watched call, counted from 0. It returns false when the command has
// ended before that. Only threads are followed, not the container's process,
// which nothing traces.
func (b *Box) KillAtCall(n int, args ...string) (bool, error) {
	// A tracer is a thread.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	cmd := exec.Command(Binary(), append([]string{"--root", b.Root}, args...)...)
	cmd.Dir = b.Dir
	cmd.Env = append(cmd.Environ(), b.Mark())
	cmd.SysProcAttr = &syscall.SysProcAttr{Ptrace: true}
	if err := cmd.Start(); err != nil {
		return false, err
	}
	defer cmd.Process.Release()
	main := cmd.Process.Pid
	var ws unix.WaitStatus
	if _, err := unix.Wait4(main, &ws, unix.WALL, nil); err != nil {
		return false, err
	}
	// TRACESYSGOOD tells system call stops from signals; EXITKILL ends the
	// command with a tracer that fails.
	if err := unix.PtraceSetOptions(main, unix.PTRACE_O_TRACESYSGOOD|unix.PTRACE_O_TRACECLONE|unix.PTRACE_O_EXITKILL); err != nil {
		return false, err
	}
	entering := map[int]bool{} // by thread: the next stop is an entry
	next := func(tid, sig int) error {
		err := unix.PtraceSyscall(tid, sig)
		if errors.Is(err, unix.ESRCH) { // it is on its way out
			return nil
		}
		return err
	}
	entering[main] = true
	if err := next(main, 0); err != nil {
		return false, err
	}
	for {
		tid, err := unix.Wait4(-1, &ws, unix.WALL|unix.WNOTHREAD, nil)
		if errors.Is(err, unix.EINTR) {
			continue
		}
		if err != nil {
			return false, fmt.Errorf("wait for the traced command: %w", err)
		}
		if ws.Exited() || ws.Signaled() {
			if tid != main {
				continue
			}
			if ws.Signaled() || ws.ExitStatus() != 0 {
				return false, fmt.Errorf("%q has ended with %v status %d before that call", args, ws.Signal(), ws.ExitStatus())
			}
			return false, nil
		}
		if _, known := entering[tid]; !known {
			entering[tid] = true // a new thread's first stop is a SIGSTOP
			if err := next(tid, 0); err != nil {
				return false, err
			}
			continue
		}
		sig := ws.StopSignal()
		switch {
		case sig == unix.SIGTRAP|0x80:
			if entering[tid] {
				var regs unix.PtraceRegs
				if err := unix.PtraceGetRegs(tid, &regs); err != nil && !errors.Is(err, unix.ESRCH) {
					return false, err
				}
				if watched(regs.Orig_rax) {
					if n--; n < 0 {
						if err := unix.Kill(main, unix.SIGKILL); err != nil {
							return false, err
						}
						return true, reapAll(main)
					}
				}
			}
			entering[tid] = !entering[tid]
			sig = 0
		case sig == unix.SIGTRAP: // execve, or a clone event
			sig = 0
		}
		if err := next(tid, int(sig)); err != nil {
			return false, err
		}
	}
}

// reapAll waits until the killed command's main thread is gone, which it is
// after all the others.
func reapAll(main int) error {
	for {
		var ws unix.WaitStatus
		tid, err := unix.Wait4(-1, &ws, unix.WALL|unix.WNOTHREAD, nil)
		if errors.Is(err, unix.EINTR) {
			continue
		}
		if err != nil {
			return err
		}
		if tid == main && (ws.Exited() || ws.Signaled()) {
			return nil
		}
	}
}
