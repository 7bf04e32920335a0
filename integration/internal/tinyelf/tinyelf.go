// Package tinyelf writes static x86-64 programs that make exactly the system
// calls that a test names, and no other: there is no C library, no start-up
// code and no compiler involved.
//
//	p := tinyelf.New()
//	p.Syscall(unix.SYS_WRITE, 1, p.Bytes([]byte("hello\n")), 6)
//	p.Syscall(unix.SYS_EXIT, 0)
//	err := p.WriteFile("rootfs/hello")
//
// A program is straight-line code with a handful of exceptions (a signal
// handler, a second thread, a wait loop). [Prog.Save] puts the result of the
// call before it into a list that [Prog.WriteResults] writes to standard
// output as 8-byte little-endian integers; an error is a negative errno, as the
// kernel returns it.
//
// The image has two segments at fixed addresses below 2^31, so that every
// address also fits a 32-bit system call: code at 0x400000 (read, execute) and
// data at 0x10000000 (read, write; 64 KiB, which hold data, results and the
// second thread's stack).
package tinyelf

import (
	"encoding/binary"
	"os"
)

const (
	codeBase   = 0x400000
	dataBase   = 0x10000000
	dataSize   = 0x10000
	headerSize = 64 + 2*56 // ELF header and two program headers

	resultBase = dataBase + 0x8000 // Save's list
	stackTop   = dataBase + 0xff00 // the second thread's stack
	tidWord    = dataBase + 0xff80 // cleared by the kernel when that thread ends
)

// A Prog is a program under construction. The zero value is not ready: use New.
type Prog struct {
	// X32 makes the file one of the x32 ABI, which only some kernels execute. The
	// calls are still as the caller numbers them: with bit 30 for that ABI's.
	X32 bool

	code    []byte
	data    []byte
	results int
}

// New returns an empty program.
func New() *Prog { return new(Prog) }

// Bytes stores b in the data segment and returns its address.
func (p *Prog) Bytes(b []byte) uint64 {
	addr := dataBase + uint64(len(p.data))
	p.data = append(p.data, b...)
	for len(p.data)%8 != 0 {
		p.data = append(p.data, 0)
	}
	if len(p.data) > resultBase-dataBase {
		panic("tinyelf: data too big")
	}
	return addr
}

// String stores s with a terminating NUL and returns its address.
func (p *Prog) String(s string) uint64 { return p.Bytes(append([]byte(s), 0)) }

func (p *Prog) emit(b ...byte) { p.code = append(p.code, b...) }

// Syscall makes a 64-bit system call with up to six arguments. Registers of
// arguments that are not given are zero. nr is taken as it is: bit 30 selects
// the x32 table.
func (p *Prog) Syscall(nr uint64, args ...uint64) {
	// mov reg, imm64 for rdi, rsi, rdx, r10, r8, r9
	mov := [6][2]byte{{0x48, 0xbf}, {0x48, 0xbe}, {0x48, 0xba}, {0x49, 0xba}, {0x49, 0xb8}, {0x49, 0xb9}}
	for i, op := range mov {
		var v uint64
		if i < len(args) {
			v = args[i]
		}
		p.emit(op[0], op[1])
		p.code = binary.LittleEndian.AppendUint64(p.code, v)
	}
	p.emit(0x48, 0xb8) // mov rax, imm64
	p.code = binary.LittleEndian.AppendUint64(p.code, nr)
	p.emit(0x0f, 0x05) // syscall
}

// Int80 makes an i386 system call through int 0x80 with up to six arguments,
// which the kernel takes from the low halves of the registers.
func (p *Prog) Int80(nr uint32, args ...uint32) {
	// mov reg, imm32 for ebx, ecx, edx, esi, edi, ebp
	for i, op := range [6]byte{0xbb, 0xb9, 0xba, 0xbe, 0xbf, 0xbd} {
		var v uint32
		if i < len(args) {
			v = args[i]
		}
		p.emit(op)
		p.code = binary.LittleEndian.AppendUint32(p.code, v)
	}
	p.emit(0xb8) // mov eax, imm32
	p.code = binary.LittleEndian.AppendUint32(p.code, nr)
	p.emit(0xcd, 0x80)             // int 0x80
	p.emit(0x48, 0x63, 0xc0)       // movsxd rax, eax: a 32-bit result is signed
	p.emit(0x90, 0x90, 0x90, 0x90) // room that makes a disassembly easier to read
}

// Save appends the result of the last call to the list of results.
func (p *Prog) Save() {
	p.emit(0x48, 0xa3) // movabs [imm64], rax
	p.code = binary.LittleEndian.AppendUint64(p.code, uint64(resultBase+8*p.results))
	p.results++
}

// WriteResults writes the list to standard output with write(2).
func (p *Prog) WriteResults() {
	p.Syscall(sysWrite, 1, resultBase, uint64(8*p.results))
}

// Print writes s to standard output with write(2).
func (p *Prog) Print(s string) {
	p.Syscall(sysWrite, 1, p.Bytes([]byte(s)), uint64(len(s)))
}

// Exit ends the program with exit_group(2).
func (p *Prog) Exit(status uint64) { p.Syscall(sysExitGroup, status) }

// jump emits a jump with a 32-bit displacement that land fills in.
func (p *Prog) jump(op ...byte) (at int) {
	p.emit(op...)
	p.emit(0, 0, 0, 0)
	return len(p.code)
}

// land makes the jump at its end position at go here.
func (p *Prog) land(at int) {
	binary.LittleEndian.PutUint32(p.code[at-4:], uint32(len(p.code)-at))
}

func (p *Prog) here() uint64 { return codeBase + headerSize + uint64(len(p.code)) }

