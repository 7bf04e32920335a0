package nsenter

import (
	"os"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
)

var variable uint32

// TestWithheld: the heap and the variables of the parent are not in the child.
func TestWithheld(t *testing.T) {
	onHeap := new([1 << 16]uint32)
	for name, addr := range map[string]unsafe.Pointer{"heap": unsafe.Pointer(onHeap), "variable": unsafe.Pointer(&variable)} {
		t.Run(name, func(t *testing.T) {
			b := NewBuilder()
			b.Load(5, Imm(uint64(uintptr(addr))))
			exitWith(b, 0)
			c := start(t, b, nil)
			if ws := c.Reap(); !ws.Signaled() || ws.Signal() != unix.SIGSEGV {
				t.Errorf("the child has read it: wait status %#x, want SIGSEGV", ws)
			}
		})
	}
}

// TestStartTwice: the addresses that a start fills in are those of its own copy.
func TestStartTwice(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	b := NewBuilder()
	b.Sys(unix.SYS_EXECVE, b.String(self), b.Words(b.String(self), b.String("-test.list=^$"), Imm(0)), b.Words(Imm(0)))
	p, err := b.Program()
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		c, err := Start(p, Clone{Cgroup: -1, Keep: 3})
		if err != nil {
			t.Fatal(err)
		}
		wantExit(t, c, 0)
		c.Close()
	}
}
