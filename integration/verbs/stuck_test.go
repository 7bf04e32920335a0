package verbs

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/integration/internal/box"
)

// stuckEnv makes the test binary a process that no freezer can stop.
const stuckEnv = "RUNSEAL_TEST_STUCK"

// beStuck waits in the kernel for a page that never comes: it lets read(2) write
// into memory whose faults nobody answers (userfaultfd(2)). Such a wait ends with
// SIGKILL only.
func beStuck() {
	const size = 1 << 16
	fail := func(what string, err error) {
		fmt.Println(what, err)
		os.Exit(1)
	}
	fd, _, errno := unix.Syscall(unix.SYS_USERFAULTFD, unix.O_CLOEXEC, 0, 0)
	if errno != 0 {
		fail("userfaultfd:", errno)
	}
	api := struct{ api, features, ioctls uint64 }{api: 0xaa} // struct uffdio_api, UFFD_API
	if _, _, errno := unix.Syscall(unix.SYS_IOCTL, fd, 0xc018aa3f, uintptr(unsafe.Pointer(&api))); errno != 0 {
		fail("UFFDIO_API:", errno)
	}
	mem, err := unix.Mmap(-1, 0, size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANONYMOUS)
	if err != nil {
		fail("mmap:", err)
	}
	// struct uffdio_register, UFFDIO_REGISTER_MODE_MISSING
	reg := struct{ start, len, mode, ioctls uint64 }{uint64(uintptr(unsafe.Pointer(&mem[0]))), size, 1, 0}
	if _, _, errno := unix.Syscall(unix.SYS_IOCTL, fd, 0xc020aa00, uintptr(unsafe.Pointer(&reg))); errno != 0 {
		fail("UFFDIO_REGISTER:", errno)
	}
	zero, err := unix.Open("/dev/zero", unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		fail("/dev/zero:", err)
	}
	fmt.Println("ready")
	unix.Read(zero, mem)
	fail("read returned", nil)
}

// stuck puts such a process into the cgroup that freezes the container.
func stuck(t *testing.T, b *box.Box) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), stuckEnv+"=1", b.Mark())
	out, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())
	t.Cleanup(func() {
		if v2 { // a frozen process of version 1 does not end
			os.WriteFile(freezer.path(b), []byte("0"), 0)
		} else {
			os.WriteFile(freezer.path(b), []byte("THAWED"), 0)
		}
		cmd.Process.Kill()
		cmd.Wait()
	})
	line := make([]byte, 200)
	n, _ := out.Read(line)
	if string(line[:n]) != "ready\n" {
		t.Fatalf("no process that cannot be frozen: %q", line[:n])
	}
	time.Sleep(20 * time.Millisecond) // from the line to read(2)
	must(t, os.WriteFile(filepath.Join(dir(b, "freezer"), "cgroup.procs"), []byte(strconv.Itoa(cmd.Process.Pid)), 0))
}
