package seccomp

import (
	"errors"
	"os"
	"strings"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Reading real filters needs root: integration/seal. Here are the answers that
// come before anybody is stopped.

func TestReadFiltersWithout(t *testing.T) {
	// This test process has no filter, whoever runs it, unless a sandbox is
	// around the tests, which the status tells.
	self, err := readStatus("self")
	if err != nil {
		t.Fatal(err)
	}
	if self.mode != unix.SECCOMP_MODE_DISABLED {
		t.Skip("the tests run under a seccomp filter")
	}
	for _, pid := range []int{os.Getpid(), os.Getppid(), unix.Gettid()} {
		if filters, err := ReadFilters(pid); err != nil || len(filters) != 0 {
			t.Errorf("pid %d: %d filters, %v, want none and no error", pid, len(filters), err)
		}
	}
}

func TestReadFiltersNobody(t *testing.T) {
	for _, pid := range []int{0, -1, 1 << 30} {
		if _, err := ReadFilters(pid); !errors.Is(err, unix.ESRCH) {
			t.Errorf("pid %d: %v, want ESRCH", pid, err)
		}
	}
}

func TestParseStatus(t *testing.T) {
	const text = "Name:\tsh\nState:\tS (sleeping)\nTgid:\t7\nPid:\t8\nPPid:\t1\nTracerPid:\t9\nCapEff:\t000001ffffffffff\nSeccomp:\t2\nSeccomp_filters:\t1\n"
	s, err := parseStatus(text)
	if err != nil {
		t.Fatal(err)
	}
	if want := (threadStatus{state: 'S', group: 7, tracer: 9, mode: 2, caps: 1<<41 - 1}); *s != want {
		t.Errorf("%+v, want %+v", *s, want)
	}
	for text, want := range map[string]string{
		strings.Replace(text, "Seccomp:\t2\n", "", 1):        "CONFIG_SECCOMP",
		strings.Replace(text, "Seccomp:\t2", "Seccomp:x", 1): `line "Seccomp:x"`,
		strings.Replace(text, "CapEff:\t0", "CapEff:\tg", 1): `line "CapEff:`,
		"": "CONFIG_SECCOMP",
	} {
		if _, err := parseStatus(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
	for state, dead := range map[byte]bool{'R': false, 'S': false, 'D': false, 'T': false, 't': false, 'Z': true, 'X': true} {
		if s := (threadStatus{state: state}); s.dead() != dead {
			t.Errorf("state %c: dead is %t", state, s.dead())
		}
	}
}

// The errors say what is missing, and keep the errno.
func TestFilterError(t *testing.T) {
	for errno, want := range map[unix.Errno]string{
		unix.EACCES: "CAP_SYS_ADMIN in the initial user namespace",
		unix.EINVAL: "CONFIG_CHECKPOINT_RESTORE",
		unix.EIO:    "Linux 4.4",
		unix.ESRCH:  "no such process",
	} {
		if err := filterError(errno); !errors.Is(err, errno) || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: %v, want %q", errno, err, want)
		}
	}
}

// The kernel fills these (linux/ptrace.h, siginfo_t of asm-generic/siginfo.h).
func TestReadBackLayout(t *testing.T) {
	var m seccompMetadata
	if unsafe.Sizeof(m) != 16 || unsafe.Offsetof(m.flags) != 8 {
		t.Errorf("seccomp_metadata: size %d, flags at %d, want 16 and 8", unsafe.Sizeof(m), unsafe.Offsetof(m.flags))
	}
	var info stopInfo
	union := 3 * unsafe.Sizeof(int32(0))
	if unsafe.Sizeof(uintptr(0)) == 8 {
		union += 4
	}
	if unsafe.Offsetof(info.pid) != union || unsafe.Offsetof(info.status) != union+8 || unsafe.Sizeof(info) < 128 {
		t.Errorf("siginfo: pid at %d, status at %d, size %d, want %d, %d and at least 128",
			unsafe.Offsetof(info.pid), unsafe.Offsetof(info.status), unsafe.Sizeof(info), union, union+8)
	}
}
