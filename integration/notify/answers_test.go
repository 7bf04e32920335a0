//go:build linux && amd64

package notify

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/integration/internal/box"
	"github.com/runseal/runseal/integration/internal/tinyelf"
	"github.com/runseal/runseal/seccomp/notify"
)

// fourCalls makes a call for each kind of answer, writes the results and then what it
// reads from the descriptor that it was given.
func fourCalls(p *tinyelf.Prog) {
	p.Syscall(unix.SYS_RMDIR, p.String("/value"))
	p.Save()
	p.Syscall(unix.SYS_UNLINK, p.String("/errno"))
	p.Save()
	p.Syscall(unix.SYS_MKDIR, p.String("/made"), 0o700)
	p.Save()
	p.Syscall(unix.SYS_OPEN, p.String("/added"))
	p.Save()
	text := p.Bytes(make([]byte, 16))
	p.Syscall(unix.SYS_READ, 50, text, 5)
	p.Save()
	p.WriteResults()
	p.Syscall(unix.SYS_WRITE, 1, text, 5)
	p.Exit(0)
}

// answerFour answers them, each by the path that it reads from the program's memory.
func answerFour(file int) func(p *process, n *notify.Notification) error {
	return func(p *process, n *notify.Notification) error {
		path, err := p.ReadString(n, n.Args[0], 4096)
		if err != nil {
			return err
		}
		nr := func(want uint32) error {
			if n.Nr != want || n.Arch != unix.AUDIT_ARCH_X86_64 {
				return fmt.Errorf("call %d of %#x for %q, want %d", n.Nr, n.Arch, path, want)
			}
			return nil
		}
		switch path {
		case "/value":
			if err := nr(unix.SYS_RMDIR); err != nil {
				return err
			}
			return p.Respond(n.ID, 4242)
		case "/errno":
			if err := nr(unix.SYS_UNLINK); err != nil {
				return err
			}
			return p.RespondErrno(n.ID, unix.EXDEV)
		case "/made":
			return p.Continue(n.ID)
		case "/added":
			at := notify.FDOptions{At: 50, Fixed: true}
			if box.Linux(5, 14) {
				_, err := p.SendFD(n.ID, file, at)
				return err
			}
			if _, err := p.AddFD(n.ID, file, at); err != nil {
				return err
			}
			return p.Respond(n.ID, 50)
		}
		return fmt.Errorf("a call for %q", path)
	}
}

func TestAnswers(t *testing.T) {
	for i, way := range ways {
		for j, v := range []struct {
			name string
			set  func(b *box.Box)
		}{
			{"root", func(*box.Box) {}},
			{"user", func(b *box.Box) { // who may write to the root, for the directory
				b.Spec.Process.User = specs.User{UID: 1000, GID: 1000}
				b.Spec.Process.NoNewPrivileges = false
			}},
			{"host's pid namespace", func(b *box.Box) { b.DropNamespace(specs.PIDNamespace) }},
			{"user namespace", func(b *box.Box) {
				b.SetNamespace(specs.LinuxNamespace{Type: specs.UserNamespace})
				b.Spec.Linux.UIDMappings = []specs.LinuxIDMapping{{HostID: 100000, Size: 65536}}
				b.Spec.Linux.GIDMappings = b.Spec.Linux.UIDMappings
			}},
		} {
			if !box.Sampled(i + j) {
				continue
			}
			t.Run(way.name+"/"+v.name, func(t *testing.T) {
				a := listen(t)
				b := container(t, a.path, fourCalls, "rmdir", "unlink", "mkdir", "open")
				if err := os.Chmod(b.Rootfs, 0o777); err != nil {
					t.Fatal(err)
				}
				v.set(b)
				name := filepath.Join(t.TempDir(), "file")
				if err := os.WriteFile(name, []byte("added"), 0o600); err != nil {
					t.Fatal(err)
				}
				file, err := os.Open(name)
				if err != nil {
					t.Fatal(err)
				}
				defer file.Close()
				done := a.serve(way.processes, answerFour(int(file.Fd())))
				r := way.run(t, b)
				done()
				if r.Status != 0 || r.Stderr != "" {
					t.Fatalf("exit status %d, stderr %q", r.Status, r.Stderr)
				}
				want := []int64{4242, -int64(unix.EXDEV), 0, 50, 5}
				got := tinyelf.Results(r.Stdout)
				if len(r.Stdout) != 8*len(want)+5 || fmt.Sprint(got) != fmt.Sprint(want) {
					t.Fatalf("the container saw %v and %d bytes, want %v", got, len(r.Stdout), want)
				}
				if text := r.Stdout[8*len(want):]; text != "added" {
					t.Errorf("the added descriptor gave %q", text)
				}
				if _, err := os.Stat(b.Path("made")); err != nil {
					t.Errorf("CONTINUE: %v", err)
				}
			})
		}
	}
}

