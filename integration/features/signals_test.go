package features

import (
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/integration/internal/box"
)

// forwarded are signals that a caller means for the container; the last one ends
// the program. (32 to 34 are none that a Go program can be asked for.)
var forwarded = []unix.Signal{
	unix.SIGHUP, unix.SIGINT, unix.SIGQUIT, unix.SIGTERM, unix.SIGUSR1, unix.SIGUSR2, unix.SIGALRM, unix.SIGCONT,
	unix.SIGTSTP, unix.SIGTTIN, unix.SIGTTOU, unix.SIGABRT, unix.SIGVTALRM, unix.SIGIO, unix.SIGPWR, unix.SIGXCPU, 35, 40, 63, 64,
}

func TestForwardedSignals(t *testing.T) {
	for _, verb := range []string{"run", "exec"} {
		t.Run(verb, func(t *testing.T) {
			b := box.New(t, "/inside", "signals")
			addProgram(t, b)
			var p *box.Process
			if verb == "run" {
				p = foreground(b, nil)
			} else {
				b.Spec.Process.Args = []string{"/bin/sleep", "600"}
				b.Up()
				p = b.Start(nil, "exec", b.ID, "/inside", "signals")
			}
			p.WaitOutput("ready\n")
			want := "ready\n"
			for i, sig := range forwarded {
				must(t, unix.Kill(p.Process.Pid, sig))
				want += fmt.Sprintf("signal %d\n", int(sig))
				if i < len(forwarded)-1 {
					p.WaitOutput(want) // signals that wait together have no order
				}
			}
			if r := p.Wait(); r.Status != 3 || r.Stdout != want || r.Stderr != "" {
				t.Errorf("exit status %d, stdout\n%s, stderr %q; expected 3 and\n%s", r.Status, r.Stdout, r.Stderr, want)
			}
		})
	}
}

// What is about the runtime itself is not passed on.
func TestSignalsThatAreNotForwarded(t *testing.T) {
	b := box.New(t, "/inside", "signals")
	addProgram(t, b)
	p := foreground(b, nil)
	p.WaitOutput("ready\n")
	for _, sig := range []unix.Signal{unix.SIGCHLD, unix.SIGWINCH, unix.SIGURG, unix.SIGPIPE, 64} {
		must(t, unix.Kill(p.Process.Pid, sig))
	}
	if r := p.Wait(); r.Status != 3 || r.Stdout != "ready\nsignal 64\n" {
		t.Errorf("exit status %d, stdout %q, stderr %q; expected the number 64 alone", r.Status, r.Stdout, r.Stderr)
	}
}

// waits tells whether a thread of the process is inside a system call of this
// number.
func waits(pid, nr int) bool {
	threads, _ := os.ReadDir(fmt.Sprintf("/proc/%d/task", pid))
	for _, e := range threads {
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%s/syscall", pid, e.Name()))
		if err == nil && strings.HasPrefix(string(text), fmt.Sprintf("%d ", nr)) {
			return true
		}
	}
	return false
}

// A signal that comes while run or exec still sets the process up reaches it in
// the end. They are stopped in the middle by a console socket whose queue is
// full. The process shares the host's pids: the first of a pid namespace
// ignores what it has not asked for.
func TestSignalDuringSetup(t *testing.T) {
	for _, verb := range []string{"run", "exec"} {
		t.Run(verb, func(t *testing.T) {
			r := listen(t, 0)
			full, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
			must(t, err)
			defer unix.Close(full)
			must(t, unix.Connect(full, &unix.SockaddrUnix{Name: r.path}))
			b := sh(t, "echo started; sleep 600")
			b.DropNamespace(specs.PIDNamespace)
			var p *box.Process
			if verb == "run" {
				b.Spec.Process.Terminal = true
				p = foreground(b, nil, "--console-socket", r.path)
			} else {
				b.Up()
				p = b.Start(nil, "exec", "--tty", "--console-socket", r.path, b.ID, "/bin/sleep", "600")
			}
			if !box.Eventually(func() bool { return waits(p.Process.Pid, unix.SYS_CONNECT) }) {
				t.Fatal("the command does not wait for the console socket")
			}
			must(t, unix.Kill(p.Process.Pid, unix.SIGTERM))
			// It has been taken when it is pending no more.
			if !box.Eventually(func() bool {
				status, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.Process.Pid))
				return strings.Contains(string(status), "ShdPnd:\t0000000000000000")
			}) {
				t.Fatal("the signal is not taken")
			}
			unix.Close(r.accept())
			master := r.master()
			defer master.Close()
			if res := p.Wait(); res.Status != 128+int(unix.SIGTERM) || res.Took > box.Slow(8*time.Second) {
				t.Errorf("exit status %d after %v, stderr %q; expected 143 at once", res.Status, res.Took, res.Stderr)
			}
		})
	}
}

// The same at moments spread over a run, wherever they fall: it ends by the
// signal and nothing is left.
func TestSignalAtAnyMoment(t *testing.T) {
	b := sh(t, "sleep 600")
	b.DropNamespace(specs.PIDNamespace)
	moments := box.Rounds(40)
	for i := range moments {
		p := foreground(b, nil)
		delay := box.Slow(20*time.Millisecond) * time.Duration(i) / time.Duration(moments)
		time.Sleep(delay) // the moment itself is what is tested
		must(t, unix.Kill(p.Process.Pid, unix.SIGTERM))
		r := p.Wait()
		if r.Status != 143 || r.Took > box.Slow(5*time.Second) {
			t.Errorf("killed after %v: exit status %d after %v, stderr %q; expected 143", delay, r.Status, r.Took, r.Stderr)
		}
		if left := b.Left(); len(left) > 0 {
			// Before the runtime takes over the signals it has made nothing.
			t.Errorf("killed after %v: left behind %q", delay, left)
			b.Must("delete", "--force", b.ID)
		}
	}
}

