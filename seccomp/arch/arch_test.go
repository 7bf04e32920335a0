package arch

import (
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

// TestNumbers checks calls that the tables' corrections are about, and others
// by which a shifted table would show.
func TestNumbers(t *testing.T) {
	for _, c := range []struct{ arch, calls string }{
		{"X86_64", "read 0, execve 59, openat 257, _newselect -, socket 41, accept 43, socketcall -, rt_sigaction 13, pwritev2 328, getsockopt 55, _sysctl 156, set_thread_area 205, clone3 435, set_tls -, cacheflush -, s390_runtime_instr -, arch_specific_syscall -"},
		{"X86", "read 3, execve 11, openat 295, _newselect 142, socket 359, accept -, socketcall 102, ipc 117, rt_sigaction 174, pwritev2 379, getsockopt 365, set_thread_area 243, clone3 435, set_tls -"},
		{"X32", "read 1073741824, execve 1073742344, openat 1073742081, accept 1073741867, rt_sigaction 1073742336, pwritev2 1073742371, getsockopt 1073742366, _sysctl -, set_thread_area -, clone3 1073742259"},
		{"AARCH64", "read 63, execve 221, openat 56, socket 198, accept 202, rt_sigaction 134, pwritev2 287, clone3 435, arch_specific_syscall -"},
		{"ARM", "read 3, restart_syscall 0, syscall_mask -, execve 11, openat 322, _newselect 142, socket 281, socketcall -, breakpoint 983041, cacheflush 983042, usr26 983043, usr32 983044, set_tls 983045, get_tls 983046"},
		{"RISCV64", "read 63, openat 56, riscv_hwprobe 258, riscv_flush_icache 259, arch_specific_syscall -, socketcall -"},
		{"LOONGARCH64", "read 63, openat 56, statx 291, fstat 80, renameat -, clone3 435"},
		{"PPC64LE", "read 3, socketcall 102, ipc 117, socket 326, spu_run 278, clone3 435"},
		{"PPC64", "read 3, socketcall 102, ipc 117, socket 326, spu_run 278, clone3 435"},
		{"PPC", "read 3, socketcall 102, ipc 117, socket 326, shmat 397, fcntl64 204"},
		{"S390X", "exit 1, read 3, restart_syscall 7, socketcall 102, ipc 117, socket 359, accept -, s390_runtime_instr 342, shmat 397"},
		{"MIPSEL64", "read 5000, socket 5040, shmat 5029, cacheflush 5197, reserved177 -, clone3 5435, socketcall -"},
		{"MIPS64", "read 5000, socket 5040, shmat 5029, cacheflush 5197, reserved193 -, clone3 5435"},
		{"MIPSEL", "syscall 4000, read 4003, socketcall 4102, ipc 4117, socket 4183, cacheflush 4147, unused18 -, reserved221 -, clone3 4435"},
		{"MIPS", "syscall 4000, read 4003, socketcall 4102, ipc 4117, socket 4183, cacheflush 4147, unused18 -, reserved221 -, clone3 4435"},
	} {
		for call := range strings.SplitSeq(c.calls, ", ") {
			name, want, _ := strings.Cut(call, " ")
			got := "-"
			if nr, ok := Lookup("SCMP_ARCH_" + c.arch).Number(name); ok {
				got = strconv.Itoa(int(nr))
			}
			if got != want {
				t.Errorf("%s on %s: %s, want %s", name, c.arch, got, want)
			}
		}
	}
	for name, want := range map[string]bool{"s390_runtime_instr": true, "arch_specific_syscall": false, "syscall_mask": false,
		"reserved221": false, "unused18": false, "": false, "Read": false, "zzz": false, "socketcall": true,
		"\x00": false, "{": false, "`": false, "0": false, "_": false, "_llseek": true, "writev": true, "writevv": false} {
		if _, ok := Find(name); ok != want {
			t.Errorf("Find(%q) = %t, want %t", name, ok, want)
		}
	}
}

func TestTables(t *testing.T) {
	for id := ID(1); id < nameCount; id++ {
		if (id - 1).String() >= id.String() {
			t.Fatalf("names are not sorted: %q, %q", (id - 1).String(), id.String())
		}
	}
	calls := map[string]int{"X86_64": 385, "X86": 461, "X32": 373, "AARCH64": 327, "ARM": 430, "RISCV64": 328, "LOONGARCH64": 324,
		"PPC64LE": 424, "PPC64": 424, "PPC": 452, "S390X": 390, "MIPSEL64": 373, "MIPS64": 373, "MIPSEL": 437, "MIPS": 437}
	if len(All()) != len(calls) {
		t.Errorf("%d architectures, want %d", len(All()), len(calls))
	}
	for i := range All() {
		a := &All()[i]
		n, top := 0, uint32(0)
		for id := range ID(nameCount) {
			nr, ok := a.NumberOf(id)
			if !ok {
				continue
			}
			n++
			top = max(top, nr)
			if got := a.Name(nr); got != id.String() {
				t.Errorf("%s: %d is %q, but %q has that number", a.Scmp, nr, got, id)
			}
			if ByCall(a.Audit, nr) != a {
				t.Errorf("%s: ByCall does not find it for %s", a.Scmp, id)
			}
			if a.IsX32() != (nr >= X32Bit) {
				t.Errorf("%s: %s has number %#x", a.Scmp, id, nr)
			}
			if nr < a.Base || nr > a.Dense && (nr < privateBase || a.Scmp != "SCMP_ARCH_ARM") {
				t.Errorf("%s: %s has number %d, outside of %d to %d", a.Scmp, id, nr, a.Base, a.Dense)
			}
		}
		if top != a.Max {
			t.Errorf("%s: Max is %d, the table's largest number %d", a.Scmp, a.Max, top)
		}
		if a.Dense-a.Base > 600 {
			t.Errorf("%s: numbers from %d to %d are not dense", a.Scmp, a.Base, a.Dense)
		}
		if want := calls[strings.TrimPrefix(a.Scmp, "SCMP_ARCH_")]; n != want {
			t.Errorf("%s has %d calls, want %d", a.Scmp, n, want)
		}
		if a.Name(1<<32-1) != "" || a.Name(0x12345678) != "" {
			t.Errorf("%s: a number without a call has a name", a.Scmp)
		}
		if big := strings.Contains(" PPC64 PPC S390X MIPS64 MIPS ", " "+strings.TrimPrefix(a.Scmp, "SCMP_ARCH_")+" "); a.BigEndian() != big {
			t.Errorf("%s: big-endian is %t", a.Scmp, a.BigEndian())
		}
		// Of the 64-bit kernels' own ABIs __AUDIT_ARCH_64BIT is set, and of x32.
		if wide := a.Audit&0x80000000 != 0 && !a.IsX32(); (a.Bits == 64) != wide || a.Bits != 32 && a.Bits != 64 {
			t.Errorf("%s: %d bits", a.Scmp, a.Bits)
		}
	}
	if ByCall(unix.AUDIT_ARCH_S390, 0) != nil || Lookup("SCMP_ARCH_S390") != nil {
		t.Error("an architecture without a table was found")
	}
	if Native != "" {
		if a := Lookup(Native); a == nil {
			t.Errorf("the native architecture %s has no table", Native)
		} else if nr, _ := a.Number("getpid"); nr != unix.SYS_GETPID {
			t.Errorf("native getpid is %d, this program uses %d", nr, unix.SYS_GETPID)
		}
	}
}

func TestMux(t *testing.T) {
	muxed := map[string]bool{"X86": true, "PPC": true, "PPC64": true, "PPC64LE": true, "S390X": true, "MIPS": true, "MIPSEL": true}
	for i := range All() {
		a := &All()[i]
		var sockets, ipcs []uint32
		for id := range ID(nameCount) {
			mux, nr, call, ok := a.Mux(id)
			if !ok {
				continue
			}
			if a.Name(nr) != mux.String() {
				t.Errorf("%s: %s is made by %s with number %d, which is %q", a.Scmp, id, mux, nr, a.Name(nr))
			}
			switch mux.String() {
			case "socketcall":
				sockets = append(sockets, call)
			case "ipc":
				ipcs = append(ipcs, call)
			}
		}
		if !muxed[strings.TrimPrefix(a.Scmp, "SCMP_ARCH_")] {
			if len(sockets)+len(ipcs) != 0 {
				t.Errorf("%s: %d multiplexed calls", a.Scmp, len(sockets)+len(ipcs))
			}
			continue
		}
		slices.Sort(sockets)
		slices.Sort(ipcs)
		want := make([]uint32, 20)
		for i := range want {
			want[i] = uint32(i + 1)
		}
		if !slices.Equal(sockets, want) {
			t.Errorf("%s: socket calls %v, want 1 to 20", a.Scmp, sockets)
		}
		if want := []uint32{1, 2, 3, 4, 11, 12, 13, 14, 21, 22, 23, 24}; !slices.Equal(ipcs, want) {
			t.Errorf("%s: ipc calls %v, want %v", a.Scmp, ipcs, want)
		}
	}
	for name, want := range map[string]uint32{"socket": 1, "sendmsg": 16, "sendmmsg": 20, "semop": 1, "msgctl": 14, "shmat": 21} {
		id, _ := Find(name)
		if _, _, call, ok := Lookup("SCMP_ARCH_X86").Mux(id); !ok || call != want {
			t.Errorf("%s is selected by %d, want %d", name, call, want)
		}
	}
}

func TestIntArgs(t *testing.T) {
	for name, want := range map[string]uint8{"socket": 0b111, "ioctl": 0b11, "personality": 1, "clone": 0, "unshare": 0, "mprotect": 0,
		"prctl": 1, "setsockopt": 0b10111, "openat": 0b1101, "futex": 0b100110, "sendto": 0b101001, "readv": 0, "mmap": 0, "getpid": 0,
		"futex_waitv": 0b10110, "_llseek": 0b10001, "write": 1, "keyctl": 1, "ptrace": 0, "bpf": 0b101} {
		id, ok := Find(name)
		if got := IntArgs(id); !ok || got != want {
			t.Errorf("%s: %06b, want %06b", name, got, want)
		}
	}
}

// TestUntabled holds that the specification's architectures are tabled or known
// to be not.
func TestUntabled(t *testing.T) {
	n := 0
	for _, a := range []specs.Arch{specs.ArchX86, specs.ArchX86_64, specs.ArchX32, specs.ArchARM, specs.ArchAARCH64, specs.ArchMIPS,
		specs.ArchMIPS64, specs.ArchMIPS64N32, specs.ArchMIPSEL, specs.ArchMIPSEL64, specs.ArchMIPSEL64N32, specs.ArchPPC, specs.ArchPPC64,
		specs.ArchPPC64LE, specs.ArchS390, specs.ArchS390X, specs.ArchPARISC, specs.ArchPARISC64, specs.ArchRISCV64,
		specs.ArchLOONGARCH64, specs.ArchM68K, specs.ArchSH, specs.ArchSHEB} {
		if (Lookup(string(a)) != nil) == Untabled(string(a)) {
			t.Errorf("%s: tabled and untabled are both %t", a, Untabled(string(a)))
		}
		if Untabled(string(a)) {
			n++
		}
	}
	if n != 8 || Untabled("SCMP_ARCH_NONE") || Untabled("") {
		t.Errorf("%d architectures without a table, want 8 and no others", n)
	}
}