// TestWriteAndExecve: the runtime makes no call after the filter but the execve, so
// these two can be the agent's as well.
func TestWriteAndExecve(t *testing.T) {
	for _, way := range ways {
		t.Run(way.name, func(t *testing.T) {
			a := listen(t)
			b := container(t, a.path, func(p *tinyelf.Prog) {
				p.Print("kept\n")
				p.Print("dropped\n")
				p.Exit(3)
			})
			b.Spec.Linux.Seccomp = box.Seccomp(specs.ActErrno, box.Rule(specs.ActNotify, "execve", "write"), box.Allow("exit_group", "pause"))
			b.Spec.Linux.Seccomp.ListenerPath = a.path
			b.Spec.Linux.Seccomp.Flags = []specs.LinuxSeccompFlag{"SECCOMP_FILTER_FLAG_TSYNC", specs.LinuxSeccompFlagLog}
			done := a.serve(way.processes, func(p *process, n *notify.Notification) error {
				switch n.Nr {
				case unix.SYS_EXECVE:
					if path, err := p.ReadString(n, n.Args[0], 100); err != nil || path != "/prog" && path != "/wait" {
						return fmt.Errorf("execve of %q, %w", path, err)
					}
					return p.Continue(n.ID)
				case unix.SYS_WRITE:
					if text, err := p.ReadString(n, n.Args[1], int(n.Args[2])); err == nil && text == "dropped\n" {
						return p.Respond(n.ID, int64(n.Args[2]))
					}
					return p.Continue(n.ID)
				}
				return fmt.Errorf("call %d", n.Nr)
			})
			r := way.run(t, b)
			done()
			if r.Status != 3 || r.Stdout != "kept\n" || r.Stderr != "" {
				t.Errorf("exit status %d, stdout %q, stderr %q", r.Status, r.Stdout, r.Stderr)
			}
		})
	}
}

// TestExecveRefused: what the agent says is what execve(2) returns.
func TestExecveRefused(t *testing.T) {
	a := listen(t)
	b := container(t, a.path, func(p *tinyelf.Prog) { p.Exit(0) }, "execve")
	done := a.serve(2, func(p *process, n *notify.Notification) error { return p.RespondErrno(n.ID, unix.EACCES) })
	if r := b.Run(); r.Status == 0 || r.Stderr != "runseal: exec: \"/prog\": execve: permission denied (config.json: process.args[0])\n" {
		t.Errorf("run: exit status %d, stderr %q", r.Status, r.Stderr)
	}
	b.NothingLeft()
	out := b.Create()
	pid := b.State().Pid
	b.Must("start", b.ID)
	if status := b.WaitPid(pid); status != 126 {
		t.Errorf("start: the process ended with %d, want 126", status)
	}
	if got := out.Output(); got != "" {
		t.Errorf("start: output %q", got)
	}
	done()
}

// TestWaitKillable: with the flag a signal does not interrupt a call that the agent has
// received, without it does.
func TestWaitKillable(t *testing.T) {
	for _, c := range []struct {
		name   string
		flags  []specs.LinuxSeccompFlag
		result int64
	}{
		{"without", []specs.LinuxSeccompFlag{}, -int64(unix.EINTR)},
		{"with", []specs.LinuxSeccompFlag{specs.LinuxSeccompFlagWaitKillableRecv}, 77},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := listen(t)
			b := container(t, a.path, func(p *tinyelf.Prog) {
				p.HandleSignal(uint64(unix.SIGUSR1))
				p.Syscall(unix.SYS_RMDIR, p.String("/x"))
				p.Save()
				p.WriteResults()
				p.Exit(0)
			}, "rmdir")
			b.Spec.Linux.Seccomp.Flags = c.flags
			if len(c.flags) > 0 && !box.Linux(5, 19) {
				const want = "linux.seccomp.flags: the kernel does not know SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV (needs Linux 5.19 or newer)"
				if r := b.TryCreate().Wait(); r.Status == 0 || !strings.Contains(r.Stderr, want) {
					t.Errorf("exit status %d, stderr %q; expected %q", r.Status, r.Stderr, want)
				}
				return
			}
			out := b.Create()
			pid := b.State().Pid
			b.Must("start", b.ID)
			p := a.take()
			n := p.receive(t)
			b.Must("kill", b.ID, "USR1")
			if c.result < 0 {
				if !box.Eventually(func() bool { return !p.Valid(n.ID) }) {
					t.Fatal("the call was not interrupted")
				}
				if err := p.Respond(n.ID, 77); err != notify.ErrGone {
					t.Errorf("answer: %v, want ErrGone", err)
				}
			} else {
				sleep(100)
				if !p.Valid(n.ID) {
					t.Fatal("the call was interrupted")
				}
				if err := p.Respond(n.ID, 77); err != nil {
					t.Fatal(err)
				}
			}
			if status := b.WaitPid(pid); status != 0 {
				t.Errorf("the process ended with %d", status)
			}
			const siginfo = 128 // written by the handler
			o := out.Output()
			if len(o) != siginfo+8 || tinyelf.Results(o[siginfo:])[0] != c.result {
				t.Errorf("output of %d bytes, %v; want the handler's %d and %d", len(o), tinyelf.Results(o), siginfo, c.result)
			}
		})
	}
}
