package cgroup_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"
	"time"
	"unsafe"

	"github.com/opencontainers/runtime-spec/specs-go"
	"github.com/runseal/runseal/runtime/cgroup"
	"github.com/runseal/runseal/seccomp"
	"golang.org/x/sys/unix"
)

// bpf makes one bpf(2) call with an attribute structure.
func bpf[T any](cmd uintptr, attr *T) (int, error) {
	r, _, errno := unix.Syscall(unix.SYS_BPF, cmd, uintptr(unsafe.Pointer(attr)), unsafe.Sizeof(*attr))
	if errno != 0 {
		return -1, errno
	}
	return int(r), nil
}

// deviceProgram returns the flags and the id of the one program that a cgroup has
// for devices.
func deviceProgram(t *testing.T, dir string) (flags, id uint32) {
	t.Helper()
	fd, err := unix.Open(dir, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	ids := new([4]uint32)
	var pin runtime.Pinner
	pin.Pin(ids)
	defer pin.Unpin()
	attr := struct { // of BPF_PROG_QUERY in union bpf_attr
		target, kind, query, flags uint32
		ids                        uint64
		count, pad                 uint32
		// The kernel writes here, too, whatever the structure's size is said to be: revision
		// is from Linux 6.17 on.
		_, _, _, revision uint64
	}{target: uint32(fd), kind: unix.BPF_CGROUP_DEVICE, ids: uint64(uintptr(unsafe.Pointer(ids))), count: 4}
	if _, err := bpf(unix.BPF_PROG_QUERY, &attr); err != nil {
		t.Fatal(err)
	}
	if attr.count != 1 {
		t.Fatalf("%s has %d programs, expected one", dir, attr.count)
	}
	return attr.flags, ids[0]
}

// TestDeviceProgram: the rules of version 2 are one program, which does not keep
// others out and is gone with the cgroup.
func TestDeviceProgram(t *testing.T) {
	if layout(t).Mode != cgroup.V2 {
		return // TestPureV2 runs it
	}
	c := container(t, newPath(), nil)
	flags, id := deviceProgram(t, c.UnifiedDir())
	if flags != unix.BPF_F_ALLOW_MULTI {
		t.Errorf("attached with %#x, expected BPF_F_ALLOW_MULTI", flags)
	}
	if pinned, err := os.ReadDir("/sys/fs/bpf"); err == nil && len(pinned) > 0 {
		t.Errorf("pinned: %v", pinned)
	}
	if err := c.Destroy(); err != nil {
		t.Fatal(err)
	}
	var err error
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		attr := struct{ id, next, flags uint32 }{id: id}
		var fd int
		if fd, err = bpf(unix.BPF_PROG_GET_FD_BY_ID, &attr); err == unix.ENOENT {
			return
		}
		unix.Close(fd)
	}
	t.Errorf("program %d is still there: %v", id, err)
}

// TestDevicesOfTheParent: what is denied above cannot be granted below.
func TestDevicesOfTheParent(t *testing.T) {
	if layout(t).Mode != cgroup.V2 {
		return // the kernel refuses such rules there when they are written
	}
	dir := nodes(t)
	path := newPath()
	container(t, path, nil)
	c := container(t, path+"/c", &specs.LinuxResources{Devices: []specs.LinuxDeviceCgroup{{Allow: true, Access: "rwm"}}})
	if out, err := output(t, c, "cd "+dir+"; (: < null) && echo null; (: < kmsg) && echo kmsg; true"); err != nil || !strings.HasPrefix(out, "null\n") || strings.Contains(out, "kmsg\n") {
		t.Errorf("%v: %q, expected null alone", err, out)
	}
}

// TestDevicesUnderABar: somebody's program above allows no others below.
func TestDevicesUnderABar(t *testing.T) {
	if layout(t).Mode != cgroup.V2 {
		return
	}
	_, id := deviceProgram(t, container(t, newPath(), nil).UnifiedDir())
	byID := struct{ id, next, flags uint32 }{id: id}
	prog, err := bpf(unix.BPF_PROG_GET_FD_BY_ID, &byID)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(prog)
	path := newPath()
	above, err := unix.Open(parent(t, path)[0], unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(above)
	attach := struct{ target, prog, kind, flags uint32 }{uint32(above), uint32(prog), unix.BPF_CGROUP_DEVICE, 0}
	if _, err := bpf(unix.BPF_PROG_ATTACH, &attach); err != nil {
		t.Fatal(err)
	}
	c := build(t, path+"/c", nil)
	if err := c.Create(); err != nil {
		t.Fatal(err)
	}
	if err := c.Set(); err == nil || !strings.HasPrefix(err.Error(), "linux.resources.devices: attaching the device filter to "+c.UnifiedDir()+": operation not permitted; expected no cgroup above it with") {
		t.Errorf("%v", err)
	}
}

// noBPF makes bpf(2) fail in this process, as on a kernel that cannot do what is
// asked for, and prints what the device rules of a container come to.
func noBPF(errno uint) error {
	f, err := seccomp.Compile(&specs.LinuxSeccomp{DefaultAction: specs.ActAllow, Syscalls: []specs.LinuxSyscall{
		{Names: []string{"bpf"}, Action: specs.ActErrno, ErrnoRet: &errno}}}, seccomp.Options{})
	if err != nil {
		return err
	}
	f.Flags |= unix.SECCOMP_FILTER_FLAG_TSYNC
	if err := f.Install(); err != nil {
		return err
	}
	l, err := cgroup.Detect()
	if err != nil {
		return err
	}
	c, err := cgroup.New(l, spec(newPath(), nil), "id")
	if err != nil {
		return err
	}
	err = c.Create()
	if err == nil {
		err = c.Set()
	}
	fmt.Println(err)
	return errors.Join(c.Destroy())
}

// TestKernelWithoutDevicePrograms: the error of version 2 says what is missing.
func TestKernelWithoutDevicePrograms(t *testing.T) {
	if layout(t).Mode != cgroup.V2 {
		return
	}
	for errno, want := range map[unix.Errno]string{
		unix.EINVAL: "invalid argument; expected a kernel with CONFIG_CGROUP_BPF (Linux 4.15)",
		unix.ENOSYS: "function not implemented; expected a kernel with CONFIG_BPF_SYSCALL",
		unix.EPERM:  "operation not permitted; expected CAP_BPF and CAP_NET_ADMIN, or CAP_SYS_ADMIN",
	} {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), fmt.Sprintf("%s=%d", noBPFEnv, errno))
		out, err := cmd.CombinedOutput()
		if line := strings.TrimSpace(string(out)); err != nil || !strings.HasPrefix(line, "linux.resources.devices: loading the device filter (") || !strings.HasSuffix(line, want) {
			t.Errorf("%v: %v: %s\nwant ...%s", errno, err, out, want)
		}
	}
}
