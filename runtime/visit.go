package runtime

import (
	"fmt"
	goruntime "runtime"

	"golang.org/x/sys/unix"
)

// A visit is a thread of this process in namespaces of the container's process. There it
// still has the host's credentials, which the child in its user namespace has not. It may
// also be one that only has other file system ids than the rest of the process.
type visit struct {
	calls chan func()
}

// visitProcess starts a thread that joins those namespaces of the process behind a pidfd
// which flags name (CLONE_NEW*; setns(2), Linux 5.8). It must be ended by leave.
func visitProcess(pidfd int, flags int) (*visit, error) {
	return newVisit(func() error { return join(pidfd, flags) })
}

// newVisit starts a thread of its own, on which it calls join first.
func newVisit(join func() error) (*visit, error) {
	v := &visit{calls: make(chan func())}
	joined := make(chan error)
	go v.serve(joined, join)
	if err := <-joined; err != nil {
		return nil, err
	}
	return v, nil
}

func (v *visit) serve(joined chan<- error, join func() error) {
	// Never unlocked: a thread that has another root, working directory, namespaces or
	// file system ids than the others must end with its goroutine.
	goruntime.LockOSThread()
	if unix.Gettid() == unix.Getpid() {
		// The main thread does not: Go would keep it, asleep, and with it the
		// namespaces and ids. While this goroutine has it, the next one gets another.
		defer goruntime.UnlockOSThread()
		other := make(chan error)
		go v.serve(other, join)
		joined <- <-other
		return
	}
	err := join()
	joined <- err
	if err != nil {
		return
	}
	for call := range v.calls {
		call()
	}
}

func join(pidfd, flags int) error {
	if flags&unix.CLONE_NEWNS != 0 {
		// Root and working directory, which this changes, are those of all threads.
		if err := unix.Unshare(unix.CLONE_FS); err != nil {
			return fmt.Errorf("unshare: %w", err)
		}
	}
	if err := unix.Setns(pidfd, flags); err != nil {
		return fmt.Errorf("setns: %w", err)
	}
	return nil
}

// do calls f on the thread and waits for it.
func (v *visit) do(f func() error) error {
	done := make(chan error)
	v.calls <- func() { done <- f() }
	return <-done
}

// leave ends the thread.
func (v *visit) leave() { close(v.calls) }
