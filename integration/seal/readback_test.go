//go:build linux && amd64

package seal

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"testing"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/integration/internal/box"
	"github.com/runseal/runseal/integration/internal/tinyelf"
	"github.com/runseal/runseal/seccomp"
	"github.com/runseal/runseal/seccomp/profiles/docker"
)

// The test binary is also the reader that is killed, filtered or unprivileged:
// READBACK says which, READBACK_PID whom to read.
func init() {
	kind := os.Getenv("READBACK")
	if kind == "" {
		return
	}
	var pid int
	if _, err := fmt.Sscan(os.Getenv("READBACK_PID"), &pid); err != nil {
		fmt.Println(err)
		os.Exit(3)
	}
	switch kind {
	case "loop":
		for {
			if _, err := seccomp.ReadFilters(pid); err != nil {
				fmt.Println(err)
				os.Exit(1)
			}
		}
	case "filtered":
		f, err := seccomp.Compile(box.Seccomp(specs.ActAllow, box.Errno(1, "reboot")), seccomp.Options{})
		if err == nil {
			f.Flags |= unix.SECCOMP_FILTER_FLAG_TSYNC
			runtime.LockOSThread()
			err = f.Install()
			runtime.UnlockOSThread()
		}
		if err != nil {
			fmt.Println(err)
			os.Exit(3)
		}
	}
	filters, err := seccomp.ReadFilters(pid)
	fmt.Println(len(filters), err)
	os.Exit(0)
}

func reader(kind string, pid int) *exec.Cmd {
	cmd := exec.Command("/proc/self/exe")
	cmd.Env = append(os.Environ(), "READBACK="+kind, fmt.Sprint("READBACK_PID=", pid))
	return cmd
}

