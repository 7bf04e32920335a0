package lifecycle

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/integration/internal/box"
)

// sh is a box whose process is a shell script.
func sh(t *testing.T, script string) *box.Box {
	t.Helper()
	return box.New(t, "/bin/sh", "-c", script)
}

// output runs a script in the foreground and returns what it wrote; anything
// but exit status 0 and an empty standard error fails the test.
func output(t *testing.T, b *box.Box) string {
	t.Helper()
	r := b.Run()
	if r.Status != 0 || r.Stderr != "" {
		t.Fatalf("exit status %d, stdout %q, stderr %q", r.Status, r.Stdout, r.Stderr)
	}
	return r.Stdout
}

func TestRunExitStatus(t *testing.T) {
	for i, code := range []int{0, 1, 2, 42, 77, 126, 127, 128, 137, 159, 254, 255} {
		if !box.Sampled(i) {
			continue
		}
		t.Run(fmt.Sprint(code), func(t *testing.T) {
			b := sh(t, fmt.Sprintf("exit %d", code))
			if r := b.Run(); r.Status != code || r.Stderr != "" {
				t.Errorf("exit status %d, stderr %q", r.Status, r.Stderr)
			}
			b.NothingLeft()
		})
	}
}

// The first process of a pid namespace ignores what it has no handler for, so
// that a container of which a signal ends the process shares the host's pids,
// or is killed from outside.
func TestRunStatusOfASignal(t *testing.T) {
	for i, sig := range []unix.Signal{unix.SIGHUP, unix.SIGINT, unix.SIGABRT, unix.SIGKILL, unix.SIGUSR1, unix.SIGSEGV, unix.SIGPIPE, unix.SIGTERM, unix.SIGSYS} {
		if !box.Sampled(i) {
			continue
		}
		t.Run(sig.String(), func(t *testing.T) {
			b := sh(t, fmt.Sprintf("kill -%d $$; sleep 60", int(sig)))
			b.DropNamespace(specs.PIDNamespace)
			if r := b.Run(); r.Status != 128+int(sig) {
				t.Errorf("exit status %d, stderr %q; expected %d", r.Status, r.Stderr, 128+int(sig))
			}
			b.NothingLeft()
		})
	}
}

