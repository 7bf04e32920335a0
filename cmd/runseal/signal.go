package main

import (
	"fmt"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// Real-time signals by the numbers that signal(7) gives to programs: libc keeps
// the kernel's 32 and 33 for itself.
const (
	sigRTMin = 34
	sigRTMax = 64
)

// parseSignal reads a signal as kill(1) and the engines write it: a number from
// 0 (which only asks whether the process is there) to 64, or a name in any case,
// with or without SIG, where real-time signals are RTMIN, RTMIN+n, RTMAX-n and
// RTMAX.
func parseSignal(s string) (syscall.Signal, error) {
	if n, err := strconv.ParseUint(s, 10, 8); err == nil && n <= sigRTMax {
		return syscall.Signal(n), nil
	}
	name := strings.TrimPrefix(strings.ToUpper(s), "SIG")
	if sig := unix.SignalNum("SIG" + name); sig != 0 {
		return sig, nil
	}
	switch name { // second names that signal(7) lists
	case "IOT":
		return unix.SIGABRT, nil
	case "CLD":
		return unix.SIGCHLD, nil
	case "POLL":
		return unix.SIGIO, nil
	case "RTMIN":
		return sigRTMin, nil
	case "RTMAX":
		return sigRTMax, nil
	}
	if tail, ok := strings.CutPrefix(name, "RTMIN+"); ok {
		if n, err := strconv.ParseUint(tail, 10, 8); err == nil && n <= sigRTMax-sigRTMin {
			return syscall.Signal(sigRTMin + n), nil
		}
	}
	if tail, ok := strings.CutPrefix(name, "RTMAX-"); ok {
		if n, err := strconv.ParseUint(tail, 10, 8); err == nil && n <= sigRTMax-sigRTMin {
			return syscall.Signal(sigRTMax - n), nil
		}
	}
	return 0, fmt.Errorf("unknown signal %q: expected a name such as TERM or SIGTERM, RTMIN+n, RTMAX-n, or a number from 0 to %d", s, sigRTMax)
}
