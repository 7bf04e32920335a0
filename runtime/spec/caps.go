package spec

import (
	"strings"

	"github.com/opencontainers/runtime-spec/specs-go"
)

// LastCap is the highest capability number that this package knows:
// CAP_CHECKPOINT_RESTORE, of Linux 5.9. The running kernel's is in
// /proc/sys/kernel/cap_last_cap.
const LastCap = 40

// CapByName gives the number of a capability as in capabilities(7) and
// linux/capability.h, 0 to LastCap. The name has the form CAP_NET_ADMIN, in
// capitals.
func CapByName(name string) (number int, ok bool) {
	switch name {
	case "CAP_CHOWN":
		return 0, true
	case "CAP_DAC_OVERRIDE":
		return 1, true
	case "CAP_DAC_READ_SEARCH":
		return 2, true
	case "CAP_FOWNER":
		return 3, true
	case "CAP_FSETID":
		return 4, true
	case "CAP_KILL":
		return 5, true
	case "CAP_SETGID":
		return 6, true
	case "CAP_SETUID":
		return 7, true
	case "CAP_SETPCAP":
		return 8, true
	case "CAP_LINUX_IMMUTABLE":
		return 9, true
	case "CAP_NET_BIND_SERVICE":
		return 10, true
	case "CAP_NET_BROADCAST":
		return 11, true
	case "CAP_NET_ADMIN":
		return 12, true
	case "CAP_NET_RAW":
		return 13, true
	case "CAP_IPC_LOCK":
		return 14, true
	case "CAP_IPC_OWNER":
		return 15, true
	case "CAP_SYS_MODULE":
		return 16, true
	case "CAP_SYS_RAWIO":
		return 17, true
	case "CAP_SYS_CHROOT":
		return 18, true
	case "CAP_SYS_PTRACE":
		return 19, true
	case "CAP_SYS_PACCT":
		return 20, true
	case "CAP_SYS_ADMIN":
		return 21, true
	case "CAP_SYS_BOOT":
		return 22, true
	case "CAP_SYS_NICE":
		return 23, true
	case "CAP_SYS_RESOURCE":
		return 24, true
	case "CAP_SYS_TIME":
		return 25, true
	case "CAP_SYS_TTY_CONFIG":
		return 26, true
	case "CAP_MKNOD":
		return 27, true
	case "CAP_LEASE":
		return 28, true
	case "CAP_AUDIT_WRITE":
		return 29, true
	case "CAP_AUDIT_CONTROL":
		return 30, true
	case "CAP_SETFCAP":
		return 31, true
	case "CAP_MAC_OVERRIDE":
		return 32, true
	case "CAP_MAC_ADMIN":
		return 33, true
	case "CAP_SYSLOG":
		return 34, true
	case "CAP_WAKE_ALARM":
		return 35, true
	case "CAP_BLOCK_SUSPEND":
		return 36, true
	case "CAP_AUDIT_READ":
		return 37, true
	case "CAP_PERFMON":
		return 38, true
	case "CAP_BPF":
		return 39, true
	case "CAP_CHECKPOINT_RESTORE":
		return 40, true
	}
	return 0, false
}

// CapName gives the name of capability number, or "" if it is not from 0 to
// LastCap.
func CapName(number int) string {
	switch number {
	case 0:
		return "CAP_CHOWN"
	case 1:
		return "CAP_DAC_OVERRIDE"
	case 2:
		return "CAP_DAC_READ_SEARCH"
	case 3:
		return "CAP_FOWNER"
	case 4:
		return "CAP_FSETID"
	case 5:
		return "CAP_KILL"
	case 6:
		return "CAP_SETGID"
	case 7:
		return "CAP_SETUID"
	case 8:
		return "CAP_SETPCAP"
	case 9:
		return "CAP_LINUX_IMMUTABLE"
	case 10:
		return "CAP_NET_BIND_SERVICE"
	case 11:
		return "CAP_NET_BROADCAST"
	case 12:
		return "CAP_NET_ADMIN"
	case 13:
		return "CAP_NET_RAW"
	case 14:
		return "CAP_IPC_LOCK"
	case 15:
		return "CAP_IPC_OWNER"
	case 16:
		return "CAP_SYS_MODULE"
	case 17:
		return "CAP_SYS_RAWIO"
	case 18:
		return "CAP_SYS_CHROOT"
	case 19:
		return "CAP_SYS_PTRACE"
	case 20:
		return "CAP_SYS_PACCT"
	case 21:
		return "CAP_SYS_ADMIN"
	case 22:
		return "CAP_SYS_BOOT"
	case 23:
		return "CAP_SYS_NICE"
	case 24:
		return "CAP_SYS_RESOURCE"
	case 25:
		return "CAP_SYS_TIME"
	case 26:
		return "CAP_SYS_TTY_CONFIG"
	case 27:
		return "CAP_MKNOD"
	case 28:
		return "CAP_LEASE"
	case 29:
		return "CAP_AUDIT_WRITE"
	case 30:
		return "CAP_AUDIT_CONTROL"
	case 31:
		return "CAP_SETFCAP"
	case 32:
		return "CAP_MAC_OVERRIDE"
	case 33:
		return "CAP_MAC_ADMIN"
	case 34:
		return "CAP_SYSLOG"
	case 35:
		return "CAP_WAKE_ALARM"
	case 36:
		return "CAP_BLOCK_SUSPEND"
	case 37:
		return "CAP_AUDIT_READ"
	case 38:
		return "CAP_PERFMON"
	case 39:
		return "CAP_BPF"
	case 40:
		return "CAP_CHECKPOINT_RESTORE"
	}
	return ""
}

// validateCaps checks process.capabilities. A name that this version does not
// know is an error, although the specification would be content with a warning:
// dropping it would start a container with less than it was promised, and a
// misspelt one deserves an answer.
func validateCaps(c *specs.LinuxCapabilities) error {
	if c == nil {
		return nil
	}
	permitted, err := capSet("permitted", c.Permitted)
	if err != nil {
		return err
	}
	if _, err := capSet("bounding", c.Bounding); err != nil {
		return err
	}
	if _, err := capSet("inheritable", c.Inheritable); err != nil {
		return err
	}
	if _, err := capSet("ambient", c.Ambient); err != nil {
		return err
	}
	effective, err := capSet("effective", c.Effective)
	if err != nil {
		return err
	}
	if effective&^permitted == 0 {
		return nil
	}
	// capset(2) would only say "operation not permitted".
	for i, name := range c.Effective {
		if number, _ := CapByName(name); permitted>>number&1 == 0 {
			return bad(index("effective", i), "%s: expected a capability that is in permitted as well", quote(name))
		}
	}
	return nil
}

// capSet gives the capabilities of a list, number n as bit n.
func capSet(field string, names []string) (set uint64, err error) {
	for i, name := range names {
		number, ok := CapByName(name)
		if !ok {
			return 0, bad(index(field, i), "%s: expected a capability as in capabilities(7)%s", quote(name), capHint(name))
		}
		set |= 1 << number
	}
	return set, nil
}

// capHint ends the error for a name that is not known.
func capHint(name string) string {
	guess := strings.ToUpper(strings.TrimSpace(name))
	if !strings.HasPrefix(guess, "CAP_") {
		guess = "CAP_" + guess
	}
	if _, ok := CapByName(guess); ok {
		return ", did you mean " + guess
	}
	return " such as CAP_NET_BIND_SERVICE"
}
