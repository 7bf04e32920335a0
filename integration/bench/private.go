package main

import (
	"fmt"
	"os"
	goruntime "runtime"
	"syscall"

	"golang.org/x/sys/unix"
)

// privateMarker is the environment variable that tells the second execution of this
// program that it is the second one. Its value is the name of the first one's mount
// namespace.
const privateMarker = "RUNSEAL_BENCH_LEFT"

// private gives the program a mount namespace of its own, from which no mount gets out
// to the other programs of the machine: crun's hugetlb hierarchy would change what they
// see below /sys/fs/cgroup. When the program ends, however it does, its mounts go.
//
// unshare(2) changes the calling thread alone, and Go's runtime has others by now; so
// the program executes itself again, by which that thread becomes the only one. private
// returns in the second execution, or with an error.
func private() error {
	here, err := os.Readlink("/proc/thread-self/ns/mnt")
	if err != nil {
		return err
	}
	if left, ok := os.LookupEnv(privateMarker); ok {
		if left == here {
			return fmt.Errorf("%s=%s: this is still the mount namespace %s", privateMarker, left, here)
		}
		return os.Unsetenv(privateMarker) // what is measured has no business with it
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	// The mount namespace is that of this thread, which has to be the one that calls
	// execve; on an error it stays locked, so that no other goroutine gets it.
	goruntime.LockOSThread()
	if err := unix.Unshare(unix.CLONE_NEWNS); err != nil {
		return fmt.Errorf("unshare(CLONE_NEWNS): %w", err)
	}
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return fmt.Errorf("make all mounts private: %w", err)
	}
	err = syscall.Exec(self, os.Args, append(os.Environ(), privateMarker+"="+here))
	return fmt.Errorf("execute %s again: %w", self, err)
}
