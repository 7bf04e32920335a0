//go:build linux && amd64

package seal

import (
	"encoding/binary"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/integration/internal/box"
	"github.com/runseal/runseal/integration/internal/tinyelf"
	"github.com/runseal/runseal/seccomp"
)

// The tests in this file are about what a process sees of its filters being read:
// nothing.

// timespec is struct timespec of the 64-bit ABI and of the i386 one.
func timespec(p *tinyelf.Prog, d time.Duration, size int) uint64 {
	b := make([]byte, 2*size)
	if size == 4 {
		binary.LittleEndian.PutUint32(b, uint32(d/time.Second))
		binary.LittleEndian.PutUint32(b[4:], uint32(d%time.Second))
	} else {
		binary.LittleEndian.PutUint64(b, uint64(d/time.Second))
		binary.LittleEndian.PutUint64(b[8:], uint64(d%time.Second))
	}
	return p.Bytes(b)
}

// A sleeping process does not see that its filters are read, although its profile
// kills it for restart_syscall, and for anything else that it does not do by
// itself. Without care nanosleep and poll would kill it and epoll_wait fail.
func TestReadingDoesNotDisturb(t *testing.T) {
	// Long enough on this machine for four reads.
	began := time.Now()
	if err := exec.Command(box.Binary(), "--version").Run(); err != nil {
		t.Fatal(err)
	}
	nap := max(400*time.Millisecond, 6*time.Since(began)).Round(time.Millisecond)
	ms := uint64(nap / time.Millisecond)
	for i, c := range []struct {
		name  string
		calls []string // that the profile allows
		build func(p *tinyelf.Prog)
		want  []int64
	}{
		{"nanosleep", []string{"nanosleep"}, func(p *tinyelf.Prog) {
			p.Syscall(unix.SYS_NANOSLEEP, timespec(p, nap, 8))
			p.Save()
		}, []int64{0}},
		{"nanosleep continued", []string{"nanosleep", "restart_syscall"}, func(p *tinyelf.Prog) {
			p.Syscall(unix.SYS_NANOSLEEP, timespec(p, nap, 8))
			p.Save()
		}, []int64{0}},
		{"nanosleep of i386", []string{"nanosleep"}, func(p *tinyelf.Prog) {
			p.Int80(162, uint32(timespec(p, nap, 4)))
			p.Save()
		}, []int64{0}},
		{"poll", []string{"poll"}, func(p *tinyelf.Prog) {
			p.Syscall(unix.SYS_POLL, 0, 0, ms)
			p.Save()
		}, []int64{0}},
		{"epoll_wait", []string{"epoll_create1", "epoll_wait"}, func(p *tinyelf.Prog) {
			p.Syscall(unix.SYS_EPOLL_CREATE1, 0)
			p.Save()
			p.Syscall(unix.SYS_EPOLL_WAIT, 3, p.Bytes(make([]byte, 16)), 1, ms)
			p.Save()
		}, []int64{3, 0}},
		{"semtimedop", []string{"semget", "semtimedop"}, func(p *tinyelf.Prog) {
			p.Syscall(unix.SYS_SEMGET, 0, 1, 0o600)
			p.Save()
			p.Syscall(unix.SYS_SEMTIMEDOP, 0, p.Bytes([]byte{0, 0, 0xff, 0xff, 0, 0, 0, 0}), 1, timespec(p, nap, 8))
			p.Save()
		}, []int64{0, -int64(unix.EAGAIN)}},
		{"rt_sigtimedwait", []string{"rt_sigtimedwait"}, func(p *tinyelf.Prog) {
			p.Syscall(unix.SYS_RT_SIGTIMEDWAIT, p.Bytes([]byte{1, 0, 0, 0, 0, 0, 0, 0}), 0, timespec(p, nap, 8), 8)
			p.Save()
		}, []int64{-int64(unix.EAGAIN)}},
		{"futex", []string{"futex"}, func(p *tinyelf.Prog) {
			p.Syscall(unix.SYS_FUTEX, p.Bytes(make([]byte, 4)), 0, 0, timespec(p, nap, 8))
			p.Save()
		}, []int64{-int64(unix.ETIMEDOUT)}},
	} {
		if !box.Sampled(i) {
			continue
		}
		t.Run(c.name, func(t *testing.T) {
			b := box.NewEmpty(t, "/prog")
			b.Spec.Linux.Seccomp = minimal()
			b.Spec.Linux.Seccomp.Architectures = append(b.Spec.Linux.Seccomp.Architectures, specs.ArchX86)
			b.Spec.Linux.Seccomp.Syscalls = append(b.Spec.Linux.Seccomp.Syscalls, box.Allow(c.calls...))
			program(t, b, func(p *tinyelf.Prog) {
				p.Print("up\n......")
				c.build(p)
				p.WriteResults()
				p.Exit(21)
			})
			b.WriteConfig(b.Config())
			pidFile := b.Path("..", "pid")
			run := b.Start(nil, "run", "--pid-file", pidFile, "--bundle", b.Dir, b.ID)
			run.WaitOutput("up\n")
			began, pid := time.Now(), 0
			if !box.Eventually(func() bool {
				text, err := os.ReadFile(pidFile)
				_, bad := fmt.Sscan(string(text), &pid)
				return err == nil && bad == nil
			}) {
				t.Fatal("no pid file")
			}
			for i := range 4 {
				time.Sleep(20 * time.Millisecond)
				got, err := seccomp.ReadFilters(pid)
				if err != nil || len(got) != 1 {
					t.Fatalf("reading %d: %d filters, %v", i, len(got), err)
				}
			}
			r := run.Wait()
			if got := tinyelf.Results(strings.TrimPrefix(r.Stdout, "up\n......")); r.Status != 21 || !slices.Equal(got, c.want) {
				t.Errorf("exit status %d, results %d, stderr %q; expected 21 and %d", r.Status, got, r.Stderr, c.want)
			}
			if took := time.Since(began); took < nap-100*time.Millisecond {
				t.Errorf("it slept %v, expected %v", took, nap)
			}
		})
	}
}

