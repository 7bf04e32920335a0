// Call makes one system call with all arguments zero, and prints what the kernel
// or the filter answered: "0" or the name of an errno such as "ENOSYS".
//
//	call NUMBER
//
// A shell cannot make a call by number, so this program stands for what a new
// libc does when it tries a system call that a profile has never heard of.
package main

import (
	"fmt"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: call NUMBER")
		os.Exit(2)
	}
	nr, err := strconv.ParseUint(os.Args[1], 10, 31)
	if err != nil {
		fmt.Fprintf(os.Stderr, "call: %q: expected the number of a system call\n", os.Args[1])
		os.Exit(2)
	}
	_, _, errno := unix.Syscall6(uintptr(nr), 0, 0, 0, 0, 0, 0)
	switch {
	case errno == 0:
		fmt.Println(0)
	case unix.ErrnoName(errno) != "":
		fmt.Println(unix.ErrnoName(errno))
	default:
		fmt.Println(int(errno))
	}
}