// What the caller ignores (nohup, a shell's background job) has its default
// action inside, and nothing is blocked.
func TestIgnoredSignalsOfTheCaller(t *testing.T) {
	ignoring := func(c *exec.Cmd) {
		c.Args = append([]string{"sh", "-c", `trap '' 1 2 3 10 12 13 14 15 17 20 21 22 28; exec "$@"`, "sh", c.Path}, c.Args[1:]...)
		c.Path = "/bin/sh"
	}
	const want = "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\nSigCgt:\t0000000000000000\n"
	b := box.New(t, "/bin/grep", "-E", "SigBlk|SigIgn|SigCgt", "/proc/self/status")
	if r := foreground(b, ignoring).Wait(); r.Status != 0 || r.Stdout != want {
		t.Errorf("run: exit status %d, stdout %q, stderr %q; expected\n%s", r.Status, r.Stdout, r.Stderr, want)
	}
	p := b.Start(ignoring, "create", "--bundle", b.Dir, b.ID)
	if r := p.Wait(); r.Status != 0 {
		t.Fatalf("create: exit status %d, stderr %q", r.Status, r.Stderr)
	}
	b.Must("start", b.ID)
	b.WaitFor("stopped")
	if got := p.Output(); got != want {
		t.Errorf("create: %q, expected\n%s", got, want)
	}
	e := sh(t, "sleep 600")
	e.Up()
	args := slices.Concat([]string{"exec", e.ID}, b.Spec.Process.Args)
	if r := e.Start(ignoring, args...).Wait(); r.Status != 0 || r.Stdout != want {
		t.Errorf("exec: exit status %d, stdout %q, stderr %q; expected\n%s", r.Status, r.Stdout, r.Stderr, want)
	}
}

// A process that is killed from outside, or for memory, has the status that
// engines take for it.
func TestKilledProcessIs137(t *testing.T) {
	t.Run("kill from the host", func(t *testing.T) {
		b := sh(t, "echo ready; sleep 600")
		p := foreground(b, nil)
		p.WaitOutput("ready\n")
		must(t, unix.Kill(b.State().Pid, unix.SIGKILL))
		if r := p.Wait(); r.Status != 137 || r.Stderr != "" {
			t.Errorf("exit status %d, stderr %q; expected 137", r.Status, r.Stderr)
		}
		b.NothingLeft()
	})
	limit := int64(24 << 20)
	hungry := []string{"/bin/dd", "if=/dev/zero", "of=/dev/null", "bs=200M", "count=1"}
	limited := func(args ...string) *box.Box {
		b := box.New(t, args...)
		b.Spec.Linux.Resources = &specs.LinuxResources{
			Devices: []specs.LinuxDeviceCgroup{{Allow: false, Access: "rwm"}}, Memory: &specs.LinuxMemory{Limit: &limit, Swap: &limit},
		}
		return b
	}
	t.Run("out of memory in run", func(t *testing.T) {
		b := limited(hungry...)
		if r := b.Run(); r.Status != 137 || r.Stdout+r.Stderr != "" {
			t.Errorf("exit status %d, stdout %q, stderr %q; expected 137 and nothing else", r.Status, r.Stdout, r.Stderr)
		}
		b.NothingLeft()
	})
	t.Run("out of memory in exec", func(t *testing.T) {
		b := limited("/bin/sleep", "600")
		b.Up()
		if r := b.Do(slices.Concat([]string{"exec", b.ID}, hungry)...); r.Status != 137 || r.Stdout+r.Stderr != "" {
			t.Errorf("exit status %d, stdout %q, stderr %q; expected 137 and nothing else", r.Status, r.Stdout, r.Stderr)
		}
		if s := b.State().Status; s != "running" {
			t.Errorf("the container is %q afterwards", s)
		}
	})
}

// A process of the container can stop what comes into its pid namespace before that has
// become a program. Whoever started it can end it all the same.
func TestSignalToAStoppedExec(t *testing.T) {
	for range 10 {
		b := sh(t, "while ! kill -STOP 2 2>/dev/null; do :; done; echo stopped; while :; do :; done")
		c := b.Create()
		b.Must("start", b.ID)
		p := b.Start(nil, "exec", b.ID, "/bin/sleep", "600")
		c.WaitOutput("stopped\n")
		set := slices.ContainsFunc(b.Processes(), func(pid int) bool {
			name, _ := os.ReadFile(fmt.Sprintf("/proc/%d/comm", pid))
			return strings.TrimSpace(string(name)) == "sleep"
		})
		if set { // it was too quick
			b.Must("delete", "--force", b.ID)
			p.Wait()
			continue
		}
		must(t, p.Cmd.Process.Signal(unix.SIGTERM))
		r := p.Wait()
		if r.Status == 0 || r.Took > box.Slow(10*time.Second) || !strings.Contains(r.Stderr, "SIGTERM") {
			t.Errorf("exit status %d after %v, stderr %q", r.Status, r.Took, r.Stderr)
		}
		return
	}
	t.Error("it was never stopped before its execve")
}
