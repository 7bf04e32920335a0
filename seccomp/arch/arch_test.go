package arch

import (
	"slices"
	"testing"

	"golang.org/x/sys/unix"
)

// TestNumbers checks calls that the tables' corrections are about, and others
// by which a shifted table would show.
func TestNumbers(t *testing.T) {
	const missing = -1
	for _, c := range []struct {
		name                         string
		x86_64, x86, x32, arm64, arm int
	}{
		{"read", 0, 3, X32Bit, 63, 3},
		{"execve", 59, 11, X32Bit | 520, 221, 11},
		{"openat", 257, 295, X32Bit | 257, 56, 322},
		{"_newselect", missing, 142, missing, missing, 142},
		{"socket", 41, 359, X32Bit | 41, 198, 281},
		{"accept", 43, missing, X32Bit | 43, 202, 285},
		{"socketcall", missing, 102, missing, missing, missing},
		{"rt_sigaction", 13, 174, X32Bit | 512, 134, 174},
		{"pwritev2", 328, 379, X32Bit | 547, 287, 393},
		{"getsockopt", 55, 365, X32Bit | 542, 209, 295},
		{"_sysctl", 156, 149, missing, missing, 149},
		{"set_thread_area", 205, 243, missing, missing, missing},
		{"clone3", 435, 435, X32Bit | 435, 435, 435},
		{"set_tls", missing, missing, missing, missing, 983045},
		{"breakpoint", missing, missing, missing, missing, 983041},
		{"s390_runtime_instr", missing, missing, missing, missing, missing},
		{"arch_specific_syscall", missing, missing, missing, missing, missing},
	} {
		for scmp, want := range map[string]int{"SCMP_ARCH_X86_64": c.x86_64, "SCMP_ARCH_X86": c.x86, "SCMP_ARCH_X32": c.x32,
			"SCMP_ARCH_AARCH64": c.arm64, "SCMP_ARCH_ARM": c.arm} {
			nr, ok := Lookup(scmp).Number(c.name)
			if ok != (want != missing) || ok && int(nr) != want {
				t.Errorf("%s on %s: %d, %t, want %d", c.name, scmp, nr, ok, want)
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
	calls := map[string]int{"SCMP_ARCH_X86_64": 385, "SCMP_ARCH_X86": 461, "SCMP_ARCH_X32": 374}
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
		}
		if top != a.Max {
			t.Errorf("%s: Max is %d, the table's largest number %d", a.Scmp, a.Max, top)
		}
		if want, ok := calls[a.Scmp]; ok && n != want || n < 300 {
			t.Errorf("%s has %d calls, want %d", a.Scmp, n, want)
		}
		if a.Name(none) != "" || a.Name(0x12345678) != "" {
			t.Errorf("%s: a number without a call has a name", a.Scmp)
		}
	}
	if ByCall(unix.AUDIT_ARCH_S390X, 0) != nil || Lookup("SCMP_ARCH_S390X") != nil {
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
	x86 := Lookup("SCMP_ARCH_X86")
	seen := map[[2]uint32]string{}
	var sockets, ipcs []uint32
	for id := range ID(nameCount) {
		name := id.String()
		nr, call, ok := Mux(name)
		if !ok {
			continue
		}
		if other := seen[[2]uint32{nr, call}]; other != "" {
			t.Errorf("%s and %s are both call %d of %d", name, other, call, nr)
		}
		seen[[2]uint32{nr, call}] = name
		switch x86.Name(nr) {
		case "socketcall":
			sockets = append(sockets, call)
		case "ipc":
			ipcs = append(ipcs, call)
		default:
			t.Errorf("%s: multiplexer %d is %q", name, nr, x86.Name(nr))
		}
	}
	slices.Sort(sockets)
	slices.Sort(ipcs)
	if len(sockets) != 20 || sockets[0] != 1 || sockets[19] != 20 {
		t.Errorf("socket calls %v, want 1 to 20", sockets)
	}
	if want := []uint32{1, 2, 3, 4, 11, 12, 13, 14, 21, 22, 23, 24}; !slices.Equal(ipcs, want) {
		t.Errorf("ipc calls %v, want %v", ipcs, want)
	}
}
