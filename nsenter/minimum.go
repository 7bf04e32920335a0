package nsenter

import (
	"errors"

	"golang.org/x/sys/unix"
)

// minimum is the oldest kernel that runseal supports.
const minimum = "5.10"

// Missing says, as an appendix to an error, which kernel a call needs that has failed
// with ENOSYS. It is "" for any other error, and for a call that every kernel has.
func Missing(call string, err error) string {
	if !errors.Is(err, unix.ENOSYS) {
		return ""
	}
	switch call {
	case "mount_setattr": // the one that the supported kernels may lack
		return " (needs Linux 5.12 or newer)"
	case "set_mempolicy":
		return " (the kernel is built without NUMA, CONFIG_NUMA)"
	}
	if since := introduced(call); since != "" {
		return " (came with Linux " + since + "; runseal needs " + minimum + " or newer)"
	}
	return ""
}

// introduced gives the kernel that a call came with, for those newer than Linux 5.0
// that runseal cannot do without.
func introduced(call string) string {
	switch call {
	case "close_range":
		return "5.9"
	case "faccessat2":
		return "5.8"
	case "openat2", "pidfd_getfd":
		return "5.6"
	case "clone3", "pidfd_open":
		return "5.3"
	case "open_tree", "move_mount", "fsopen", "fsconfig", "fsmount":
		return "5.2"
	case "pidfd_send_signal":
		return "5.1"
	}
	return ""
}
