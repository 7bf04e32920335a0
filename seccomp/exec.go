package seccomp

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/seccomp/arch"
	"github.com/runseal/runseal/seccomp/bpf"
)

// Exec replaces the calling process by a program that runs under the filter.
// Like execve(2) it returns only if it fails. (To keep the caller, start its own
// program again, as a child that calls Exec.)
//
// The filter is loaded by the last system call before execve, so a profile has
// to allow execve and what the new program does, and nothing of what a Go
// program does: a static program that writes a line and ends runs under
// SCMP_ACT_KILL_PROCESS by default with execve, write and exit_group allowed.
//
// path is the file to execute, which is not looked for in PATH; argv[0] is the
// name that the program sees; env has the form NAME=value. The new program gets
// what syscall.Exec would give it: the signal mask of the calling thread,
// ignored signals still ignored, all others at their default, and the limit of
// open files from before package syscall raised it. It keeps the process id, even if
// Exec is not called on the first thread.
//
// The thread needs no_new_privs ([NoNewPrivs]) or CAP_SYS_ADMIN in its user
// namespace; a caller that arranges either for its thread alone has locked the
// goroutine to it. The filter's TSYNC flag is left out, since execve ends all
// other threads. They run until then, without the filter: the process should be
// idle, because in those microseconds a fault or a signal that Go would have
// handled (a nil pointer, a broken pipe, a running CPU profile's timer) ends it.
//
// What can be known before is an error that leaves the process as it was, with
// one exception that syscall.Exec has too: the limit of open files may be back
// at its lower value. That includes a file that cannot be executed, and a filter
// that would deny this execve. If execve fails all the same the error is a
// [*SealedError].
func (f *Filter) Exec(path string, argv, env []string) error {
	if len(f.Instructions) == 0 || len(f.Instructions) > bpf.MaxInstructions {
		return fmt.Errorf("seccomp: %d instructions, expected 1 to %d", len(f.Instructions), bpf.MaxInstructions)
	}
	if f.Flags&unix.SECCOMP_FILTER_FLAG_NEW_LISTENER != 0 {
		return errors.New("seccomp: the filter hands calls to an agent (SCMP_ACT_NOTIFY), whose listener Exec could not pass on")
	}
	// As the kernel checks it, with the effective ids. (This catches the common
	// mistakes; execve has more reasons to fail.)
	if err := unix.Faccessat(unix.AT_FDCWD, path, unix.X_OK, unix.AT_EACCESS); err != nil {
		return fmt.Errorf("execute %q: %w", path, err)
	}
	x, err := newImage(f, path, argv, env)
	if err != nil {
		return err
	}
	if err := f.admits(x.call()); err != nil {
		return err
	}
	return x.exec(f, path)
}

// admits returns an error if the kernel would not execute the call. It runs the
// program, so it holds for filters from anywhere.
func (f *Filter) admits(nr uint32, args [6]uint64) error {
	native := arch.Lookup(arch.Native)
	if native == nil {
		return nil // execve will tell
	}
	vm, err := bpf.NewVM(f.Instructions)
	if err != nil {
		return err
	}
	if a := Action(vm.Run(&bpf.Data{Nr: nr, Arch: native.Audit, Args: args})); !mayPass(a) {
		return fmt.Errorf("seccomp: the filter answers execve with %s, so no program could start under it", a)
	}
	return nil
}

// A SealedError is returned by [Filter.Exec] if execve(2) failed when the filter
// was already in force. There is no way back: the filter stays, signal handlers
// are at their defaults, and the goroutine stays locked to the thread. If the
// filter does not allow what Go needs, the process ends before it sees the
// error; otherwise it should report the error and exit.
type SealedError struct {
	Path string
	Err  error // of execve(2)
}

// Error names the path, the reason, and says that the filter stays.
func (e *SealedError) Error() string {
	return fmt.Sprintf("execve(%q): %v; the filter is in force already and stays", e.Path, e.Err)
}

// Unwrap gives the error of execve(2), a [unix.Errno].
func (e *SealedError) Unwrap() error { return e.Err }

// NoNewPrivs sets the no_new_privs attribute of the calling thread, which allows
// it to load filters without privileges; set-user-ID bits and file capabilities
// have no effect on what it executes from now on. It cannot be taken back, and
// what the thread starts inherits it. The caller has locked the goroutine to the
// thread. See PR_SET_NO_NEW_PRIVS in prctl(2); Linux 3.5.
func NoNewPrivs() error {
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return fmt.Errorf("prctl(PR_SET_NO_NEW_PRIVS): %w", err)
	}
	return nil
}
