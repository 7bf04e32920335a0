package main

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"unsafe"

	"golang.org/x/sys/unix"
)

// keepDeviceFilter gives an empty cgroup a device filter (BPF_PROG_TYPE_CGROUP_DEVICE)
// that stays for the machine's life. With the first filter of all cgroups the
// kernel patches its own code to ask for filters, and with the end of the last one
// it patches that back. Each container has a filter, so without this one both would
// happen with each; where several processors are emulated, by threads, the patching
// is not safe: "Oops: int3" in devcgroup_check_permission.
func keepDeviceFilter() error {
	dir := cgroupRoot + "/keep-device-filter"
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	fd, err := unix.Open(dir, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	var pin runtime.Pinner
	defer pin.Unpin()
	code := &[2]uint64{0x1_0000_00b7, 0x95} // r0 = 1; exit: everything is allowed
	license := &[4]byte{'G', 'P', 'L'}
	pin.Pin(code)
	pin.Pin(license)
	load := struct { // union bpf_attr of BPF_PROG_LOAD
		kind, count      uint32
		code, license    uint64
		logLevel, logLen uint32
		log              uint64
	}{kind: unix.BPF_PROG_TYPE_CGROUP_DEVICE, count: 2, code: uint64(uintptr(unsafe.Pointer(code))), license: uint64(uintptr(unsafe.Pointer(license)))}
	prog, _, errno := unix.Syscall(unix.SYS_BPF, unix.BPF_PROG_LOAD, uintptr(unsafe.Pointer(&load)), unsafe.Sizeof(load))
	if errno != 0 {
		return fmt.Errorf("load a device filter: %w", errno)
	}
	defer unix.Close(int(prog))
	attach := struct{ target, prog, kind, flags uint32 }{uint32(fd), uint32(prog), unix.BPF_CGROUP_DEVICE, unix.BPF_F_ALLOW_MULTI}
	if _, _, errno = unix.Syscall(unix.SYS_BPF, unix.BPF_PROG_ATTACH, uintptr(unsafe.Pointer(&attach)), unsafe.Sizeof(attach)); errno != 0 {
		return errors.Join(errors.New("attach a device filter"), errno)
	}
	return nil
}
