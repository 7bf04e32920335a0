package state

import (
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func TestParseStat(t *testing.T) {
	rest := " S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 4242 20 21"
	for _, c := range []struct {
		in    string
		start uint64
		state byte
		ok    bool
	}{
		{"77 (sh)" + rest, 4242, 'S', true},
		{"77 (a) b (c)) Z 9 (x)" + rest, 4242, 'S', true},
		{"77 ()" + strings.Replace(rest, "S", "Z", 1) + "\n", 4242, 'Z', true},
		{"77 (\n)" + rest[:strings.Index(rest, " 20")] + "\n", 4242, 'S', true},
		{"77 (sh) S 1 2 3", 0, 0, false},
		{"77 (sh)", 0, 0, false},
		{"77 sh S", 0, 0, false},
		{"", 0, 0, false},
		{"77 (sh)" + strings.Replace(rest, "4242", "-1", 1), 0, 0, false},
		{"77 (sh)" + strings.Replace(rest, "4242", "99999999999999999999", 1), 0, 0, false},
	} {
		start, state, err := parseStat([]byte(c.in))
		if (err == nil) != c.ok || start != c.start || state != c.state {
			t.Errorf("%q: %d %c %v", c.in, start, state, err)
		}
	}
}

// TestAlive takes a process through its states: running, zombie, gone.
func TestAlive(t *testing.T) {
	self, state, err := ProcessStart(os.Getpid())
	if err != nil || self == 0 || (state != 'R' && state != 'S') {
		t.Fatalf("own process: %d %c %v", self, state, err)
	}
	alive := func(pid int, start uint64) bool {
		t.Helper()
		is, err := Alive(pid, start)
		if err != nil {
			t.Errorf("Alive(%d, %d): %v", pid, start, err)
		}
		return is
	}
	if !alive(os.Getpid(), self) || alive(os.Getpid(), self+1) || alive(os.Getpid(), 0) {
		t.Error("Alive of the own process")
	}
	for _, pid := range []int{-1, 0} {
		if _, _, err := ProcessStart(pid); err != unix.ESRCH {
			t.Errorf("pid %d: %v", pid, err)
		}
	}
	cmd := exec.Command("/bin/sleep", "60")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	pid := cmd.Process.Pid
	start, _, err := ProcessStart(pid)
	if err != nil {
		t.Fatal(err)
	}
	if !alive(pid, start) {
		t.Error("a running process is not alive")
	}
	if err := unix.Kill(pid, unix.SIGKILL); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(5 * time.Second); alive(pid, start); {
		if time.Now().After(deadline) {
			t.Fatal("still alive after SIGKILL")
		}
		time.Sleep(time.Millisecond)
	}
	if _, state, err := ProcessStart(pid); err != nil || state != 'Z' {
		t.Errorf("before wait: %c %v, want a zombie", state, err)
	}
	cmd.Wait()
	if _, _, err := ProcessStart(pid); err != unix.ESRCH {
		t.Errorf("after wait: %v, want ESRCH", err)
	}
}

func BenchmarkAlive(b *testing.B) {
	start, _, err := ProcessStart(os.Getpid())
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if is, err := Alive(os.Getpid(), start); err != nil || !is {
			b.Fatal("not alive")
		}
	}
}
