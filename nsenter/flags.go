package nsenter

import (
	"fmt"
	"strings"

	"golang.org/x/sys/unix"
)

// flagSet names the bits of a flags argument, or, with exact, its values.
type flagSet struct {
	exact bool
	zero  string
	names []flagName
}

type flagName struct {
	value uint64
	name  string
}

// format prints v as names joined by "|", what has no name in hexadecimal.
func (f *flagSet) format(v uint64) string {
	if f.exact {
		for _, n := range f.names {
			if n.value == v {
				return n.name
			}
		}
		return fmt.Sprintf("%#x", v)
	}
	if v == 0 {
		return f.zero
	}
	var s []string
	for _, n := range f.names {
		if n.value != 0 && v&n.value == n.value {
			s = append(s, n.name)
			v &^= n.value
		}
	}
	if v != 0 {
		s = append(s, fmt.Sprintf("%#x", v))
	}
	return strings.Join(s, "|")
}

// flagsOf gives the names that belong to a letter of signature.
func flagsOf(kind byte) *flagSet {
	switch kind {
	case 'A':
		return &attrFlags
	case 'C':
		return &cloneFlags
	case 'E':
		return &seccompOps
	case 'G':
		return &fsconfigCmds
	case 'I':
		return &ioctls
	case 'K':
		return &keyctlOps
	case 'L':
		return &rlimits
	case 'M':
		return &mountFlags
	case 'O':
		return &openFlags
	case 'P':
		return &prctlOps
	case 'R':
		return &closeRangeFlags
	case 'T':
		return &atFlags
	case 'U':
		return &umountFlags
	case 'V':
		return &moveMountFlags
	case 'Z':
		return &seccompFlags
	}
	return nil
}