// compiled is what the package makes of the box's profile.
func compiled(t *testing.T, b *box.Box) *seccomp.Filter {
	t.Helper()
	f, err := seccomp.Compile(b.Spec.Linux.Seccomp, seccomp.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// same fails unless the kernel runs exactly this one filter for pid.
func same(t *testing.T, who string, pid int, want *seccomp.Filter) {
	t.Helper()
	got, err := seccomp.ReadFilters(pid)
	if err != nil {
		t.Fatalf("%s: %v", who, err)
	}
	if len(got) != 1 {
		t.Fatalf("%s: %d filters, expected one", who, len(got))
	}
	if !bytes.Equal(got[0].Bytes(), want.Bytes()) {
		t.Errorf("%s: the kernel runs\n%s\nthe profile compiles to\n%s", who, got[0].Disassemble(), want.Disassemble())
	}
	if log := want.Flags & unix.SECCOMP_FILTER_FLAG_LOG; got[0].Flags != log {
		t.Errorf("%s: flags %#x, expected %#x", who, got[0].Flags, log)
	}
}

// proved shows without the compiler that the filter which the kernel runs decides
// every call as the profile says.
func proved(t *testing.T, pid int, profile *specs.LinuxSeccomp) {
	t.Helper()
	filters, err := seccomp.ReadFilters(pid)
	if err != nil || len(filters) != 1 {
		t.Fatalf("%d filters, %v, expected one", len(filters), err)
	}
	policy, err := seccomp.NewPolicy(profile, seccomp.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := seccomp.Verify(filters[0].Instructions, policy); err != nil {
		t.Error(err)
	}
}

// What the kernel runs for a container is byte for byte what its configuration
// compiles to, for run, create and start, and exec.
func TestKernelRunsWhatWasCompiled(t *testing.T) {
	docker, err := docker.Default(docker.Host{Caps: docker.Capabilities()})
	if err != nil {
		t.Fatal(err)
	}
	log := box.Seccomp(specs.ActErrno, box.Allow("execve", "pause", "write", "exit_group"),
		specs.LinuxSyscall{Names: []string{"clone"}, Action: specs.ActAllow, Args: []specs.LinuxSeccompArg{{Index: 0, Value: 1 << 40, ValueTwo: 0, Op: specs.OpMaskedEqual}}})
	log.Flags = []specs.LinuxSeccompFlag{specs.LinuxSeccompFlagLog, specs.LinuxSeccompFlagSpecAllow}
	for _, c := range []struct {
		name    string
		profile *specs.LinuxSeccomp
	}{{"docker", docker}, {"log", log}} {
		t.Run(c.name, func(t *testing.T) {
			b := box.NewEmpty(t, "/prog")
			b.Spec.Linux.Seccomp = c.profile
			program(t, b, func(p *tinyelf.Prog) {
				p.Print("up\n")
				p.Syscall(unix.SYS_PAUSE)
			})
			want := compiled(t, b)

			b.WriteConfig(b.Config())
			run := b.Start(nil, "run", "--bundle", b.Dir, b.ID)
			run.WaitOutput("up\n")
			pid := b.State().Pid
			same(t, "run", pid, want)
			proved(t, pid, c.profile)
			pidFile := b.Path("..", "exec.pid")
			second := b.Start(nil, "exec", "--pid-file", pidFile, b.ID, "/prog")
			second.WaitOutput("up\n")
			// The process can be faster than the command that writes the file.
			var execPid int
			if !box.Eventually(func() bool {
				text, err := os.ReadFile(pidFile)
				if err != nil {
					return false
				}
				_, err = fmt.Sscan(string(text), &execPid)
				return err == nil
			}) || execPid == pid {
				t.Fatalf("pid file of exec has %d beside the pid %d of run", execPid, pid)
			}
			same(t, "exec", execPid, want)
			b.Must("kill", b.ID, "KILL")
			if r := run.Wait(); r.Status != 137 {
				t.Errorf("run: exit status %d, expected 137", r.Status)
			}
			if r := second.Wait(); r.Status != 137 {
				t.Errorf("exec: exit status %d, expected 137", r.Status)
			}
			if filters, err := seccomp.ReadFilters(pid); !errors.Is(err, unix.ESRCH) {
				t.Errorf("after its end: %d filters, %v, expected ESRCH", len(filters), err)
			}

			b.Create()
			pid = b.State().Pid
			if got, err := seccomp.ReadFilters(pid); err != nil || len(got) != 0 {
				t.Errorf("created, not started: %d filters, %v, expected none", len(got), err)
			}
			b.Must("start", b.ID)
			// The filter is there before the program, so its first output is a sign.
			if !box.Eventually(func() bool { got, _ := seccomp.ReadFilters(pid); return len(got) == 1 }) {
				t.Fatal("no filter after start")
			}
			same(t, "start", pid, want)
		})
	}
}

// stacked starts a container whose program installs a second filter with the flag
// LOG and then pauses. It returns both, the older one first.
func stacked(t *testing.T) (pid int, older, newer *seccomp.Filter) {
	t.Helper()
	b := box.NewEmpty(t, "/prog")
	b.Spec.Linux.Seccomp = box.Seccomp(specs.ActErrno, box.Allow("execve", "seccomp", "write", "pause"))
	older = compiled(t, b)
	newer, err := seccomp.Compile(box.Seccomp(specs.ActAllow, box.Errno(7, "reboot", "mount")), seccomp.Options{})
	if err != nil {
		t.Fatal(err)
	}
	program(t, b, func(p *tinyelf.Prog) {
		code := p.Bytes(newer.Bytes())
		fprog := binary.LittleEndian.AppendUint64(nil, uint64(len(newer.Instructions)))
		fprog = binary.LittleEndian.AppendUint64(fprog, code)
		p.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, unix.SECCOMP_FILTER_FLAG_LOG, p.Bytes(fprog))
		p.Print("up\n")
		p.Syscall(unix.SYS_PAUSE)
	})
	first := b.Create()
	b.Must("start", b.ID)
	first.WaitOutput("up\n")
	return b.State().Pid, older, newer
}

func TestReadStackedNewestFirst(t *testing.T) {
	pid, older, newer := stacked(t)
	got, err := seccomp.ReadFilters(pid)
	if err != nil || len(got) != 2 {
		t.Fatalf("%d filters, %v, expected two", len(got), err)
	}
	for i, want := range []*seccomp.Filter{newer, older} {
		if !bytes.Equal(got[i].Bytes(), want.Bytes()) {
			t.Errorf("filter %d:\n%s\nexpected\n%s", i, got[i].Disassemble(), want.Disassemble())
		}
	}
	if got[0].Flags != unix.SECCOMP_FILTER_FLAG_LOG || got[1].Flags != 0 {
		t.Errorf("flags %#x and %#x, expected LOG and none", got[0].Flags, got[1].Flags)
	}
}

// A thread other than the first has filters of its own.
func TestReadThread(t *testing.T) {
	b := box.NewEmpty(t, "/prog")
	b.Spec.Linux.Seccomp = minimal()
	b.Spec.Linux.Seccomp.Syscalls = append(b.Spec.Linux.Seccomp.Syscalls, box.Allow("clone", "sched_yield", "seccomp", "pause"))
	older := compiled(t, b)
	newer, err := seccomp.Compile(box.Seccomp(specs.ActAllow, box.Errno(7, "reboot")), seccomp.Options{})
	if err != nil {
		t.Fatal(err)
	}
	program(t, b, func(p *tinyelf.Prog) {
		code := p.Bytes(newer.Bytes())
		fprog := binary.LittleEndian.AppendUint64(nil, uint64(len(newer.Instructions)))
		fprog = binary.LittleEndian.AppendUint64(fprog, code)
		p.Thread(func() {
			p.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, 0, p.Bytes(fprog))
			p.Print("up\n")
			p.Syscall(unix.SYS_PAUSE)
		})
	})
	first := b.Create()
	b.Must("start", b.ID)
	first.WaitOutput("up\n")
	pid := b.State().Pid
	tasks, err := os.ReadDir(fmt.Sprintf("/proc/%d/task", pid))
	if err != nil || len(tasks) != 2 {
		t.Fatalf("%d threads, %v, expected two", len(tasks), err)
	}
	for _, task := range tasks {
		var tid int
		if _, err := fmt.Sscan(task.Name(), &tid); err != nil {
			t.Fatal(err)
		}
		got, err := seccomp.ReadFilters(tid)
		if err != nil {
			t.Fatal(err)
		}
		want := [][]byte{older.Bytes()}
		if tid != pid {
			want = [][]byte{newer.Bytes(), older.Bytes()}
		}
		if len(got) != len(want) {
			t.Fatalf("thread %d of %d: %d filters, expected %d", tid, pid, len(got), len(want))
		}
		for i := range want {
			if !bytes.Equal(got[i].Bytes(), want[i]) {
				t.Errorf("thread %d of %d: filter %d is\n%s", tid, pid, i, got[i].Disassemble())
			}
		}
	}
}

func TestReadFiltersRefused(t *testing.T) {
	pid, _, _ := stacked(t)
	out := func(cmd *exec.Cmd) string {
		t.Helper()
		text, err := cmd.Output()
		if err != nil {
			t.Fatalf("%v, printed %q", err, text)
		}
		return string(text)
	}
	if got, want := out(reader("filtered", pid)), "this process has a seccomp filter itself"; !strings.Contains(got, want) {
		t.Errorf("a reader with a filter: %q, expected %q", got, want)
	}
	cmd := reader("once", pid)
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	if got, want := out(cmd), "needs CAP_SYS_ADMIN"; !strings.Contains(got, want) {
		t.Errorf("a reader without privileges: %q, expected %q", got, want)
	}
	// In a user namespace of its own it has all capabilities, but not there.
	cmd = reader("once", pid)
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWUSER,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: 0, Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: 0, Size: 1}}}
	if got, want := out(cmd), "operation not permitted"; !strings.Contains(got, want) || !strings.Contains(got, "CAP_SYS_PTRACE in the process's user namespace") {
		t.Errorf("a reader in a user namespace: %q, expected %q", got, want)
	}
	// A second tracer.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if err := unix.PtraceSeize(pid); err != nil {
		t.Fatal(err)
	}
	_, err := seccomp.ReadFilters(pid)
	if want := fmt.Sprintf("traced by process %d", os.Getpid()); err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("a traced process: %v, expected %q", err, want)
	}
	if err := unix.PtraceInterrupt(pid); err != nil {
		t.Fatal(err)
	}
	if _, err := unix.Wait4(pid, nil, unix.WALL, nil); err != nil {
		t.Fatal(err)
	}
	if err := unix.PtraceDetach(pid); err != nil {
		t.Fatal(err)
	}
}
