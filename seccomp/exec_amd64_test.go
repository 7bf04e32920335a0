package seccomp

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"testing"
)

// helloELF is a static program of two calls: write(1, "hello\n", 6) and
// exit_group(7).
func helloELF() []byte {
	const base, header = 0x400000, 64 + 56
	code := []byte{
		0xbf, 1, 0, 0, 0, // mov edi, 1
		0x48, 0x8d, 0x35, 0, 0, 0, 0, // lea rsi, [rip+text]
		0xba, 6, 0, 0, 0, // mov edx, 6
		0xb8, 1, 0, 0, 0, // mov eax, write
		0x0f, 0x05, // syscall
		0xbf, 7, 0, 0, 0, // mov edi, 7
		0xb8, 231, 0, 0, 0, // mov eax, exit_group
		0x0f, 0x05, // syscall
	}
	code[8] = byte(len(code) - 12) // from the end of lea to the text
	code = append(code, "hello\n"...)

	le := binary.LittleEndian
	b := []byte{0x7f, 'E', 'L', 'F', 2, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0}
	b = le.AppendUint16(b, 2)  // ET_EXEC
	b = le.AppendUint16(b, 62) // EM_X86_64
	b = le.AppendUint32(b, 1)
	b = le.AppendUint64(b, base+header) // entry
	b = le.AppendUint64(b, 64)          // program header
	b = le.AppendUint64(b, 0)
	b = le.AppendUint32(b, 0)
	for _, v := range []uint16{64, 56, 1, 0, 0, 0} {
		b = le.AppendUint16(b, v)
	}
	b = le.AppendUint32(b, 1) // PT_LOAD
	b = le.AppendUint32(b, 5) // read, execute
	size := uint64(header + len(code))
	for _, v := range []uint64{0, base, base, size, size, 0x1000} {
		b = le.AppendUint64(b, v)
	}
	return append(b, code...)
}

// A filter that kills for every call but execve and the program's own two is
// loaded by a Go process at its busiest.
func TestExecNeedsOnlyExecve(t *testing.T) {
	path := filepath.Join(t.TempDir(), "hello")
	if err := os.WriteFile(path, helloELF(), 0o700); err != nil {
		t.Fatal(err)
	}
	for i := range 20 {
		if out, state := runExec(t, "only", path); out != "hello\n" || state.ExitCode() != 7 {
			t.Fatalf("run %d: %v, printed %q", i, state, out)
		}
	}
}
