package nsenter

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// TestKeep sets bits for those that a word of memory has.
func TestKeep(t *testing.T) {
	b := NewBuilder()
	m := b.Zeros(8)
	b.Move(5, Imm(0x2403))
	b.Store(m.At(4), 5)
	b.Move(6, Imm(0x40))
	b.Keep(6, m.At(4), 0x1, 0x1, 0x100)
	b.Keep(6, m.At(4), 0x4, 0x4, 0x200) // not there
	b.Keep(6, m.At(4), 0x2400, 0x2400, 1<<40)
	b.Keep(6, m.At(4), 0x3000, 0, 0x400) // 0x2000 is there
	b.Keep(6, m.At(4), 0x5000, 0, 0x800)
	exitWith(b, 0)
	c := start(t, b, nil)
	wantExit(t, c, 0)
	if want := int64(0x40 | 0x100 | 1<<40 | 0x800); c.Reg(6) != want {
		t.Errorf("register 6 = %#x, want %#x", c.Reg(6), want)
	}
}

// TestDecimal opens files by numbers that are known in the child alone.
func TestDecimal(t *testing.T) {
	dir := t.TempDir()
	for _, n := range []int64{0, 9, 10, 407, 1<<31 - 1} {
		name := filepath.Join(dir, strconv.FormatInt(n, 10))
		if err := os.WriteFile(name, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		b := NewBuilder()
		b.Sys(unix.SYS_CHDIR, b.String(dir))
		b.Move(5, Imm(n))
		b.Sys(unix.SYS_UNLINKAT, Imm(unix.AT_FDCWD), b.Decimal(5, "N"), Imm(0))
		exitWith(b, 0)
		wantExit(t, start(t, b, nil), 0)
		if _, err := os.Stat(name); err == nil {
			t.Errorf("%d: the file is still there: the path was another one", n)
		}
	}
}

// TestCloexec has descriptors everywhere that a program can have them: passed on, with
// low and high numbers, in a row and alone, and opened by the program in between and
// behind. What the child has left after its execve it prints itself: a shell that does
// something after ls, so that it does not become ls, which opens the directory.
func TestCloexec(t *testing.T) {
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer null.Close()
	fds := map[Reg]int{}
	for i, n := range []int{150, 151, 300, 977} {
		if err := unix.Dup3(int(null.Fd()), n, 0); err != nil { // without close-on-exec
			t.Fatal(err)
		}
		defer unix.Close(n)
		fds[Reg(10+i)] = n
	}
	for _, from := range []int{3, 4} {
		r, w, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		b := NewBuilder()
		for range 60 { // all without close-on-exec
			b.Sys(unix.SYS_DUP, Val(10))
		}
		b.Sys(unix.SYS_DUP3, Val(9), Imm(1), Imm(0))
		b.Cloexec(from)
		b.Sys(unix.SYS_EXECVE, b.String("/bin/sh"), b.Words(b.String("sh"), b.String("-c"), b.String("ls /proc/$$/fd; :"), Imm(0)), b.Words(Imm(0)))
		fds[9] = int(w.Fd())
		c := start(t, b, fds)
		w.Close()
		var out strings.Builder
		buf := make([]byte, 4096)
		for {
			n, err := r.Read(buf)
			if n == 0 || err != nil {
				break
			}
			out.Write(buf[:n])
		}
		r.Close()
		wantExit(t, c, 0)
		want := "0\n1\n2\n"
		if from == 4 {
			want += "3\n"
		}
		// The shell keeps its script's file at 10, if it has one; here it has none.
		if got := out.String(); got != want {
			t.Errorf("from %d: left open after execve: %q, want %q", from, strings.Fields(got), strings.Fields(want))
		}
	}
}