// A blocked read goes on and gets what is written later.
func TestReadingDuringRead(t *testing.T) {
	b := box.NewEmpty(t, "/prog")
	b.Spec.Linux.Seccomp = minimal()
	b.Spec.Linux.Seccomp.Syscalls = append(b.Spec.Linux.Seccomp.Syscalls, box.Allow("read"))
	program(t, b, func(p *tinyelf.Prog) {
		p.Print("up\n......")
		buf := p.Bytes(make([]byte, 8))
		p.Syscall(unix.SYS_READ, 0, buf, 8)
		p.Save()
		p.WriteResults()
		p.Exit(21)
	})
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer w.Close()
	b.WriteConfig(b.Config())
	run := b.Start(func(c *exec.Cmd) { c.Stdin = r }, "run", "--bundle", b.Dir, b.ID)
	run.WaitOutput("up\n")
	pid := b.State().Pid
	for range 20 {
		if got, err := seccomp.ReadFilters(pid); err != nil || len(got) != 1 {
			t.Fatalf("%d filters, %v", len(got), err)
		}
	}
	if _, err := w.WriteString("five\n"); err != nil {
		t.Fatal(err)
	}
	res := run.Wait()
	if got := tinyelf.Results(strings.TrimPrefix(res.Stdout, "up\n......")); res.Status != 21 || !slices.Equal(got, []int64{5}) {
		t.Errorf("exit status %d, results %d, stderr %q; expected 21 and [5]", res.Status, got, res.Stderr)
	}
}

