package x86

import (
	"encoding/binary"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/integration/internal/box"
	"github.com/runseal/runseal/integration/internal/tinyelf"
)

const sigsys = 128 + int(unix.SIGSYS) // 159

// sealed is a box with nothing but /proc (other runtimes need it, and this
// package's expectations can then be tried on them) under a profile.
func sealed(t *testing.T, profile *specs.LinuxSeccomp) *box.Box {
	t.Helper()
	b := box.NewEmpty(t, "/prog")
	if err := os.Mkdir(b.Path("proc"), 0o755); err != nil {
		t.Fatal(err)
	}
	b.Mount("proc", "proc", "/proc", "")
	b.Spec.Linux.Seccomp = profile
	return b
}

// run runs a program under a profile.
func run(t *testing.T, profile *specs.LinuxSeccomp, build func(*tinyelf.Prog)) box.Result {
	t.Helper()
	b := sealed(t, profile)
	p := tinyelf.New()
	build(p)
	if err := p.WriteFile(b.Path("prog")); err != nil {
		t.Fatal(err)
	}
	return b.Run()
}

// expectResults fails the test unless the program has ended with status 0 and
// has written these results of its calls.
func expectResults(t *testing.T, r box.Result, want ...int64) {
	t.Helper()
	if got := tinyelf.Results(r.Stdout); r.Status != 0 || !slices.Equal(got, want) {
		t.Errorf("exit status %d, results %d, stderr %q; expected 0 and %d", r.Status, got, r.Stderr, want)
	}
}

// expectKilled fails the test unless SIGSYS has ended the container after it
// wrote before.
func expectKilled(t *testing.T, r box.Result, before string) {
	t.Helper()
	if r.Status != sigsys || r.Stdout != before {
		t.Errorf("exit status %d, stdout %q, stderr %q; expected %d and %q", r.Status, r.Stdout, r.Stderr, sigsys, before)
	}
}

func TestErrnoIsSeenByTheCaller(t *testing.T) {
	for _, errno := range []uint{1, 38, 0, 4095} {
		t.Run(fmt.Sprint(errno), func(t *testing.T) {
			r := run(t, box.Seccomp(specs.ActAllow, box.Errno(errno, "getppid")), func(p *tinyelf.Prog) {
				p.Syscall(unix.SYS_GETPPID)
				p.Save()
				p.WriteResults()
				p.Exit(0)
			})
			expectResults(t, r, -int64(errno))
		})
	}
}

func TestErrnoWithoutErrnoRetIsEPERM(t *testing.T) {
	r := run(t, box.Seccomp(specs.ActAllow, box.Rule(specs.ActErrno, "getppid")), func(p *tinyelf.Prog) {
		p.Syscall(unix.SYS_GETPPID)
		p.Save()
		p.WriteResults()
		p.Exit(0)
	})
	expectResults(t, r, -int64(unix.EPERM))
}

// The default's errno, and ENOSYS for numbers beyond the profile when the
// default is another errno.
func TestDefaultErrno(t *testing.T) {
	const beyond = 600
	calls := func(p *tinyelf.Prog) {
		p.Syscall(unix.SYS_GETPPID)
		p.Save()
		p.Syscall(beyond)
		p.Save()
		p.WriteResults()
		p.Exit(0)
	}
	allowed := box.Allow("execve", "write", "exit_group")
	enosys, eperm := uint(38), uint(1)
	for _, c := range []struct {
		name    string
		def     *uint
		want    int64
		further int64
	}{
		{"38", &enosys, -38, -38},
		{"1", &eperm, -1, -38},
		{"absent", nil, -1, -38},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := box.Seccomp(specs.ActErrno, allowed)
			p.DefaultErrnoRet = c.def
			expectResults(t, run(t, p, calls), c.want, c.further)
		})
	}
	// A number beyond the profile under a killing default can fall back too.
	t.Run("kill", func(t *testing.T) {
		r := run(t, box.Seccomp(specs.ActKillProcess, allowed), func(p *tinyelf.Prog) {
			p.Syscall(beyond)
			p.Save()
			p.WriteResults()
			p.Exit(0)
		})
		expectResults(t, r, -38)
	})
}

