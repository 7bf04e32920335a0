package main

import (
	"fmt"
	"os"
	"strings"
	"unsafe"

	"golang.org/x/sys/unix"
)

// attributes prints what the kernel says about this process, one line each.
func attributes() {
	s, err := unix.SchedGetAttr(0, 0)
	if err != nil {
		panic(err)
	}
	fmt.Println("scheduler", s.Policy, s.Flags, s.Nice, s.Priority, s.Runtime, s.Deadline, s.Period)
	prio, _, errno := unix.Syscall(unix.SYS_IOPRIO_GET, 1, 0, 0) // IOPRIO_WHO_PROCESS
	if errno != 0 {
		panic(errno)
	}
	fmt.Println("ioprio", prio>>13, prio&0x1fff)
	persona, _, _ := unix.Syscall(unix.SYS_PERSONALITY, 0xffffffff, 0, 0)
	var u unix.Utsname
	if err := unix.Uname(&u); err != nil {
		panic(err)
	}
	fmt.Println("personality", persona, unix.ByteSliceToString(u.Machine[:]))
	var (
		mode  int32
		nodes [16]uint64 // MAX_NUMNODES is at most 1024
	)
	_, _, errno = unix.Syscall6(unix.SYS_GET_MEMPOLICY, uintptr(unsafe.Pointer(&mode)), uintptr(unsafe.Pointer(&nodes)), 8*unsafe.Sizeof(nodes)+1, 0, 0, 0)
	if errno != 0 {
		panic(errno)
	}
	fmt.Printf("mempolicy %#x %#x\n", mode, nodes[0])
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		panic(err)
	}
	_, list, _ := strings.Cut(string(status), "\nCpus_allowed_list:\t")
	list, _, _ = strings.Cut(list, "\n")
	fmt.Println("cpus", list)
}
