// Package notify is an agent's side of SCMP_ACT_NOTIFY: it receives the system
// calls that a seccomp filter hands out, and answers them in the kernel's place
// (seccomp_unotify(2)).
//
// # How it works
//
// A filter whose rules say SCMP_ACT_NOTIFY comes with a listener, a descriptor. A
// thread that makes such a call stops; whoever holds the listener reads the call,
// looks at the thread's memory if need be, and answers: with a result, with an errno,
// with a descriptor, or by letting the kernel execute the call after all. The target
// sees nothing but the result.
//
// An OCI runtime gives the listener to the agent over the unix socket that
// linux.seccomp.listenerPath names, one connection for each process that gets
// the filter, together with what is known of the container:
//
//	conn, err := socket.AcceptUnix()
//	state, fd, err := notify.ReadHandover(conn)
//	l, err := notify.NewListener(fd)
//	defer l.Close()
//	for {
//		n, err := l.Receive(ctx)
//		if err == io.EOF {
//			break // nobody is left who has the filter
//		}
//		...
//		path, err := l.ReadString(n, n.Args[0], 4096)
//		err = l.RespondErrno(n.ID, unix.EPERM)
//	}
//
// # Without a runtime
//
// The listener can also come from seccomp.Filter.InstallListener, called by a thread
// of the agent's own process that starts the targets and makes no such call itself.
// The profile's listenerPath is then any text, as nobody connects to it; and Receive
// sees no io.EOF while that thread lives, as it has the filter too.
//
// # Terms
//
// The target is the thread that made the call. A notification's id names one call
// of one target, and is never used again. It becomes invalid when the call ends:
// answered, or because the target was killed or interrupted by a signal. Every
// answer to it is then [ErrGone], which an agent takes as "too late" and goes on.
//
// # What an agent must know
//
// The pid of a notification means something only while its id is valid: before, the
// number may be another process's. ReadMemory and ReadString therefore ask
// after they have opened the target's memory and again after they have read; an
// agent that does other things with the pid (opening /proc/PID/root, say) does the
// same by [Listener.Valid].
//
// Memory of the target can be changed by its other threads, and by processes that
// share it, at any moment: after ReadString, and before the kernel looks at it for a
// call that was let go by [Listener.Continue]. So an agent can decide on what it has
// read only if it does the work itself and answers with the result.
//
// A target that is interrupted by a signal makes its call again, and the agent is
// asked again. Calls with an effect outside should be safe to repeat; or the profile
// asks for SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV (Linux 5.19), under which a target
// whose call was received waits for the answer unless it is killed.
//
// When the last copy of a listener is closed, calls that wait and all later ones
// fail with ENOSYS. While a process's own execve waits for the agent it has a copy
// itself: an agent that dies then leaves the process waiting until it is killed.
//
// # Limits
//
// Linux 5.10 or newer, for POLLHUP and what runseal needs anyway (the interface is
// Linux 5.0); what is newer says so. To read memory the agent needs
// the right to ptrace(2) the target: root has it, and mostly a parent of the same
// user. Nothing here limits how long a target waits.
package notify