// taskState returns State of /proc/PID/status, and the process to which the thread
// TracerPid belongs, or 0.
func taskState(t *testing.T, pid int) (state string, tracer int) {
	t.Helper()
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(data)) {
		if v, ok := strings.CutPrefix(line, "State:\t"); ok {
			state = v[:1]
		}
		if v, ok := strings.CutPrefix(line, "TracerPid:\t"); ok {
			if _, err := fmt.Sscan(v, &tracer); err != nil {
				t.Fatal(err)
			}
		}
	}
	if tracer != 0 {
		data, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", tracer))
		if err != nil {
			return state, tracer // it has just ended
		}
		_, tgid, _ := strings.Cut(string(data), "\nTgid:")
		if _, err := fmt.Sscan(tgid, &tracer); err != nil {
			t.Fatal(err)
		}
	}
	return state, tracer
}

// A stopped process is read, stays stopped and goes on when it is told to.
func TestReadStopped(t *testing.T) {
	b := box.NewEmpty(t, "/prog")
	b.Spec.Linux.Seccomp = minimal()
	b.Spec.Linux.Seccomp.Syscalls = append(b.Spec.Linux.Seccomp.Syscalls, box.Allow("read"))
	program(t, b, func(p *tinyelf.Prog) {
		p.Print("up\n")
		buf := p.Bytes(make([]byte, 8))
		p.Syscall(unix.SYS_READ, 0, buf, 8)
		p.Exit(22)
	})
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	b.WriteConfig(b.Config())
	run := b.Start(func(c *exec.Cmd) { c.Stdin = r }, "run", "--bundle", b.Dir, b.ID)
	run.WaitOutput("up\n")
	pid := b.State().Pid
	stopped := func() bool { state, _ := taskState(t, pid); return state == "T" }
	if err := unix.Kill(pid, unix.SIGSTOP); err != nil || !box.Eventually(stopped) {
		t.Fatalf("SIGSTOP: %v", err)
	}
	for range 10 {
		if got, err := seccomp.ReadFilters(pid); err != nil || len(got) != 1 {
			t.Fatalf("%d filters, %v", len(got), err)
		}
		if !box.Eventually(stopped) {
			t.Fatal("it is not stopped any more")
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	time.Sleep(50 * time.Millisecond)
	if !stopped() {
		t.Error("it went on by itself")
	}
	if err := unix.Kill(pid, unix.SIGCONT); err != nil {
		t.Fatal(err)
	}
	if res := run.Wait(); res.Status != 22 {
		t.Errorf("exit status %d, expected 22", res.Status)
	}
}

// A reader that is killed while the process is stopped for it leaves a process
// that goes on.
func TestReaderKilledMidway(t *testing.T) {
	pid, _, _ := stacked(t)
	midway, want := 0, 5
	for end := time.Now().Add(30 * time.Second); midway < want && time.Now().Before(end); {
		cmd := reader("loop", pid)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		inTheMiddle := func() bool {
			state, tracer := taskState(t, pid)
			return state == "t" && tracer == cmd.Process.Pid
		}
		// The moment is waited for, and the reader then held still, to see whether
		// it has not passed meanwhile.
		for !inTheMiddle() && time.Now().Before(end) {
		}
		if err := cmd.Process.Signal(unix.SIGSTOP); err != nil {
			t.Fatal(err)
		}
		box.Eventually(func() bool { s, _ := taskState(t, cmd.Process.Pid); return s == "T" })
		if inTheMiddle() {
			midway++
		}
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		if err := cmd.Wait(); cmd.ProcessState.Sys().(syscall.WaitStatus).Signal() != unix.SIGKILL {
			t.Fatalf("the reader ended by itself: %v", err)
		}
		if !box.Eventually(func() bool { state, tracer := taskState(t, pid); return state == "S" && tracer == 0 }) {
			state, tracer := taskState(t, pid)
			t.Fatalf("the process is in state %s, traced by %d", state, tracer)
		}
	}
	if midway < want {
		t.Errorf("the reader was in the middle of its work only %d times", midway)
	}
	if got, err := seccomp.ReadFilters(pid); err != nil || len(got) != 2 {
		t.Errorf("afterwards: %d filters, %v", len(got), err)
	}
}
