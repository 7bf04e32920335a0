//go:build libseccomp && amd64

package main

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
	"time"
	"unsafe"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/seccomp"
	"github.com/runseal/runseal/seccomp/bpf"
)

// childArg makes this program one of the measured processes. What it does follows,
// then the level of the compiler or the number of calls; its standard input has the
// profile or the program.
const childArg = "measure-here"

// outcome is what a child that compiles prints, as JSON.
type outcome struct {
	Ns           int64
	Instructions int
	Error        string // of the compiler
	PeakKiB      int64  // by which the process has grown at most; of "grow"
}

func child(args []string) error {
	if len(args) != 2 {
		return errors.New("expected two arguments")
	}
	var number int
	if _, err := fmt.Sscan(args[1], &number); err != nil {
		return err
	}
	switch args[0] {
	case "compile", "grow":
		return childCompile(number, args[0] == "grow")
	case "load":
		return childLoad()
	case "calls":
		return childCalls(number)
	}
	return fmt.Errorf("unknown task %q", args[0])
}

// childCompile compiles once. To see how much memory that takes, all that reading
// the profile has left is given back before, which makes it a little slower.
func childCompile(level int, grow bool) error {
	var p specs.LinuxSeccomp
	if err := json.NewDecoder(os.Stdin).Decode(&p); err != nil {
		return err
	}
	runtime.GC() // the decoder's waste is not part of it
	before := int64(0)
	if grow {
		debug.FreeOSMemory()
		// 5: the peak begins anew (proc(5), since Linux 4.0).
		if err := os.WriteFile("/proc/self/clear_refs", []byte("5"), 0); err != nil {
			return err
		}
		var err error
		if before, err = peakKiB(); err != nil {
			return err
		}
	}
	start := time.Now()
	prog, err := compile(level, &p)
	out := outcome{Ns: int64(time.Since(start)), Instructions: len(prog)}
	if err != nil {
		out.Error = err.Error()
	}
	if grow {
		after, err := peakKiB()
		if err != nil {
			return err
		}
		out.PeakKiB = after - before
	}
	return json.NewEncoder(os.Stdout).Encode(out)
}

// peakKiB is VmHWM of proc(5), the largest amount of memory that this process had.
func peakKiB() (kib int64, err error) {
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0, err
	}
	_, rest, _ := strings.Cut(string(text), "VmHWM:")
	if _, err := fmt.Sscan(rest, &kib); err != nil {
		return 0, fmt.Errorf("VmHWM in /proc/self/status: %w", err)
	}
	return kib, nil
}

// writeProgram and readProgram hand a program to a child; none is one of length 0.
func writeProgram(w io.Writer, prog []bpf.Instruction) error {
	if err := binary.Write(w, binary.NativeEndian, uint32(len(prog))); err != nil {
		return err
	}
	_, err := w.Write(bpf.Bytes(prog))
	return err
}

func readProgram(r io.Reader) ([]bpf.Instruction, error) {
	var n uint32
	if err := binary.Read(r, binary.NativeEndian, &n); err != nil {
		return nil, err
	}
	if n > bpf.MaxInstructions {
		return nil, fmt.Errorf("%d instructions", n)
	}
	prog := make([]bpf.Instruction, n)
	return prog, binary.Read(r, binary.NativeEndian, prog)
}

// childLoad installs the program and prints how long seccomp(2) took, in ns.
func childLoad() error {
	prog, err := readProgram(os.Stdin)
	if err != nil {
		return err
	}
	runtime.LockOSThread()
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return fmt.Errorf("prctl(PR_SET_NO_NEW_PRIVS): %w", err)
	}
	fprog := unix.SockFprog{Len: uint16(len(prog)), Filter: (*unix.SockFilter)(unsafe.Pointer(&prog[0]))}
	start := time.Now()
	_, _, errno := unix.RawSyscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, unix.SECCOMP_FILTER_FLAG_SPEC_ALLOW, uintptr(unsafe.Pointer(&fprog)))
	took := time.Since(start)
	runtime.KeepAlive(prog)
	if errno != 0 {
		return fmt.Errorf("seccomp(2): %w", errno)
	}
	fmt.Println(int64(took))
	return nil
}

// childCalls puts the program in force, if there is one, and then, for each byte on
// standard input, makes n calls of that kind and prints what one took, in ns.
func childCalls(n int) error {
	in := bufio.NewReader(os.Stdin)
	prog, err := readProgram(in)
	if err != nil {
		return err
	}
	runtime.LockOSThread() // the filter belongs to this thread
	if len(prog) > 0 {
		if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
			return fmt.Errorf("prctl(PR_SET_NO_NEW_PRIVS): %w", err)
		}
		f := seccomp.Filter{Instructions: prog, Flags: unix.SECCOMP_FILTER_FLAG_SPEC_ALLOW}
		if err := f.Install(); err != nil {
			return err
		}
	}
	for {
		kind, err := in.ReadByte()
		if err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
		nr, arg := theCall(int(kind))
		if _, _, errno := unix.RawSyscall(nr, arg, 0, 0); (errno != 0) != (kind == callRefused) {
			return fmt.Errorf("the call %d with argument %#x: errno %d", nr, arg, int(errno))
		}
		start := time.Now()
		for range n {
			_, _, _ = unix.RawSyscall(nr, arg, 0, 0)
		}
		fmt.Println(float64(time.Since(start)) / float64(n))
	}
}
