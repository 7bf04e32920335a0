package runtime

import (
	"errors"
	"strconv"

	"golang.org/x/sys/unix"
)

var errNotRegular = errors.New("expected a regular file")

// openRegular opens the file that an O_PATH descriptor is for, which it closes, for reading,
// if it is a regular one. To open anything else that a container may put there would do
// something: a device node alone makes the kernel load modules, or start a watchdog, for a
// container that may not open it itself.
func openRegular(path int) (fd int, st unix.Stat_t, err error) {
	defer unix.Close(path)
	if err := unix.Fstat(path, &st); err != nil {
		return -1, st, err
	}
	if st.Mode&unix.S_IFMT != unix.S_IFREG {
		return -1, st, errNotRegular
	}
	// The host's own /proc; nothing of the container's is looked up.
	fd, err = unix.Open("/proc/self/fd/"+strconv.Itoa(path), unix.O_RDONLY|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	return fd, st, err
}
