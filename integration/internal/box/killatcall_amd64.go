package box

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// watched are the calls by which a command changes something that outlives it.
// Everything that matters to a kill happens between two of them, so a kill
// before each one covers every state of the world that create can leave.
func watched(nr uint64) bool {
	switch nr {
	case unix.SYS_MKDIR, unix.SYS_MKDIRAT, unix.SYS_RMDIR, unix.SYS_RENAME, unix.SYS_RENAMEAT, unix.SYS_RENAMEAT2,
		unix.SYS_UNLINK, unix.SYS_UNLINKAT, unix.SYS_MKNOD, unix.SYS_MKNODAT, unix.SYS_MOUNT, unix.SYS_UMOUNT2,
		unix.SYS_CLONE3, unix.SYS_FLOCK, unix.SYS_WRITE, unix.SYS_WRITEV, unix.SYS_SENDTO, unix.SYS_SENDMSG, unix.SYS_PIDFD_SEND_SIGNAL,
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
	killed := false
	r, err := b.Trace(false, func(c Call) Verdict {
		if killed || !watched(c.NR) {
			return GoOn
		}
		if n--; n < 0 {
			killed = true
			return KillHere
		}
		return GoOn
	}, args...)
	if err == nil && !killed && r.Status != 0 {
		err = fmt.Errorf("%q has ended with status %d before that call, stderr %q", args, r.Status, r.Stderr)
	}
	return killed, err
}
