//go:build linux && amd64

package seal

import (
	"fmt"
	"strings"
	"testing"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/integration/internal/box"
	"github.com/runseal/runseal/integration/internal/tinyelf"
)

// minimal is the profile of the promise: everything kills but these four.
func minimal() *specs.LinuxSeccomp {
	return box.Seccomp(specs.ActKillProcess, box.Allow("execve", "write", "exit", "exit_group"))
}

// program writes a static program to /prog of b.
func program(t *testing.T, b *box.Box, build func(*tinyelf.Prog)) {
	t.Helper()
	p := tinyelf.New()
	build(p)
	if err := p.WriteFile(b.Path("prog")); err != nil {
		t.Fatal(err)
	}
}

// variants are the ways to start the process that the seal must not depend on.
func variants(t *testing.T, test func(t *testing.T, set func(*specs.Process))) {
	for i, uid := range []uint32{0, 1000} {
		for j, nnp := range []bool{true, false} {
			for k, caps := range []struct {
				name  string
				names []string
			}{{"default", box.DefaultCaps()}, {"none", nil}} {
				if !box.Sampled(2*i + 2*j + 2*k + 2) {
					continue // with -test.short root with neither, root with both, and two like them
				}
				t.Run(fmt.Sprintf("uid=%d,noNewPrivileges=%v,caps=%s", uid, nnp, caps.name), func(t *testing.T) {
					test(t, func(p *specs.Process) {
						p.User = specs.User{UID: uid, GID: uid}
						p.NoNewPrivileges = nnp
						p.Capabilities = box.Capabilities(caps.names...)
					})
				})
			}
		}
	}
}

func TestOnlyExecveAndTheProgramsOwnCalls(t *testing.T) {
	variants(t, func(t *testing.T, set func(*specs.Process)) {
		b := box.NewEmpty(t, "/prog")
		set(b.Spec.Process)
		b.Spec.Linux.Seccomp = minimal()
		program(t, b, func(p *tinyelf.Prog) {
			p.Print("sealed\n")
			p.Exit(23)
		})
		r := b.Run()
		if r.Status != 23 || r.Stdout != "sealed\n" || r.Stderr != "" {
			t.Errorf("exit status %d, stdout %q, stderr %q; expected 23, %q and nothing", r.Status, r.Stdout, r.Stderr, "sealed\n")
		}
	})
}

// The same program under the same profile through create, start and exec.
func TestMinimalProfileThroughCreateAndExec(t *testing.T) {
	variants(t, func(t *testing.T, set func(*specs.Process)) {
		b := box.NewEmpty(t, "/prog")
		set(b.Spec.Process)
		b.Spec.Linux.Seccomp = minimal()
		b.Spec.Linux.Seccomp.Syscalls = append(b.Spec.Linux.Seccomp.Syscalls, box.Allow("pause"))
		program(t, b, func(p *tinyelf.Prog) {
			p.Print("up\n")
			p.Syscall(unix.SYS_PAUSE)
			p.Exit(1)
		})
		q := tinyelf.New()
		q.Print("second\n")
		q.Exit(24)
		if err := q.WriteFile(b.Path("second")); err != nil {
			t.Fatal(err)
		}
		first := b.Create()
		if out := first.Output(); out != "" {
			t.Fatalf("output %q before start", out)
		}
		b.Must("start", b.ID)
		pid := b.State().Pid
		first.WaitOutput("up\n")
		if r := b.Do("exec", b.ID, "/second"); r.Status != 24 || r.Stdout != "second\n" || r.Stderr != "" {
			t.Errorf("exec: exit status %d, stdout %q, stderr %q; expected 24 and %q", r.Status, r.Stdout, r.Stderr, "second\n")
		}
		b.Must("kill", b.ID, "KILL")
		if got := b.WaitPid(pid); got != 128+int(unix.SIGKILL) {
			t.Errorf("the process ended with %d, expected SIGKILL", got)
		}
	})
}

