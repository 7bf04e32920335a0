package main

import (
	"fmt"
	_ "unsafe" // for go:linkname

	"golang.org/x/sys/unix"
)

// nanotime is CLOCK_MONOTONIC as the Go runtime reads it: by the vDSO, whose clock page is
// another one in a time namespace.
//
//go:linkname nanotime runtime.nanotime
func nanotime() int64

func clocks() {
	read := func(clock int32) int64 {
		var t unix.Timespec
		if err := unix.ClockGettime(clock, &t); err != nil {
			panic(err)
		}
		return t.Nano()
	}
	fmt.Println(read(unix.CLOCK_MONOTONIC), nanotime(), read(unix.CLOCK_BOOTTIME))
}
