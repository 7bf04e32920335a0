package state

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"

	"golang.org/x/sys/unix"
)

// ProcessStart reads /proc/PID/stat (proc_pid_stat(5)): the start time of the
// process in clock ticks since boot (field 22), which tells it from a later
// process of the same pid, and its state letter (field 3: R S D Z T t X I ...).
// A process that does not exist is unix.ESRCH.
func ProcessStart(pid int) (startTime uint64, state byte, err error) {
	if pid <= 0 {
		return 0, 0, unix.ESRCH
	}
	var name [32]byte
	path := append(strconv.AppendInt(append(name[:0], "/proc/"...), int64(pid), 10), "/stat"...)
	fd, err := open(unix.AT_FDCWD, string(path), unix.O_RDONLY)
	if err == unix.ENOENT {
		return 0, 0, unix.ESRCH
	}
	if err != nil {
		return 0, 0, fmt.Errorf("%s: %w", path, err)
	}
	// 52 numbers of at most 20 digits, and the name: it always fits.
	var buf [2048]byte
	n, err := unix.Read(fd, buf[:])
	for err == unix.EINTR {
		n, err = unix.Read(fd, buf[:])
	}
	unix.Close(fd)
	if err == unix.ESRCH {
		return 0, 0, unix.ESRCH
	}
	if err == nil {
		startTime, state, err = parseStat(buf[:n])
	}
	if err != nil {
		return 0, 0, fmt.Errorf("%s: %w", path, err)
	}
	return startTime, state, nil
}

var errStat = errors.New("expected PID (NAME) STATE and at least 19 more fields")

// parseStat finds the fields by counting from the last parenthesis: the process
// chooses its own name, with spaces and parentheses if it likes.
func parseStat(b []byte) (startTime uint64, state byte, err error) {
	i := bytes.LastIndexByte(b, ')')
	if i < 0 || i+2 >= len(b) || b[i+1] != ' ' {
		return 0, 0, errStat
	}
	b = b[i+2:]
	state = b[0]
	for field := 3; field < 22; field++ {
		i := bytes.IndexByte(b, ' ')
		if i <= 0 {
			return 0, 0, errStat
		}
		b = b[i+1:]
	}
	if i := bytes.IndexByte(b, ' '); i >= 0 {
		b = b[:i]
	}
	b = bytes.TrimSuffix(b, []byte("\n"))
	if len(b) == 0 || len(b) > 20 {
		return 0, 0, errStat
	}
	startTime, perr := strconv.ParseUint(string(b), 10, 64)
	if perr != nil {
		return 0, 0, errStat
	}
	return startTime, state, nil
}

// Alive says whether pid is the process that started at startTime and still
// runs: not a zombie, not dead, not a later process with the same number. A
// process whose first thread has ended while others go on counts as a zombie. A
// start time of 0, which no process but the kernel's own has, is never alive. An error
// means that it could not be found out.
func Alive(pid int, startTime uint64) (bool, error) {
	if startTime == 0 {
		return false, nil
	}
	start, state, err := ProcessStart(pid)
	if err == unix.ESRCH {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	dead := state == 'Z' || state == 'X' || state == 'x'
	return start == startTime && !dead, nil
}

// pidfsMagic is the file system of pidfds from Linux 6.9 on (PID_FS_MAGIC, linux/magic.h).
const pidfsMagic = 0x50494446

// PidInode gives the inode number of a pidfd, which is its process's alone for as long as
// the machine runs, unlike the pid. It is 0 before Linux 6.9 (or without CONFIG_FS_PID, in
// that version), where all pidfds have the same.
func PidInode(pidfd int) uint64 {
	var fs unix.Statfs_t
	if unix.Fstatfs(pidfd, &fs) != nil || fs.Type != pidfsMagic {
		return 0
	}
	var st unix.Stat_t
	if unix.Fstat(pidfd, &st) != nil {
		return 0
	}
	return st.Ino
}