func TestKillProcess(t *testing.T) {
	r := run(t, box.Seccomp(specs.ActAllow, box.Rule(specs.ActKillProcess, "getppid")), func(p *tinyelf.Prog) {
		p.Print("before")
		p.Syscall(unix.SYS_GETPPID)
		p.Print("after")
		p.Exit(0)
	})
	expectKilled(t, r, "before")
}

// A second thread makes the call: KILL_PROCESS ends both, KILL_THREAD and its
// older name KILL end only the thread that has called.
func TestKillThreadAndKillProcessDiffer(t *testing.T) {
	threads := func(p *tinyelf.Prog) {
		p.Thread(func() {
			p.Print("thread ")
			p.Syscall(unix.SYS_GETPPID)
			p.Print("not killed ")
			p.ExitThread(0)
		})
		p.Print("main")
		p.Exit(9)
	}
	t.Run("process", func(t *testing.T) {
		r := run(t, box.Seccomp(specs.ActAllow, box.Rule(specs.ActKillProcess, "getppid")), threads)
		expectKilled(t, r, "thread ")
	})
	for _, action := range []specs.LinuxSeccompAction{specs.ActKillThread, specs.ActKill} {
		t.Run(string(action), func(t *testing.T) {
			r := run(t, box.Seccomp(specs.ActAllow, box.Rule(action, "getppid")), threads)
			if r.Status != 9 || r.Stdout != "thread main" {
				t.Errorf("exit status %d, stdout %q, stderr %q; expected 9 and %q", r.Status, r.Stdout, r.Stderr, "thread main")
			}
		})
	}
}

// The only thread of a process is the process.
func TestKillThreadOfASingleThread(t *testing.T) {
	r := run(t, box.Seccomp(specs.ActAllow, box.Rule(specs.ActKillThread, "getppid")), func(p *tinyelf.Prog) {
		p.Print("before")
		p.Syscall(unix.SYS_GETPPID)
		p.Print("after")
		p.Exit(0)
	})
	expectKilled(t, r, "before")
}

// siginfo is the part of siginfo_t that SIGSYS has.
type siginfo struct {
	signo, errno, code int32
	syscall            int32
	arch               uint32
}

func decode(b string) siginfo {
	word := func(off int) uint32 { return binary.LittleEndian.Uint32([]byte(b[off:])) }
	return siginfo{
		signo: int32(word(0)), errno: int32(word(4)), code: int32(word(8)),
		syscall: int32(word(24)), arch: word(28), // after si_call_addr, on 8 bytes
	}
}

const sysSeccomp = 1 // si_code SYS_SECCOMP

func TestTrapHandlerRuns(t *testing.T) {
	for _, c := range []struct {
		name string
		call func(*tinyelf.Prog)
		want siginfo
	}{
		{"x86_64", func(p *tinyelf.Prog) { p.Syscall(unix.SYS_GETPPID) },
			siginfo{31, 0, sysSeccomp, unix.SYS_GETPPID, unix.AUDIT_ARCH_X86_64}},
		{"i386", func(p *tinyelf.Prog) { p.Int80(64) },
			siginfo{31, 0, sysSeccomp, 64, unix.AUDIT_ARCH_I386}},
		{"x32", func(p *tinyelf.Prog) { p.Syscall(x32 | unix.SYS_GETPPID) },
			siginfo{31, 0, sysSeccomp, x32 | unix.SYS_GETPPID, unix.AUDIT_ARCH_X86_64}},
	} {
		t.Run(c.name, func(t *testing.T) {
			profile := box.Seccomp(specs.ActAllow, box.Rule(specs.ActTrap, "getppid"))
			profile.Architectures = []specs.Arch{specs.ArchX86_64, specs.ArchX86, specs.ArchX32}
			r := run(t, profile, func(p *tinyelf.Prog) {
				p.HandleSignal(uint64(unix.SIGSYS))
				c.call(p)
				p.Print("after")
				p.Exit(7)
			})
			if c.name == "i386" && noI386(t, r, "") {
				return
			}
			if r.Status != 7 || len(r.Stdout) != 128+len("after") || !strings.HasSuffix(r.Stdout, "after") {
				t.Fatalf("exit status %d, stdout %q, stderr %q; expected 7, a siginfo and \"after\"", r.Status, r.Stdout, r.Stderr)
			}
			if got := decode(r.Stdout); got != c.want {
				t.Errorf("siginfo %+v, expected %+v", got, c.want)
			}
		})
	}
}

