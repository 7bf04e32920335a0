// Launch is the benchmark's smallest program. Without arguments it does nothing,
// and so shows what starting a static Go program costs. With arguments it starts
// that program, waits for it, and writes its exit status and peak memory to file
// descriptor 3 as two decimal numbers, "STATUS KIB".
//
// The benchmark cannot take the second number from its own children: the peak
// memory of a process (ru_maxrss) starts with that of the process which executed
// it, because execve counts the old memory image too, and Go's vfork-like start
// makes that the image of the whole benchmark. Started from here the lower bound
// is this program's own size, about that of an empty Go program.
package main

import (
	"os"
	"strconv"
	"syscall"
)

const resultFd = 3

func main() {
	if len(os.Args) < 2 {
		return
	}
	// A created container outlives the runtime, and must not keep the pipe open.
	syscall.CloseOnExec(resultFd)
	pid, err := syscall.ForkExec(os.Args[1], os.Args[1:], &syscall.ProcAttr{
		Env:   syscall.Environ(),
		Files: []uintptr{0, 1, 2},
	})
	if err != nil {
		fail("start " + os.Args[1] + ": " + err.Error())
	}
	var status syscall.WaitStatus
	var usage syscall.Rusage
	for {
		if _, err = syscall.Wait4(pid, &status, 0, &usage); err != syscall.EINTR {
			break
		}
	}
	if err != nil {
		fail("wait for " + os.Args[1] + ": " + err.Error())
	}
	code := status.ExitStatus()
	if status.Signaled() {
		code = 128 + int(status.Signal())
	}
	line := strconv.Itoa(code) + " " + strconv.FormatInt(usage.Maxrss, 10)
	if _, err := syscall.Write(resultFd, []byte(line)); err != nil {
		fail("write the result: " + err.Error())
	}
}

// fail writes one line without package fmt, whose size would be part of the
// lower bound.
func fail(msg string) {
	os.Stderr.WriteString("launch: " + msg + "\n")
	os.Exit(1)
}