// HandleSignal installs a handler for sig by rt_sigaction(2). The handler
// writes the 128 bytes of its siginfo to standard output and returns through
// rt_sigreturn(2), so the program goes on after the call that trapped.
func (p *Prog) HandleSignal(sig uint64) {
	over := p.jump(0xe9) // jmp over the handler
	handler := p.here()
	p.emit(0xba, 128, 0, 0, 0)      // mov edx, 128; rsi is the siginfo
	p.emit(0xbf, 1, 0, 0, 0)        // mov edi, 1
	p.emit(0xb8, sysWrite, 0, 0, 0) // mov eax, write
	p.emit(0x0f, 0x05, 0xc3)        // syscall; ret
	restorer := p.here()
	p.emit(0xb8, sysSigreturn, 0, 0, 0, 0x0f, 0x05) // mov eax, rt_sigreturn; syscall
	p.land(over)
	// struct kernel_sigaction: handler, flags, restorer, mask
	var act []byte
	act = binary.LittleEndian.AppendUint64(act, handler)
	act = binary.LittleEndian.AppendUint64(act, saSiginfo|saRestorer)
	act = binary.LittleEndian.AppendUint64(act, restorer)
	act = binary.LittleEndian.AppendUint64(act, 0)
	p.Syscall(sysSigaction, sig, p.Bytes(act), 0, 8)
}

// Thread runs body in a second thread. The program goes on when that thread
// has ended, by itself or by the kernel. body's program must not return: it
// ends with exit(2) or by a signal.
func (p *Prog) Thread(body func()) {
	p.Syscall(sysClone, cloneThread, stackTop, 0, tidWord, 0)
	p.emit(0x48, 0x85, 0xc0)     // test rax, rax
	parent := p.jump(0x0f, 0x85) // jnz parent
	body()
	p.emit(0x0f, 0x0b) // ud2: body has returned
	p.land(parent)
	// The word starts as 1 (see image), so there is no race with the clone.
	loop := len(p.code)
	p.Syscall(sysSchedYield)
	p.emit(0xb8) // mov eax, tidWord
	p.code = binary.LittleEndian.AppendUint32(p.code, tidWord)
	p.emit(0x83, 0x38, 0x00) // cmp dword [rax], 0
	back := p.jump(0x0f, 0x85)
	binary.LittleEndian.PutUint32(p.code[back-4:], uint32(loop-back))
}

// Image is the program as an ELF file.
func (p *Prog) Image() []byte {
	le := binary.LittleEndian
	data := make([]byte, dataSize)
	copy(data, p.data)
	le.PutUint32(data[tidWord-dataBase:], 1)

	textLen := uint64(headerSize + len(p.code))
	dataOff := (textLen + 0xfff) &^ 0xfff
	b := p.header64(textLen, dataOff)
	if p.X32 {
		b = p.header32(textLen, dataOff)
	}
	b = append(b, p.code...)
	b = append(b, make([]byte, dataOff-textLen)...)
	return append(b, data...)
}

// header64 is the ELF header of a 64-bit program and its two program headers.
func (p *Prog) header64(textLen, dataOff uint64) []byte {
	le := binary.LittleEndian
	b := []byte{0x7f, 'E', 'L', 'F', 2, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0}
	b = le.AppendUint16(b, 2)  // ET_EXEC
	b = le.AppendUint16(b, 62) // EM_X86_64
	b = le.AppendUint32(b, 1)
	b = le.AppendUint64(b, codeBase+headerSize) // entry
	b = le.AppendUint64(b, 64)                  // program headers
	b = le.AppendUint64(b, 0)                   // no section headers
	b = le.AppendUint32(b, 0)
	for _, v := range []uint16{64, 56, 2, 0, 0, 0} {
		b = le.AppendUint16(b, v)
	}
	load := func(flags uint32, off, addr, size uint64) {
		b = le.AppendUint32(b, 1) // PT_LOAD
		b = le.AppendUint32(b, flags)
		for _, v := range []uint64{off, addr, addr, size, size, 0x1000} {
			b = le.AppendUint64(b, v)
		}
	}
	load(5, 0, codeBase, textLen)
	load(6, dataOff, dataBase, dataSize)
	return b
}

// header32 is the same for the x32 ABI: 64-bit code in a 32-bit file. It is as
// long as the other, so that the code has the same address.
func (p *Prog) header32(textLen, dataOff uint64) []byte {
	le := binary.LittleEndian
	b := []byte{0x7f, 'E', 'L', 'F', 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0}
	b = le.AppendUint16(b, 2)  // ET_EXEC
	b = le.AppendUint16(b, 62) // EM_X86_64
	for _, v := range []uint32{1, codeBase + headerSize, 52, 0, 0} {
		b = le.AppendUint32(b, v) // version, entry, program headers, no section headers, flags
	}
	for _, v := range []uint16{52, 32, 2, 0, 0, 0} {
		b = le.AppendUint16(b, v)
	}
	load := func(flags, off, addr, size uint32) {
		for _, v := range []uint32{1, off, addr, addr, size, size, flags, 0x1000} {
			b = le.AppendUint32(b, v) // PT_LOAD
		}
	}
	load(5, 0, codeBase, uint32(textLen))
	load(6, uint32(dataOff), dataBase, dataSize)
	return append(b, make([]byte, headerSize-len(b))...)
}

// WriteFile writes the program to an executable file.
func (p *Prog) WriteFile(name string) error {
	return os.WriteFile(name, p.Image(), 0o755)
}

// Results decodes what WriteResults has written.
func Results(out string) []int64 {
	var list []int64
	for b := []byte(out); len(b) >= 8; b = b[8:] {
		list = append(list, int64(binary.LittleEndian.Uint64(b)))
	}
	return list
}
