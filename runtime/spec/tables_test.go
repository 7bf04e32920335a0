package spec

import (
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

func TestCaps(t *testing.T) {
	if LastCap != unix.CAP_LAST_CAP {
		t.Errorf("LastCap %d, golang.org/x/sys has %d", LastCap, unix.CAP_LAST_CAP)
	}
	for n := range LastCap + 1 {
		name := CapName(n)
		if got, ok := CapByName(name); !ok || got != n {
			t.Errorf("capability %d is %q, which is %d, %v", n, name, got, ok)
		}
	}
	for name, want := range map[string]int{
		"CAP_CHOWN":              unix.CAP_CHOWN,
		"CAP_NET_BIND_SERVICE":   unix.CAP_NET_BIND_SERVICE,
		"CAP_SYS_ADMIN":          unix.CAP_SYS_ADMIN,
		"CAP_SETFCAP":            unix.CAP_SETFCAP,
		"CAP_SYSLOG":             unix.CAP_SYSLOG,
		"CAP_BPF":                unix.CAP_BPF,
		"CAP_CHECKPOINT_RESTORE": unix.CAP_CHECKPOINT_RESTORE,
	} {
		if got, ok := CapByName(name); !ok || got != want {
			t.Errorf("%s: %d, %v, want %d", name, got, ok, want)
		}
	}
	for _, name := range []string{"", "CAP_", "KILL", "cap_kill", "CAP_KILL ", "CAP_LAST_CAP"} {
		if n, ok := CapByName(name); ok {
			t.Errorf("%q is accepted as %d", name, n)
		}
	}
	for _, n := range []int{-1, LastCap + 1, 64} {
		if name := CapName(n); name != "" {
			t.Errorf("%d is called %q", n, name)
		}
	}
}

func TestRlimits(t *testing.T) {
	known := strings.Split(rlimitNames, ", ")
	if len(known) != 16 { // RLIM_NLIMITS
		t.Errorf("%d names", len(known))
	}
	seen := map[int]bool{}
	for _, name := range known {
		n, ok := RlimitByName(name)
		if !ok || n < 0 || n > 15 || seen[n] {
			t.Errorf("%s: %d, %v", name, n, ok)
		}
		seen[n] = true
	}
	for name, want := range map[string]int{
		"RLIMIT_AS":         unix.RLIMIT_AS,
		"RLIMIT_CORE":       unix.RLIMIT_CORE,
		"RLIMIT_CPU":        unix.RLIMIT_CPU,
		"RLIMIT_DATA":       unix.RLIMIT_DATA,
		"RLIMIT_FSIZE":      unix.RLIMIT_FSIZE,
		"RLIMIT_LOCKS":      unix.RLIMIT_LOCKS,
		"RLIMIT_MEMLOCK":    unix.RLIMIT_MEMLOCK,
		"RLIMIT_MSGQUEUE":   unix.RLIMIT_MSGQUEUE,
		"RLIMIT_NICE":       unix.RLIMIT_NICE,
		"RLIMIT_NOFILE":     unix.RLIMIT_NOFILE,
		"RLIMIT_NPROC":      unix.RLIMIT_NPROC,
		"RLIMIT_RSS":        unix.RLIMIT_RSS,
		"RLIMIT_RTPRIO":     unix.RLIMIT_RTPRIO,
		"RLIMIT_RTTIME":     unix.RLIMIT_RTTIME,
		"RLIMIT_SIGPENDING": unix.RLIMIT_SIGPENDING,
		"RLIMIT_STACK":      unix.RLIMIT_STACK,
	} {
		if got, ok := RlimitByName(name); !ok || got != want {
			t.Errorf("%s: %d, %v, want %d", name, got, ok, want)
		}
	}
	for _, name := range []string{"", "NOFILE", "rlimit_nofile", "RLIMIT_OFILE"} {
		if n, ok := RlimitByName(name); ok {
			t.Errorf("%q is accepted as %d", name, n)
		}
	}
}

func TestSysctlPath(t *testing.T) {
	for key, want := range map[string]string{
		"net.ipv4.ip_forward":                "net/ipv4/ip_forward",
		"net/ipv4/ip_forward":                "net/ipv4/ip_forward",
		"net.ipv4.conf.eth0/100.forwarding":  "net/ipv4/conf/eth0.100/forwarding",
		"net/ipv4/conf/eth0.100/forwarding":  "net/ipv4/conf/eth0.100/forwarding",
		"net.ipv4.neigh.br-0/a@b.gc_stale":   "net/ipv4/neigh/br-0.a@b/gc_stale",
		"kernel":                             "kernel",
		"":                                   "",
		".":                                  "",
		"..":                                 "",
		"net.":                               "",
		".net":                               "",
		"net..core":                          "",
		"net/..":                             "",
		"net/../kernel/core_pattern":         "",
		"net././kernel":                      "",
		"net.//.kernel.core_pattern":         "", // net/../kernel/core_pattern
		"net/./core":                         "",
		"net core":                           "",
		"net.core\x00":                       "",
		"net.\u00e4":                         "",
		"../../../proc/sys/kernel/hostname":  "",
		"/proc/sys/net/ipv4/ip_forward":      "",
		"net.ipv4.conf.//./sysrq-trigger.x/": "",
	} {
		got, ok := SysctlPath(key)
		if got != want || ok != (want != "") {
			t.Errorf("%q: %q, %v, want %q", key, got, ok, want)
		}
	}
}