var (
	openFlags = flagSet{zero: "O_RDONLY", names: []flagName{
		{unix.O_PATH, "O_PATH"}, {unix.O_DIRECTORY, "O_DIRECTORY"}, {unix.O_NOFOLLOW, "O_NOFOLLOW"},
		{unix.O_WRONLY, "O_WRONLY"}, {unix.O_RDWR, "O_RDWR"}, {unix.O_CREAT, "O_CREAT"}, {unix.O_EXCL, "O_EXCL"},
		{unix.O_NONBLOCK, "O_NONBLOCK"}, {unix.O_NOCTTY, "O_NOCTTY"}, {unix.O_CLOEXEC, "O_CLOEXEC"},
	}}
	resolveFlags = flagSet{zero: "0", names: []flagName{
		{unix.RESOLVE_IN_ROOT, "IN_ROOT"}, {unix.RESOLVE_BENEATH, "BENEATH"}, {unix.RESOLVE_NO_XDEV, "NO_XDEV"},
		{unix.RESOLVE_NO_SYMLINKS, "NO_SYMLINKS"}, {unix.RESOLVE_NO_MAGICLINKS, "NO_MAGICLINKS"},
	}}
	attrFlags = flagSet{zero: "0", names: []flagName{
		{unix.MOUNT_ATTR_RDONLY, "RDONLY"}, {unix.MOUNT_ATTR_NOSUID, "NOSUID"}, {unix.MOUNT_ATTR_NODEV, "NODEV"},
		{unix.MOUNT_ATTR_NOEXEC, "NOEXEC"}, {unix.MOUNT_ATTR__ATIME, "ATIME"}, {unix.MOUNT_ATTR_NOATIME, "NOATIME"},
		{unix.MOUNT_ATTR_STRICTATIME, "STRICTATIME"}, {unix.MOUNT_ATTR_NODIRATIME, "NODIRATIME"},
		{unix.MOUNT_ATTR_NOSYMFOLLOW, "NOSYMFOLLOW"}, {unix.MOUNT_ATTR_IDMAP, "IDMAP"},
	}}
	cloneFlags = flagSet{zero: "0", names: []flagName{
		{unix.CLONE_NEWUSER, "NEWUSER"}, {unix.CLONE_NEWNS, "NEWNS"}, {unix.CLONE_NEWPID, "NEWPID"},
		{unix.CLONE_NEWNET, "NEWNET"}, {unix.CLONE_NEWIPC, "NEWIPC"}, {unix.CLONE_NEWUTS, "NEWUTS"},
		{unix.CLONE_NEWCGROUP, "NEWCGROUP"}, {unix.CLONE_NEWTIME, "NEWTIME"},
	}}
	mountFlags = flagSet{zero: "0", names: []flagName{
		{unix.MS_RDONLY, "MS_RDONLY"}, {unix.MS_BIND, "MS_BIND"}, {unix.MS_REC, "MS_REC"}, {unix.MS_MOVE, "MS_MOVE"},
		{unix.MS_PRIVATE, "MS_PRIVATE"}, {unix.MS_SLAVE, "MS_SLAVE"}, {unix.MS_SHARED, "MS_SHARED"},
		{unix.MS_UNBINDABLE, "MS_UNBINDABLE"}, {unix.MS_NOSUID, "MS_NOSUID"}, {unix.MS_NODEV, "MS_NODEV"},
		{unix.MS_NOEXEC, "MS_NOEXEC"}, {unix.MS_SYNCHRONOUS, "MS_SYNCHRONOUS"}, {unix.MS_REMOUNT, "MS_REMOUNT"},
		{unix.MS_MANDLOCK, "MS_MANDLOCK"}, {unix.MS_DIRSYNC, "MS_DIRSYNC"}, {unix.MS_NOSYMFOLLOW, "MS_NOSYMFOLLOW"},
		{unix.MS_NOATIME, "MS_NOATIME"}, {unix.MS_NODIRATIME, "MS_NODIRATIME"}, {unix.MS_SILENT, "MS_SILENT"},
		{unix.MS_POSIXACL, "MS_POSIXACL"}, {unix.MS_RELATIME, "MS_RELATIME"}, {unix.MS_I_VERSION, "MS_I_VERSION"},
		{unix.MS_STRICTATIME, "MS_STRICTATIME"}, {unix.MS_LAZYTIME, "MS_LAZYTIME"},
	}}
	atFlags = flagSet{zero: "0", names: []flagName{
		{unix.AT_EMPTY_PATH, "AT_EMPTY_PATH"}, {unix.AT_SYMLINK_NOFOLLOW, "AT_SYMLINK_NOFOLLOW"},
		{unix.AT_RECURSIVE, "AT_RECURSIVE"}, {unix.AT_EACCESS, "AT_EACCESS"}, {unix.OPEN_TREE_CLOEXEC, "CLOEXEC"},
		{unix.OPEN_TREE_CLONE, "CLONE"},
	}}
	moveMountFlags = flagSet{zero: "0", names: []flagName{
		{unix.MOVE_MOUNT_F_EMPTY_PATH, "F_EMPTY_PATH"}, {unix.MOVE_MOUNT_T_EMPTY_PATH, "T_EMPTY_PATH"},
	}}
	umountFlags     = flagSet{zero: "0", names: []flagName{{unix.MNT_DETACH, "MNT_DETACH"}}}
	closeRangeFlags = flagSet{zero: "0", names: []flagName{{unix.CLOSE_RANGE_CLOEXEC, "CLOEXEC"}}}
	seccompFlags    = flagSet{zero: "0", names: []flagName{
		{unix.SECCOMP_FILTER_FLAG_TSYNC, "TSYNC"}, {unix.SECCOMP_FILTER_FLAG_LOG, "LOG"},
		{unix.SECCOMP_FILTER_FLAG_SPEC_ALLOW, "SPEC_ALLOW"}, {unix.SECCOMP_FILTER_FLAG_NEW_LISTENER, "NEW_LISTENER"},
		{unix.SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV, "WAIT_KILLABLE_RECV"},
	}}
	seccompOps   = flagSet{exact: true, names: []flagName{{unix.SECCOMP_SET_MODE_FILTER, "SET_MODE_FILTER"}}}
	keyctlOps    = flagSet{exact: true, names: []flagName{{unix.KEYCTL_JOIN_SESSION_KEYRING, "JOIN_SESSION_KEYRING"}}}
	fsconfigCmds = flagSet{exact: true, names: []flagName{
		{unix.FSCONFIG_SET_FLAG, "SET_FLAG"}, {unix.FSCONFIG_SET_STRING, "SET_STRING"}, {unix.FSCONFIG_CMD_CREATE, "CMD_CREATE"},
	}}
	ioctls = flagSet{exact: true, names: []flagName{
		{unix.SIOCSIFFLAGS, "SIOCSIFFLAGS"}, {unix.TIOCSPTLCK, "TIOCSPTLCK"}, {unix.TIOCGPTPEER, "TIOCGPTPEER"},
		{unix.TIOCSCTTY, "TIOCSCTTY"}, {unix.TIOCSWINSZ, "TIOCSWINSZ"},
	}}
	prctlOps = flagSet{exact: true, names: []flagName{
		{unix.PR_SET_PDEATHSIG, "SET_PDEATHSIG"}, {unix.PR_SET_KEEPCAPS, "SET_KEEPCAPS"}, {unix.PR_CAPBSET_DROP, "CAPBSET_DROP"},
		{unix.PR_SET_NO_NEW_PRIVS, "SET_NO_NEW_PRIVS"}, {unix.PR_CAP_AMBIENT, "CAP_AMBIENT"}, {unix.PR_SET_DUMPABLE, "SET_DUMPABLE"},
		{unix.PR_SET_NAME, "SET_NAME"}, {unix.PR_SET_SECCOMP, "SET_SECCOMP"},
	}}
	rlimits = flagSet{exact: true, names: []flagName{
		{unix.RLIMIT_AS, "AS"}, {unix.RLIMIT_CORE, "CORE"}, {unix.RLIMIT_CPU, "CPU"}, {unix.RLIMIT_DATA, "DATA"},
		{unix.RLIMIT_FSIZE, "FSIZE"}, {unix.RLIMIT_LOCKS, "LOCKS"}, {unix.RLIMIT_MEMLOCK, "MEMLOCK"},
		{unix.RLIMIT_MSGQUEUE, "MSGQUEUE"}, {unix.RLIMIT_NICE, "NICE"}, {unix.RLIMIT_NOFILE, "NOFILE"},
		{unix.RLIMIT_NPROC, "NPROC"}, {unix.RLIMIT_RSS, "RSS"}, {unix.RLIMIT_RTPRIO, "RTPRIO"}, {unix.RLIMIT_RTTIME, "RTTIME"},
		{unix.RLIMIT_SIGPENDING, "SIGPENDING"}, {unix.RLIMIT_STACK, "STACK"},
	}}
)

// CloneFlags prints CLONE_NEW* flags.
func CloneFlags(flags uint64) string { return cloneFlags.format(flags) }