func TestRunPassesStandardStreams(t *testing.T) {
	b := sh(t, "cat; echo to stderr >&2")
	if err := os.WriteFile(filepath.Join(b.Dir, "input"), []byte("from stdin\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	in, err := os.Open(filepath.Join(b.Dir, "input"))
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	b.WriteConfig(b.Config())
	r := b.Start(stdin(in), "run", "--bundle", b.Dir, b.ID).Wait()
	if r.Status != 0 || r.Stdout != "from stdin\n" || r.Stderr != "to stderr\n" {
		t.Errorf("exit status %d, stdout %q, stderr %q", r.Status, r.Stdout, r.Stderr)
	}
}

// The bundle is the working directory when --bundle is not given.
func TestRunInTheBundleDirectory(t *testing.T) {
	b := sh(t, "echo here")
	b.WriteConfig(b.Config())
	if r := b.Do("run", b.ID); r.Status != 0 || r.Stdout != "here\n" { // Start sets the working directory to the bundle
		t.Errorf("exit status %d, stdout %q, stderr %q", r.Status, r.Stdout, r.Stderr)
	}
}

func TestRunForwardsSignals(t *testing.T) {
	for _, sig := range []unix.Signal{unix.SIGHUP, unix.SIGINT, unix.SIGQUIT, unix.SIGTERM, unix.SIGUSR1, unix.SIGUSR2, unix.SIGCONT} {
		t.Run(sig.String(), func(t *testing.T) {
			b := sh(t, fmt.Sprintf("trap 'echo got it; exit 5' %d; echo ready; while :; do sleep 0.02; done", int(sig)))
			b.WriteConfig(b.Config())
			p := b.Start(nil, "run", "--bundle", b.Dir, b.ID)
			p.WaitOutput("ready\n")
			if err := unix.Kill(p.Process.Pid, sig); err != nil {
				t.Fatal(err)
			}
			if r := p.Wait(); r.Status != 5 || r.Stdout != "ready\ngot it\n" {
				t.Errorf("exit status %d, stdout %q, stderr %q", r.Status, r.Stdout, r.Stderr)
			}
			b.NothingLeft()
		})
	}
}

// A process that ends while its children live takes the container with it.
func TestRunEndsWithItsFirstProcess(t *testing.T) {
	b := sh(t, "sleep 60 & exit 3")
	if r := b.Run(); r.Status != 3 {
		t.Errorf("exit status %d, stderr %q", r.Status, r.Stderr)
	}
	b.NothingLeft()
}

func TestRunDetached(t *testing.T) {
	b := sh(t, "sleep 0.1; echo late; exit 6")
	pidFile := filepath.Join(b.Dir, "pid")
	b.WriteConfig(b.Config())
	p := b.Start(nil, "run", "--bundle", b.Dir, "--detach", "--pid-file", pidFile, b.ID)
	if r := p.Wait(); r.Status != 0 || r.Stdout != "" {
		t.Fatalf("exit status %d, stdout %q, stderr %q", r.Status, r.Stdout, r.Stderr)
	}
	if s := b.State(); s.Status != "running" {
		t.Errorf("state is %q", s.Status)
	}
	pid := readPid(t, pidFile)
	if got := b.WaitPid(pid); got != 6 {
		t.Errorf("the process ended with %d, expected 6", got)
	}
	p.WaitOutput("late\n")
	b.WaitFor("stopped")
	b.Must("delete", b.ID)
	b.NothingLeft()
}

func TestRunKeep(t *testing.T) {
	b := sh(t, "exit 4")
	if r := b.Run("--keep"); r.Status != 4 {
		t.Fatalf("exit status %d, stderr %q", r.Status, r.Stderr)
	}
	if s := b.State(); s.Status != "stopped" || s.Pid != 0 {
		t.Errorf("state is %q with pid %d, expected stopped and 0", s.Status, s.Pid)
	}
	b.Must("delete", b.ID)
	b.NothingLeft()
}

// readPid reads a pid file, which is the decimal number and nothing else.
func readPid(t *testing.T, name string) int {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(string(data))
	if err != nil || strconv.Itoa(pid) != string(data) || pid < 2 {
		t.Fatalf("pid file contains %q, expected a decimal number and nothing else", data)
	}
	return pid
}

// A reader that polls for the pid file never sees it empty: it appears whole.
func TestPidFileIsAtomic(t *testing.T) {
	b := sh(t, "sleep 60")
	name := filepath.Join(b.Dir, "sub", "pid")
	if err := os.Mkdir(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	// An old file is replaced, not written into: what has it open still
	// sees the old content, and a reader never sees a part.
	if err := os.WriteFile(name, []byte("an older, longer content"), 0o600); err != nil {
		t.Fatal(err)
	}
	old, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer old.Close()
	b.Create("--pid-file", name)
	if got, want := readPid(t, name), b.State().Pid; got != want {
		t.Errorf("pid file has %d, state has %d", got, want)
	}
	buf := make([]byte, 64)
	if n, _ := old.Read(buf); string(buf[:n]) != "an older, longer content" {
		t.Errorf("the file was written in place: the open file now has %q", buf[:n])
	}
	entries, err := os.ReadDir(filepath.Dir(name))
	if err != nil || len(entries) != 1 {
		t.Errorf("beside the pid file are %v (%v)", entries, err)
	}
}

func TestPidFileThatCannotBeWritten(t *testing.T) {
	b := sh(t, "sleep 60")
	r := b.TryCreate("--pid-file", filepath.Join(b.Dir, "nowhere", "pid")).Wait()
	if r.Status == 0 || !strings.Contains(r.Stderr, "no such file or directory") || strings.Count(r.Stderr, "\n") != 1 {
		t.Errorf("exit status %d, stderr %q; expected one line with the reason", r.Status, r.Stderr)
	}
	b.NothingLeft()
}