// The profile is enforced, not only harmless: one further call is the end.
func TestOneCallMoreIsKilled(t *testing.T) {
	variants(t, func(t *testing.T, set func(*specs.Process)) {
		b := box.NewEmpty(t, "/prog")
		set(b.Spec.Process)
		b.Spec.Linux.Seccomp = minimal()
		program(t, b, func(p *tinyelf.Prog) {
			p.Print("before ")
			p.Syscall(unix.SYS_GETPID)
			p.Print("after")
			p.Exit(0)
		})
		r := b.Run()
		if r.Status != 128+int(unix.SIGSYS) || r.Stdout != "before " {
			t.Errorf("exit status %d, stdout %q; expected 159 and %q", r.Status, r.Stdout, "before ")
		}
	})
}

// Each flag of the profile that the kernel knows leaves the seal as it is.
func TestMinimalProfileWithFlags(t *testing.T) {
	for _, flags := range [][]specs.LinuxSeccompFlag{
		{}, {specs.LinuxSeccompFlagSpecAllow}, {specs.LinuxSeccompFlagLog},
		{"SECCOMP_FILTER_FLAG_TSYNC"}, {specs.LinuxSeccompFlagLog, specs.LinuxSeccompFlagSpecAllow},
	} {
		t.Run(fmt.Sprint(flags), func(t *testing.T) {
			b := box.NewEmpty(t, "/prog")
			b.Spec.Process.NoNewPrivileges = false
			b.Spec.Linux.Seccomp = minimal()
			b.Spec.Linux.Seccomp.Flags = flags
			program(t, b, func(p *tinyelf.Prog) {
				p.Print("sealed\n")
				p.Exit(0)
			})
			if r := b.Run(); r.Status != 0 || r.Stdout != "sealed\n" {
				t.Errorf("exit status %d, stdout %q, stderr %q", r.Status, r.Stdout, r.Stderr)
			}
		})
	}
}

func TestProfileWithoutExecveIsRefused(t *testing.T) {
	for _, c := range []struct {
		name    string
		profile *specs.LinuxSeccomp
	}{
		{"default kill", box.Seccomp(specs.ActKillProcess, box.Allow("write", "exit", "exit_group"))},
		{"default kill thread", box.Seccomp(specs.ActKillThread, box.Allow("write", "exit", "exit_group"))},
		{"default errno", box.Seccomp(specs.ActErrno, box.Allow("write", "exit", "exit_group"))},
		{"default trap", box.Seccomp(specs.ActTrap, box.Allow("write", "exit", "exit_group"))},
		{"errno on execve", box.Seccomp(specs.ActAllow, box.Errno(1, "execve"))},
		{"only execveat", box.Seccomp(specs.ActKillProcess, box.Allow("execveat", "write", "exit", "exit_group"))},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := box.NewEmpty(t, "/prog")
			b.Spec.Linux.Seccomp = c.profile
			program(t, b, func(p *tinyelf.Prog) { p.Exit(0) })
			r := b.TryCreate().Wait()
			if r.Status == 0 {
				t.Fatal("create succeeded")
			}
			for _, text := range []string{"linux.seccomp", "execve is not allowed", "SCMP_ARCH_X86_64"} {
				if !strings.Contains(r.Stderr, text) {
					t.Errorf("stderr %q does not say %q", r.Stderr, text)
				}
			}
			if n := strings.Count(r.Stderr, "\n"); n != 1 {
				t.Errorf("stderr has %d lines, expected one: %q", n, r.Stderr)
			}
			b.NothingLeft()
		})
	}
}

// LOG lets execve pass, and a condition that holds does too.
func TestExecveByLogAndByCondition(t *testing.T) {
	always := specs.LinuxSyscall{Names: []string{"execve"}, Action: specs.ActAllow, Args: []specs.LinuxSeccompArg{
		{Index: 0, Value: 0, Op: specs.OpNotEqual}, // the path is never a null pointer
	}}
	for _, c := range []struct {
		name string
		rule specs.LinuxSyscall
	}{{"log", box.Rule(specs.ActLog, "execve")}, {"condition", always}} {
		t.Run(c.name, func(t *testing.T) {
			b := box.NewEmpty(t, "/prog")
			b.Spec.Linux.Seccomp = box.Seccomp(specs.ActKillProcess, c.rule, box.Allow("exit_group"))
			program(t, b, func(p *tinyelf.Prog) { p.Exit(5) })
			if r := b.Run(); r.Status != 5 {
				t.Errorf("exit status %d, stderr %q; expected 5", r.Status, r.Stderr)
			}
		})
	}
}
