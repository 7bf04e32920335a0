package nsenter

import (
	"encoding/binary"
	"fmt"
	"os"
	"unsafe"

	"golang.org/x/sys/unix"
)

// boot is what the child is told, in memory of its own.
type boot struct {
	entry  uintptr // what it calls: inChild
	ops    *Op
	n      uintptr // of ops
	arena  uintptr
	page   *page
	mask   uint64    // the signal mask that it goes on with
	action [4]uint64 // struct sigaction with SIG_DFL and nothing else
}

// What comes before boot in the child's memory.
const (
	// stackSize is that of its stack: the interpreter is a few functions without a stack
	// check, for which the linker allows less than a kilobyte.
	stackSize = 4096
	// tlsSize is that of its thread-local storage. On amd64 compiled code fetches g, just
	// below the thread pointer, after each call of an assembly function.
	tlsSize = 128
	tlsAt   = stackSize + tlsSize // the thread pointer
	bootAt  = tlsAt + tlsSize
)

// newMemory maps a stack, thread-local storage, boot, the ops, and the arena with the
// addresses filled in. Of the parent's memory the child uses this, the page, text and
// constants. It may not have the rest, see withhold.
func newMemory(p *Program, pg *page) ([]byte, *boot, error) {
	opsAt := bootAt + int(unsafe.Sizeof(boot{}))
	opsSize := len(p.Ops) * int(unsafe.Sizeof(Op{}))
	arenaAt := (opsAt + opsSize + 7) &^ 7
	// Populated: one call instead of a page fault for each page.
	mem, err := unix.Mmap(-1, 0, arenaAt+len(p.arena), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANONYMOUS|unix.MAP_POPULATE)
	if err != nil {
		return nil, nil, fmt.Errorf("map the memory of the child: %w", err)
	}
	b := (*boot)(unsafe.Pointer(&mem[bootAt]))
	b.ops, b.n = (*Op)(unsafe.Pointer(&mem[opsAt])), uintptr(len(p.Ops))
	copy(unsafe.Slice(b.ops, b.n), p.Ops)
	arena := mem[arenaAt:]
	copy(arena, p.arena)
	enter := inChild
	b.entry = **(**uintptr)(unsafe.Pointer(&enter))
	b.page = pg
	b.arena = uintptr(unsafe.Pointer(&arena[0]))
	for _, off := range p.relocs {
		w := arena[off:]
		binary.NativeEndian.PutUint64(w, binary.NativeEndian.Uint64(w)+uint64(b.arena))
	}
	return mem, b, nil
}

// arenaSize is that of the Go heap's arenas, which are aligned to it (64-bit Linux).
const arenaSize = 64 << 20

// withhold keeps the Go heap and the binary's writable data out of the children that are
// forked from now on. They need none of it; to copy its page tables takes time, and so
// does each fault by which the parent, all of whose pages become copy-on-write, gets one
// of its own back. It is an optimisation, and whether the kernel does it is not looked at.
//
// (Children of os/exec have all of the parent's memory until their execve, CLONE_VM.)
func withhold(p *Program) {
	dontFork(uintptr(unsafe.Pointer(&p.Ops[0]))&^(arenaSize-1), arenaSize)
	var headers, n uintptr
	auxv, _ := unix.Auxv()
	for _, v := range auxv {
		switch v[0] {
		case auxPhdr:
			headers = v[1]
		case auxPhnum:
			n = v[1]
		}
	}
	for i := range n {
		h := (*programHeader)(pointer(headers + i*unsafe.Sizeof(programHeader{})))
		if h.kind == ptLoad && h.flags&pfWritable != 0 {
			page := uintptr(os.Getpagesize())
			first := h.addr &^ (page - 1)
			dontFork(first, (h.addr+h.memSize+page-1)&^(page-1)-first)
		}
	}
}

// AT_PHDR and AT_PHNUM of getauxval(3): where the program's ELF headers lie, and how many.
const (
	auxPhdr  = 3
	auxPhnum = 5
)

// programHeader is Elf64_Phdr of elf(5). The address is right as it is in a program that
// is not position-independent.
type programHeader struct {
	kind, flags                                    uint32
	offset, addr, physical, fileSize, memSize, pad uintptr
}

const (
	ptLoad     = 1
	pfWritable = 2 // PF_W
)

func dontFork(at, size uintptr) { unix.RawSyscall(unix.SYS_MADVISE, at, size, unix.MADV_DONTFORK) }
