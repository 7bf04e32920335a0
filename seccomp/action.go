package seccomp

import (
	"fmt"
	"strings"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

// Action is what the kernel does with a call: a SECCOMP_RET_* value with its
// data (errno, number for the tracer) in the lower 16 bits.
type Action uint32

// Actions without data (linux/seccomp.h).
const (
	KillProcess Action = unix.SECCOMP_RET_KILL_PROCESS
	KillThread  Action = unix.SECCOMP_RET_KILL_THREAD
	Trap        Action = unix.SECCOMP_RET_TRAP
	Notify      Action = unix.SECCOMP_RET_USER_NOTIF
	Log         Action = unix.SECCOMP_RET_LOG
	Allow       Action = unix.SECCOMP_RET_ALLOW
)

// Errno returns the action that fails the call with errno (0 to 4095) without
// executing it.
func Errno(errno uint16) Action { return unix.SECCOMP_RET_ERRNO | Action(errno) }

// Trace returns the action that hands the call to a ptrace(2) tracer with the
// message data, or fails it with ENOSYS where there is none.
func Trace(data uint16) Action { return unix.SECCOMP_RET_TRACE | Action(data) }

// Kind returns the action without its data.
func (a Action) Kind() Action { return a & unix.SECCOMP_RET_ACTION_FULL }

// Data returns the action's lower 16 bits.
func (a Action) Data() uint16 { return uint16(a & unix.SECCOMP_RET_DATA) }

// Passes says whether the call is executed, with no decision by another
// process: ALLOW and LOG.
func (a Action) Passes() bool { return a.Kind() == Allow || a.Kind() == Log }

// StricterThan says whether a lets a program do less than b does, in the kernel's order
// of actions (see [Intersect]). Errnos and other data do not count.
func (a Action) StricterThan(b Action) bool { return strictness(uint32(a)) < strictness(uint32(b)) }

// String returns the name of the action in OCI profiles, with its data:
// "SCMP_ACT_ERRNO(1 EPERM)".
func (a Action) String() string {
	switch a.Kind() {
	case KillProcess:
		return "SCMP_ACT_KILL_PROCESS"
	case KillThread:
		return "SCMP_ACT_KILL_THREAD"
	case Trap:
		return "SCMP_ACT_TRAP"
	case unix.SECCOMP_RET_ERRNO:
		if name := unix.ErrnoName(unix.Errno(a.Data())); name != "" {
			return fmt.Sprintf("SCMP_ACT_ERRNO(%d %s)", a.Data(), name)
		}
		return fmt.Sprintf("SCMP_ACT_ERRNO(%d)", a.Data())
	case unix.SECCOMP_RET_TRACE:
		return fmt.Sprintf("SCMP_ACT_TRACE(%d)", a.Data())
	case Notify:
		return "SCMP_ACT_NOTIFY"
	case Log:
		return "SCMP_ACT_LOG"
	case Allow:
		return "SCMP_ACT_ALLOW"
	}
	return fmt.Sprintf("%#08x", uint32(a))
}

// ParseAction returns the action that a profile spells with these values of action and
// errnoRet.
func ParseAction(a specs.LinuxSeccompAction, errno *uint) (Action, error) {
	return parseAction("linux.seccomp.syscalls[]", "action", "errnoRet", a, errno)
}

// OCI returns the action as profiles spell it: the opposite of [ParseAction]. The error
// is about a value for which they have no word, such as data on an action that has none.
func (a Action) OCI() (action specs.LinuxSeccompAction, errno *uint, err error) {
	name, _, _ := strings.Cut(a.String(), "(")
	data := uint(a.Data())
	switch a.Kind() {
	case unix.SECCOMP_RET_ERRNO:
		if data > maxErrno {
			return "", nil, fmt.Errorf("%#x is SCMP_ACT_ERRNO(%d), and profiles have errnos from 0 to %d", uint32(a), data, maxErrno)
		}
		errno = &data
	case unix.SECCOMP_RET_TRACE:
		errno = &data
	case KillProcess, KillThread, Trap, Notify, Log, Allow:
		if data != 0 {
			return "", nil, fmt.Errorf("%#x is %s with the data %d, for which profiles have no field", uint32(a), name, data)
		}
	default:
		return "", nil, fmt.Errorf("%#x is no action of profiles", uint32(a))
	}
	return specs.LinuxSeccompAction(name), errno, nil
}

const (
	knownActions = "SCMP_ACT_ALLOW, SCMP_ACT_ERRNO, SCMP_ACT_KILL, SCMP_ACT_KILL_PROCESS, SCMP_ACT_KILL_THREAD, " +
		"SCMP_ACT_LOG, SCMP_ACT_NOTIFY, SCMP_ACT_TRACE, SCMP_ACT_TRAP"

	// maxErrno is MAX_ERRNO of linux/err.h: a larger value would be taken for
	// a result, and the kernel caps it.
	maxErrno = 4095
)

// parseAction reads an action with its errnoRet. path is the object that holds
// both fields; name and errnoName are what the fields are called there.
func parseAction(path, name, errnoName string, a specs.LinuxSeccompAction, errno *uint) (Action, error) {
	var action Action
	limit := uint(0)
	switch a {
	case specs.ActKillProcess:
		action = KillProcess
	case specs.ActKill, specs.ActKillThread:
		action = KillThread
	case specs.ActTrap:
		action = Trap
	case specs.ActErrno:
		action, limit = Errno(0), maxErrno
	case specs.ActTrace:
		action, limit = Trace(0), unix.SECCOMP_RET_DATA
	case specs.ActLog:
		action = Log
	case specs.ActAllow:
		action = Allow
	case specs.ActNotify:
		action = Notify
	case "":
		return 0, fmt.Errorf("%s.%s: missing, expected one of %s", path, name, knownActions)
	default:
		return 0, fmt.Errorf("%s.%s: %q: expected one of %s", path, name, string(a), knownActions)
	}
	if limit == 0 {
		if errno != nil {
			return 0, fmt.Errorf("%s.%s: %d: expected none with %s, which returns no errno", path, errnoName, *errno, a)
		}
		return action, nil
	}
	data := uint(unix.EPERM)
	if errno != nil {
		data = *errno
	}
	if data > limit {
		return 0, fmt.Errorf("%s.%s: %d: expected 0 to %d with %s", path, errnoName, data, limit, a)
	}
	return action | Action(data), nil
}