func TestTrapWithoutHandlerKills(t *testing.T) {
	r := run(t, box.Seccomp(specs.ActAllow, box.Rule(specs.ActTrap, "getppid")), func(p *tinyelf.Prog) {
		p.Print("before")
		p.Syscall(unix.SYS_GETPPID)
		p.Print("after")
		p.Exit(0)
	})
	expectKilled(t, r, "before")
}

func TestLogAllows(t *testing.T) {
	r := run(t, box.Seccomp(specs.ActLog, box.Rule(specs.ActAllow, "execve")), func(p *tinyelf.Prog) {
		p.Syscall(unix.SYS_CLOSE, 1000)
		p.Save()
		p.WriteResults()
		p.Exit(0)
	})
	expectResults(t, r, -int64(unix.EBADF))
	r = run(t, box.Seccomp(specs.ActErrno, box.Allow("execve", "write", "exit_group"), box.Rule(specs.ActLog, "close")), func(p *tinyelf.Prog) {
		p.Syscall(unix.SYS_CLOSE, 1000)
		p.Save()
		p.WriteResults()
		p.Exit(0)
	})
	expectResults(t, r, -int64(unix.EBADF))
}

// TRACE without a tracer is ENOSYS.
func TestTraceWithoutTracer(t *testing.T) {
	r := run(t, box.Seccomp(specs.ActAllow, box.Rule(specs.ActTrace, "getppid")), func(p *tinyelf.Prog) {
		p.Syscall(unix.SYS_GETPPID)
		p.Save()
		p.WriteResults()
		p.Exit(0)
	})
	expectResults(t, r, -int64(unix.ENOSYS))
}

// exec's process gets the same filter.
func TestExecIsKilled(t *testing.T) {
	b := sealed(t, box.Seccomp(specs.ActAllow, box.Rule(specs.ActKillProcess, "getppid")))
	p, q := tinyelf.New(), tinyelf.New()
	p.Syscall(unix.SYS_PAUSE)
	q.Print("before")
	q.Syscall(unix.SYS_GETPPID)
	q.Exit(0)
	if err := p.WriteFile(b.Path("prog")); err != nil {
		t.Fatal(err)
	}
	if err := q.WriteFile(b.Path("second")); err != nil {
		t.Fatal(err)
	}
	b.Up()
	expectKilled(t, b.Do("exec", b.ID, "/second"), "before")
}

// A container that the filter has killed is stopped, and its process is seen
// to have ended with SIGSYS by whoever collects it.
func TestKilledDetachedContainer(t *testing.T) {
	b := sealed(t, box.Seccomp(specs.ActAllow, box.Rule(specs.ActKillProcess, "getppid")))
	p := tinyelf.New()
	p.Syscall(unix.SYS_GETPPID)
	p.Exit(0)
	if err := p.WriteFile(b.Path("prog")); err != nil {
		t.Fatal(err)
	}
	b.Create()
	pid := b.State().Pid
	b.Must("start", b.ID)
	b.WaitFor("stopped")
	if got := b.WaitPid(pid); got != sigsys {
		t.Errorf("the process ended with %d, expected %d", got, sigsys)
	}
}
