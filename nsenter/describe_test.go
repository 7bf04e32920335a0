package nsenter

import (
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

func TestDescribe(t *testing.T) {
	b := NewBuilder()
	b.Name(5, "root")
	end := b.NewLabel()
	b.Step("mounts[0]", "mount proc")
	b.Sys(unix.SYS_OPENAT, Val(5), b.String("proc"), Imm(unix.O_PATH|unix.O_CLOEXEC), Imm(0)).Into(6).On(uint16(unix.ENOENT), end)
	b.Sys(unix.SYS_MKDIRAT, Val(5), b.String("a\"b"), Imm(0o755)).Ignore(uint16(unix.EEXIST))
	b.Jump(end)
	b.Parent("mounts[1]", "make %q", "x")
	b.Sys(unix.SYS_PRCTL, Imm(unix.PR_SET_NO_NEW_PRIVS), Imm(1), Imm(0), Imm(0), Imm(0))
	b.Place(end)
	b.Sys(unix.SYS_SCHED_SETAFFINITY, Imm(0), Imm(16), b.Words(Imm(uint64(1<<63|0x8f)), Imm(0x81)))
	b.Sys(unix.SYS_SET_MEMPOLICY, Imm(2), b.Words(Imm(5)), Imm(65))
	b.Sys(unix.SYS_SET_MEMPOLICY, Imm(0), Imm(0), Imm(0))
	b.Step("", "end")
	b.Sys(unix.SYS_EXECVE, b.String("/bin/sh"), b.Words(b.String("sh"), Imm(0)), b.Words(Imm(0)))
	var out strings.Builder
	p, err := b.Program()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Describe(&out); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, l := range strings.Split(strings.TrimSpace(out.String()), "\n") {
		got = append(got, strings.Join(strings.Fields(l), " "))
	}
	want := []string{
		`0 close_range(all but the registers) (close what the parent did not mean to pass on)`,
		`1 openat(root, "proc", O_PATH|O_CLOEXEC, 0) -> r6, ENOENT: 5 mounts[0]`,
		`2 mkdirat(root, "a\"b", 0755), EEXIST ignored mounts[0]`,
		`3 jump to 5 mounts[0]`,
		`- make "x" mounts[1]`,
		`4 prctl(SET_NO_NEW_PRIVS, 1, 0) mounts[0]`,
		`5 sched_setaffinity(0, 16, {0-3,7,63-64,71}) mounts[0]`,
		`6 set_mempolicy(0x2, {0,2}, 65) mounts[0]`,
		`7 set_mempolicy(0x0, 0x0, 0) mounts[0]`,
		`8 execve("/bin/sh", ["sh"], []) (end)`,
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// TestProgramsRunForwards: a label behind its jump would let a child loop.
func TestProgramsRunForwards(t *testing.T) {
	for _, place := range []bool{true, false} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("placed %v: Program accepted the label", place)
				}
			}()
			b := NewBuilder()
			l := b.NewLabel()
			if place {
				b.Place(l)
			}
			b.Jump(l)
			b.Program()
		}()
	}
}
