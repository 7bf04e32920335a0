package nsenter

import (
	"strconv"

	"golang.org/x/sys/unix"
)

// signature gives a call's name and how to print its arguments, one letter
// each:
//
//	f descriptor   s string       d decimal    o octal      x hexadecimal
//	X path or register holding a path's address            v argv, envp
//	b bytes, length in the next argument      - not printed
//	w struct open_how   a struct mount_attr   r struct rlimit   g gid list
//	m mask of bytes, length in the argument before
//	N the same in bits and one more, in the next argument
//	c capset(2) data    p struct sock_fprog   i struct ifreq    n errno
//	capitals: constants by name (flags.go)
func signature(nr uint32) (name, kinds string) {
	switch nr {
	case OpMove:
		return "move", "X"
	case OpJump:
		return "jump", ""
	case OpJumpN:
		return "jump if negative", "f"
	case OpCheck:
		return "check", "xxxn"
	case OpDeny:
		return "deny", "xxxn"
	case OpStore:
		return "store", "xf"
	case OpLoad:
		return "load", "x"
	case OpFail:
		return "fail", "n"
	case OpAlone:
		return "close_range(all but the registers)", ""
	case OpFork:
		return "clone(CLONE_PARENT)", ""
	case OpSpin:
		return "spin until the parent lets go", ""
	case OpKeep:
		return "keep", "xxxM"
	case OpDecimal:
		return "decimal", "sf"
	case OpCloexec:
		return "cloexec_from", "d"
	case unix.SYS_CAPSET:
		return "capset", "-c"
	case unix.SYS_CHDIR:
		return "chdir", "s"
	case unix.SYS_CHROOT:
		return "chroot", "s"
	case unix.SYS_CLOSE:
		return "close", "f"
	case unix.SYS_CLOSE_RANGE:
		return "close_range", "xxR"
	case unix.SYS_DUP3:
		return "dup3", "ffO"
	case unix.SYS_EXECVE:
		return "execve", "Xvv"
	case unix.SYS_EXIT_GROUP:
		return "exit_group", "d"
	case unix.SYS_FACCESSAT2:
		return "faccessat2", "fsdT"
	case unix.SYS_FCHDIR:
		return "fchdir", "f"
	case unix.SYS_FCHOWN:
		return "fchown", "fdd"
	case unix.SYS_FCHOWNAT:
		return "fchownat", "fsddT"
	case unix.SYS_FCNTL:
		return "fcntl", "fdx"
	case unix.SYS_FSCONFIG:
		return "fsconfig", "fGssd"
	case unix.SYS_FSMOUNT:
		return "fsmount", "f-A"
	case unix.SYS_FSOPEN:
		return "fsopen", "s-"
	case unix.SYS_FSTATFS:
		return "fstatfs", "f-"
	case unix.SYS_IOCTL:
		return "ioctl", "fIi"
	case unix.SYS_FSETXATTR:
		return "fsetxattr", "fssd-"
	case unix.SYS_KEYCTL:
		return "keyctl", "Ks"
	case unix.SYS_MKDIRAT:
		return "mkdirat", "fso"
	case unix.SYS_MKNODAT:
		return "mknodat", "fsox"
	case unix.SYS_MOUNT:
		return "mount", "sssMs"
	case unix.SYS_MOUNT_SETATTR:
		return "mount_setattr", "fsTa-"
	case unix.SYS_MOVE_MOUNT:
		return "move_mount", "fsfsV"
	case unix.SYS_OPENAT:
		return "openat", "fsOo"
	case unix.SYS_OPENAT2:
		return "openat2", "fsw-"
	case unix.SYS_OPEN_TREE:
		return "open_tree", "fsT"
	case unix.SYS_PERSONALITY:
		return "personality", "x"
	case unix.SYS_PIVOT_ROOT:
		return "pivot_root", "ss"
	case unix.SYS_PRCTL:
		return "prctl", "Pdd--"
	case unix.SYS_PRLIMIT64:
		return "prlimit64", "dLr-"
	case unix.SYS_READ:
		return "read", "f-d"
	case unix.SYS_SCHED_SETAFFINITY:
		return "sched_setaffinity", "ddm"
	case unix.SYS_RECVMSG:
		return "recvmsg", "f--"
	case unix.SYS_SECCOMP:
		return "seccomp", "EZp"
	case unix.SYS_SENDMSG:
		return "sendmsg", "f--"
	case unix.SYS_SENDTO:
		return "sendto", "fbd---"
	case unix.SYS_SETDOMAINNAME:
		return "setdomainname", "s-"
	case unix.SYS_SETGROUPS:
		return "setgroups", "dg"
	case unix.SYS_SETHOSTNAME:
		return "sethostname", "s-"
	case unix.SYS_SET_MEMPOLICY:
		return "set_mempolicy", "xNd"
	case unix.SYS_SETNS:
		return "setns", "fC"
	case unix.SYS_SETRESGID:
		return "setresgid", "ddd"
	case unix.SYS_SETRESUID:
		return "setresuid", "ddd"
	case unix.SYS_SETSID:
		return "setsid", ""
	case unix.SYS_SOCKET:
		return "socket", "ddd"
	case unix.SYS_STATX:
		return "statx", "fsTx-"
	case unix.SYS_SYMLINKAT:
		return "symlinkat", "sfs"
	case unix.SYS_UMASK:
		return "umask", "o"
	case unix.SYS_UMOUNT2:
		return "umount2", "sU"
	case unix.SYS_UNLINKAT:
		return "unlinkat", "fsx"
	case unix.SYS_UNSHARE:
		return "unshare", "C"
	case unix.SYS_WRITE:
		return "write", "fbd"
	}
	return "syscall " + strconv.Itoa(int(nr)), ""
}
