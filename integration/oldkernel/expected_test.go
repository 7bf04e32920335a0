package oldkernel

import (
	"strings"

	"golang.org/x/sys/unix"
)

// expected says, by the words of mount(8) alone, what the options of a mount are that had
// these flags when the named options were applied to it: in the order of mountinfo.
func expected(flags uintptr, options string) string {
	has := map[string]bool{}
	for name, flag := range map[string]uintptr{
		"ro": unix.MS_RDONLY, "nosuid": unix.MS_NOSUID, "nodev": unix.MS_NODEV, "noexec": unix.MS_NOEXEC,
		"nodiratime": unix.MS_NODIRATIME, "nosymfollow": unix.MS_NOSYMFOLLOW,
	} {
		has[name] = flags&flag != 0
	}
	mode := "relatime"
	switch {
	case flags&unix.MS_NOATIME != 0:
		mode = "noatime"
	case flags&unix.MS_STRICTATIME != 0:
		mode = "" // which mountinfo does not mention
	}
	for _, o := range strings.Split(options, ",") {
		switch o {
		case "rw":
			has["ro"] = false
		case "suid", "dev", "exec", "diratime", "symfollow":
			has["no"+o] = false
		case "noatime":
			mode = o
		case "strictatime":
			mode = ""
		case "relatime", "atime", "norelatime", "nostrictatime":
			// Taking a mode away leaves the kernel's default.
			mode = "relatime"
		default:
			if _, known := has[o]; known {
				has[o] = true
			}
		}
	}
	list := []string{"rw"}
	if has["ro"] {
		list[0] = "ro"
	}
	for _, name := range []string{"nosuid", "nodev", "noexec"} {
		if has[name] {
			list = append(list, name)
		}
	}
	if mode == "noatime" {
		list = append(list, mode)
	}
	if has["nodiratime"] {
		list = append(list, "nodiratime")
	}
	if mode == "relatime" {
		list = append(list, mode)
	}
	if has["nosymfollow"] {
		list = append(list, "nosymfollow")
	}
	return strings.Join(list, ",")
}
