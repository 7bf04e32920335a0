package spec

import (
	"slices"
	"strings"
)

// maxSysctl bounds a sysctl's value: the kernel takes one page at a time.
const maxSysctl = 4095

// SysctlPath gives the path of a sysctl below /proc/sys: net/ipv4/ip_forward for
// net.ipv4.ip_forward. As in sysctl(8), the first separator in the key decides:
// if it is a dot, dots separate and a slash stands for a dot inside a name
// (net.ipv4.conf.eth0/1.forwarding); if it is a slash, the key is the path.
//
// It is false for a key that is no path below /proc/sys: with an empty, "." or
// ".." component, or with a character other than letters, digits and _ - : @ .
// which is what the kernel's keys and the names of network devices are made of.
func SysctlPath(key string) (path string, ok bool) {
	path = key
	if i := strings.IndexAny(key, "./"); i >= 0 && key[i] == '.' {
		swapped := []byte(key)
		for i, c := range swapped {
			switch c {
			case '.':
				swapped[i] = '/'
			case '/':
				swapped[i] = '.'
			}
		}
		path = string(swapped)
	}
	start := 0
	for i := 0; i <= len(path); i++ {
		if i < len(path) && path[i] != '/' {
			c := path[i]
			if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && strings.IndexByte("_-:@.", c) < 0 {
				return "", false
			}
			continue
		}
		switch path[start:i] {
		case "", ".", "..":
			return "", false
		}
		start = i + 1
	}
	return path, true
}

// validateSysctl checks linux.sysctl. Only those keys are let through of which
// each namespace has its own value, and only if the container does not share
// that namespace with the host: any other write would change the host
// (CVE-2022-0811 set kernel.core_pattern).
func validateSysctl(m map[string]string, all namespaces) error {
	if len(m) == 0 {
		return nil
	}
	// In the order of the keys, so that the same input gives the same error.
	keys := make([]string, 0, len(m))
	for key := range m {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	spelling := make(map[string]string, len(m)) // path -> key
	for _, key := range keys {
		path, err := validateSysctlEntry(key, m[key], all)
		if err != nil {
			return under("linux.sysctl", under(member(key), err))
		}
		// net.ipv4.ip_forward and net/ipv4/ip_forward: which one wins would be
		// left to chance.
		if other, there := spelling[path]; there {
			return under("linux.sysctl", under(member(key), bad("", "duplicate of %s, expected every key only once", quote(other))))
		}
		spelling[path] = key
	}
	return nil
}

func validateSysctlEntry(key, value string, all namespaces) (path string, err error) {
	path, ok := SysctlPath(key)
	if !ok {
		return "", bad("", "not a key of sysctl(8), expected one such as net.ipv4.ip_forward")
	}
	var needs namespaces
	var kind string
	switch {
	case path == "kernel/hostname":
		return "", bad("", "not supported as a sysctl, expected the field hostname instead")
	case path == "kernel/domainname":
		needs, kind = nsUTS, "uts"
	case strings.HasPrefix(path, "net/"):
		needs, kind = nsNetwork, "network"
	case strings.HasPrefix(path, "fs/mqueue/"), ipcSysctl(path):
		needs, kind = nsIPC, "ipc"
	default:
		return "", bad("", "belongs to the host, expected a key of a namespace: net.*, fs.mqueue.*, kernel.domainname, or kernel.msg*, kernel.sem*, kernel.shm*")
	}
	if !all.has(needs) {
		return "", bad("", "would change the host, expected an entry of type %q in linux.namespaces", kind)
	}
	if value == "" || len(value) > maxSysctl {
		return "", bad("", "value of %d bytes: expected 1 to %d", len(value), maxSysctl)
	}
	for i := range len(value) {
		// A line break would be a second write to some readers of the value, and
		// + has been used as a separator by another runtime (CVE-2022-0811).
		if c := value[i]; c != '\t' && (c < ' ' || c > '~' || c == '+') {
			return "", bad("", "%s: expected printable ASCII without '+'", quote(value))
		}
	}
	return path, nil
}

// ipcSysctl says whether path is one of the keys in the kernel's ipc/ipc_sysctl.c,
// which exist once per IPC namespace.
func ipcSysctl(path string) bool {
	switch path {
	case "kernel/auto_msgmni", "kernel/msg_next_id", "kernel/msgmax", "kernel/msgmnb", "kernel/msgmni",
		"kernel/sem", "kernel/sem_next_id",
		"kernel/shm_next_id", "kernel/shm_rmid_forced", "kernel/shmall", "kernel/shmmax", "kernel/shmmni":
		return true
	}
	return false
}
