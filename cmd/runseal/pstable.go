package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/nsenter/inherited"
	"github.com/runseal/runseal/runtime"
)

// runPS runs ps(1) of the host, without a shell, and returns what it prints. Package
// os/exec would add its start-up to every command of runseal, and 150 KB.
func runPS(args []string) ([]byte, error) {
	if len(args) == 0 {
		args = []string{"-ef"}
	}
	path := runtime.LookPath("ps")
	if path == "" {
		return nil, errors.New("ps: executable file not found in $PATH; --format json works without it")
	}
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		return nil, err
	}
	defer null.Close()
	// Files in memory and not pipes: nobody has to read while it writes.
	var out [2]*os.File
	for i, name := range [...]string{"ps-stdout", "ps-stderr"} {
		fd, err := unix.MemfdCreate(name, unix.MFD_CLOEXEC)
		if err != nil {
			return nil, fmt.Errorf("memfd_create: %w", err)
		}
		out[i] = os.NewFile(uintptr(fd), name)
		defer out[i].Close()
	}
	unlock := inherited.Thread(false)
	pid, err := syscall.ForkExec(path, append([]string{"ps"}, args...), &syscall.ProcAttr{
		Env: os.Environ(), Files: []uintptr{null.Fd(), out[0].Fd(), out[1].Fd()},
	})
	unlock()
	if err != nil {
		return nil, &os.PathError{Op: "exec", Path: path, Err: err}
	}
	var ws syscall.WaitStatus
	for {
		if _, err = syscall.Wait4(pid, &ws, 0, nil); err != syscall.EINTR {
			break
		}
	}
	if err != nil {
		return nil, fmt.Errorf("wait for ps: %w", err)
	}
	var text [2][]byte
	for i, f := range out {
		if text[i], err = io.ReadAll(io.NewSectionReader(f, 0, 1<<30)); err != nil {
			return nil, err
		}
	}
	if ws.Signaled() {
		return nil, fmt.Errorf("ps: killed by signal %d", ws.Signal())
	}
	if ws.ExitStatus() != 0 {
		return nil, fmt.Errorf("ps: exit status %d: %s", ws.ExitStatus(), bytes.TrimSpace(text[1]))
	}
	return text[0], nil
}

// filterPS copies the header of a table of ps and the lines of the processes.
func filterPS(out *bytes.Buffer, table []byte, pids []int) error {
	header, rest, _ := strings.Cut(string(table), "\n")
	column := slices.Index(strings.Fields(header), "PID")
	if column < 0 {
		return errors.New("ps: its table has no column PID, which tells the container's processes from others")
	}
	// The word PID ends where the numbers end.
	end := 0
	for range column + 1 {
		end += len(header[end:]) - len(strings.TrimLeft(header[end:], " "))
		if n := strings.IndexByte(header[end:], ' '); n >= 0 {
			end += n
		} else {
			end = len(header)
		}
	}
	out.WriteString(header + "\n")
	for line := range strings.Lines(rest) {
		line = strings.TrimSuffix(line, "\n")
		if line == "" {
			continue
		}
		pid, ok := pidAt(line, end)
		if !ok {
			pid, ok = pidIn(line, column)
		}
		if !ok {
			return fmt.Errorf("ps: no process id in %q", line)
		}
		if slices.Contains(pids, pid) {
			out.WriteString(line + "\n")
		}
	}
	return nil
}

// pidAt returns the number that ends at a certain byte of the line. That is exact
// where a column before it has spaces, such as the name of a program.
func pidAt(line string, end int) (int, bool) {
	if end > len(line) || end < len(line) && line[end] != ' ' {
		return 0, false
	}
	word := line[strings.LastIndexByte(line[:end], ' ')+1 : end]
	n, err := strconv.Atoi(word)
	return n, err == nil
}

// pidIn returns the number in a certain column, for a line that something wide has
// shifted.
func pidIn(line string, column int) (int, bool) {
	words := strings.Fields(line)
	if column >= len(words) {
		return 0, false
	}
	n, err := strconv.Atoi(words[column])
	return n, err == nil
}
