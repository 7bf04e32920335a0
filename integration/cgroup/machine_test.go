package cgroup_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/opencontainers/runtime-spec/specs-go"
	"github.com/runseal/runseal/runtime/cgroup"
	"golang.org/x/sys/unix"
)

// layout is how this machine has its cgroups.
func layout(t testing.TB) cgroup.Layout {
	t.Helper()
	l, err := cgroup.Detect()
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// pathsOf has a key for each controller of version 1.
func pathsOf(t testing.TB, l cgroup.Layout) map[string]string {
	t.Helper()
	c, err := cgroup.Find(l, "/x", "x")
	if err != nil {
		t.Fatal(err)
	}
	return c.Paths()
}

// spec is a configuration of which only the cgroup matters.
func spec(path string, r *specs.LinuxResources) *specs.Spec {
	return &specs.Spec{Linux: &specs.Linux{CgroupsPath: path, Resources: r}}
}

// disk is a loop device of readSize bytes.
type disk struct {
	node         string
	major, minor int64
}

// newDisk makes one, and removes it with the test.
func newDisk(t *testing.T) disk {
	t.Helper()
	ctl, err := os.OpenFile("/dev/loop-control", os.O_RDWR, 0)
	if err != nil {
		t.Fatalf("no loop devices here: %v", err)
	}
	defer ctl.Close()
	file, err := os.OpenFile(filepath.Join(t.TempDir(), "disk"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if err := file.Truncate(readSize); err != nil {
		t.Fatal(err)
	}
	for {
		n, err := unix.IoctlRetInt(int(ctl.Fd()), unix.LOOP_CTL_GET_FREE)
		if err != nil {
			t.Fatal(err)
		}
		d := disk{node: filepath.Join(t.TempDir(), "loop"), major: 7, minor: int64(n)} // LOOP_MAJOR
		if err := unix.Mknod(d.node, unix.S_IFBLK|0o600, int(unix.Mkdev(7, uint32(n)))); err != nil {
			t.Fatal(err)
		}
		dev, err := os.OpenFile(d.node, os.O_RDWR, 0)
		if err != nil {
			t.Fatal(err)
		}
		err = unix.IoctlSetInt(int(dev.Fd()), unix.LOOP_SET_FD, int(file.Fd()))
		if err == unix.EBUSY { // somebody else's by now
			dev.Close()
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := unix.IoctlSetInt(int(dev.Fd()), unix.LOOP_CLR_FD, 0); err != nil {
				t.Error(err)
			}
			dev.Close()
		})
		return d
	}
}

// What the test binary does inside of a cgroup if one of these is set.
const (
	readEnv  = "RUNSEAL_TEST_READ"  // reads readSize bytes of this device
	hugeEnv  = "RUNSEAL_TEST_HUGE"  // maps that many huge pages of 2 MB
	fillEnv  = "RUNSEAL_TEST_FILL"  // fills that many megabytes of memory
	noBPFEnv = "RUNSEAL_TEST_NOBPF" // makes a container where bpf(2) fails with this errno
	readSize = 512 << 10
)

// inside says whether this process is one of those, and what came of it.
func inside() (bool, error) {
	if dev := os.Getenv(readEnv); dev != "" {
		fd, err := unix.Open(dev, unix.O_RDONLY|unix.O_DIRECT, 0)
		if err != nil {
			return true, err
		}
		buf, err := unix.Mmap(-1, 0, 64<<10, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANONYMOUS) // aligned
		for n := 0; n < readSize && err == nil; n += len(buf) {
			_, err = unix.Read(fd, buf)
		}
		return true, err
	}
	if size, err := strconv.Atoi(os.Getenv(fillEnv)); err == nil {
		mem, err := unix.Mmap(-1, 0, size<<20, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANONYMOUS)
		for i := 0; i < len(mem); i += 4096 {
			mem[i] = 1
		}
		fmt.Println("filled")
		return true, err
	}
	if errno, err := strconv.Atoi(os.Getenv(noBPFEnv)); err == nil {
		return true, noBPF(uint(errno))
	}
	if pages, err := strconv.Atoi(os.Getenv(hugeEnv)); err == nil {
		_, err := unix.Mmap(-1, 0, pages*2<<20, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANONYMOUS|unix.MAP_HUGETLB)
		if err != nil {
			fmt.Println(err)
			return true, nil
		}
		fmt.Println("mapped")
		return true, nil
	}
	return false, nil
}

// tryRead returns a cgroup file's content without the last newline.
func tryRead(c *cgroup.Cgroup, controller, file string) (string, error) {
	if layoutOf(c) == cgroup.V2 {
		controller = ""
	}
	b, err := os.ReadFile(filepath.Join(c.Paths()[controller], file))
	return strings.TrimSuffix(string(b), "\n"), err
}

// layoutOf is V2 for a container that has only a cgroup of version 2.
func layoutOf(c *cgroup.Cgroup) cgroup.Mode {
	if _, one := c.Paths()[""]; one && len(c.Paths()) == 1 {
		return cgroup.V2
	}
	return cgroup.V1
}

// read is tryRead that fails the test.
func read(t testing.TB, c *cgroup.Cgroup, controller, file string) string {
	t.Helper()
	text, err := tryRead(c, controller, file)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// counter is one number of a file of names and numbers.
func counter(t testing.TB, c *cgroup.Cgroup, controller, file, name string) int {
	t.Helper()
	text := read(t, c, controller, file)
	for line := range strings.Lines(text) {
		if f := strings.Fields(line); len(f) == 2 && f[0] == name {
			n, err := strconv.Atoi(f[1])
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
	}
	t.Fatalf("%s: %q has no %s", file, text, name)
	return 0
}
