package cgroup_test

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/integration/internal/box"
	"github.com/runseal/runseal/runtime/cgroup"
)

// TestKillHops: processes that have gone on in a child before they are killed are
// found all the same, because they are frozen first. That reading which processes
// there are takes so much longer than the life of one is the container's doing: it
// has made cgroups.
func TestKillHops(t *testing.T) {
	if runtime.NumCPU() == 1 {
		t.Skip("with one processor nothing goes on while Kill looks")
	}
	c := container(t, newPath(), &specs.LinuxResources{
		CPU:  &specs.LinuxCPU{Shares: ptr(uint64(262144))}, // what waits for a processor is found
		Pids: &specs.LinuxPids{Limit: ptr(int64(2000))},
	})
	o := oneByOne(t, c)
	where := c.UnifiedDir()
	if dir := c.Paths()["freezer"]; dir != "" {
		// As on version 2: in one of several lists there are always some that live.
		where, o = dir, cgroup.Open(map[string]string{"freezer": dir})
	}
	for i := range 400 {
		if err := os.Mkdir(filepath.Join(where, strconv.Itoa(i)), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	join := c.TaskFiles()
	if len(join) == 0 {
		join = []string{c.UnifiedDir() + "/cgroup.procs"}
	}
	reaper := exec.Command(os.Args[0], append([]string{hopper(t)}, join...)...)
	reaper.Env = append(os.Environ(), hopEnv+"=1")
	reaper.Stderr = os.Stderr
	if err := reaper.Start(); err != nil {
		t.Fatal(err)
	}
	defer reaper.Wait()
	defer reaper.Process.Kill()
	for end := time.Now().Add(20 * time.Second); ; {
		first := waitPids(t, c, 1)
		time.Sleep(box.Slow(2 * time.Millisecond))                      // one processor is for all of them
		if later := waitPids(t, c, 1); later[0] > first[len(first)-1] { // none is the same
			break
		}
		if time.Now().After(end) {
			t.Fatal("the processes do not hop")
		}
	}
	begin := time.Now()
	if err := o.Kill(); err != nil {
		t.Fatal(err)
	}
	t.Logf("killed in %s", time.Since(begin))
	if pids, err := c.Pids(); len(pids) != 0 || err != nil {
		t.Errorf("left: %v %v", pids, err)
	}
}

// hopEnv makes the test binary the reaper of what hops: it starts the program of its
// first argument in a cgroup, of which the others are the files to join it by, and
// inherits its children. None becomes a zombie then, which would count as a process
// until the machine's init looks.
const hopEnv = "RUNSEAL_TEST_HOP"

func init() {
	if os.Getenv(hopEnv) == "" {
		return
	}
	signal.Ignore(unix.SIGCHLD)
	err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
	if err == nil {
		const script = `for f; do echo 0 > "$f" || exit 99; done; exec "$0"`
		_, err = syscall.ForkExec("/bin/sh", append([]string{"sh", "-c", script}, os.Args[1:]...), &syscall.ProcAttr{})
	}
	if err != nil {
		panic(err)
	}
	for { // not select: with one processor Go sees that nothing can ever happen
		unix.Pause()
	}
}

// hopper writes a program that becomes three processes, each of which goes on in a child
// for ever. It is machine code because nothing else forks so fast: what a process has
// mapped is copied.
func hopper(t *testing.T) string {
	t.Helper()
	code := []byte{
		0xbb, 2, 0, 0, 0, //       mov ebx, 2
		0xb8, 57, 0, 0, 0, // more: mov eax, SYS_fork
		0x0f, 0x05, //             syscall
		0x85, 0xc0, //             test eax, eax
		0x74, 4, //                jz hop
		0xff, 0xcb, //             dec ebx
		0x75, 0xf1, //             jnz more
		0xb8, 57, 0, 0, 0, // hop:  mov eax, SYS_fork
		0x0f, 0x05, //             syscall
		0x85, 0xc0, //             test eax, eax
		0x74, 0xf5, //             jz hop
		0xb8, 60, 0, 0, 0, //      mov eax, SYS_exit
		0x0f, 0x05, //             syscall
	}
	const base, head = 0x400000, 64 + 56
	size := uint64(head + len(code))
	var b bytes.Buffer
	for _, v := range []any{
		elf.Header64{
			Ident: [elf.EI_NIDENT]byte{0x7f, 'E', 'L', 'F', byte(elf.ELFCLASS64), byte(elf.ELFDATA2LSB), byte(elf.EV_CURRENT)},
			Type:  uint16(elf.ET_EXEC), Machine: uint16(elf.EM_X86_64), Version: uint32(elf.EV_CURRENT),
			Entry: base + head, Phoff: 64, Ehsize: 64, Phentsize: 56, Phnum: 1,
		},
		elf.Prog64{Type: uint32(elf.PT_LOAD), Flags: uint32(elf.PF_R | elf.PF_X), Vaddr: base, Paddr: base, Filesz: size, Memsz: size, Align: 4096},
		code,
	} {
		if err := binary.Write(&b, binary.LittleEndian, v); err != nil {
			t.Fatal(err)
		}
	}
	name := filepath.Join(t.TempDir(), "hopper")
	if err := os.WriteFile(name, b.Bytes(), 0o755); err != nil {
		t.Fatal(err)
	}
	return name
}
