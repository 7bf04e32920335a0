package runtime

import (
	"errors"
	"os"
	"strconv"
	"time"

	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/runtime/state"
)

// execveLimit is how long exec waits for a container that was started to execute its
// program: some milliseconds, unless the machine is busy.
const execveLimit = 5 * time.Second

// openRoot opens the root directory of a container's process, by which nothing is
// resolved before it has become the root of ours.
func openRoot(pid int) (int, error) {
	name := "/proc/" + strconv.Itoa(pid) + "/root"
	fd, err := unix.Open(name, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if errors.Is(err, unix.ENOENT) || errors.Is(err, unix.ESRCH) {
		return -1, errors.New("container not running")
	}
	if err != nil {
		return -1, &os.PathError{Op: "open", Path: name, Err: err}
	}
	return fd, nil
}

// awaitRoot is openRoot for a container that may not have executed its program yet. Until
// then its process is not dumpable, and only root may join it. start does not wait for the
// execve, so anybody else waits here.
func awaitRoot(d *state.Dir, s *state.State) (int, error) {
	for end := time.Now().Add(execveLimit); ; time.Sleep(time.Millisecond) {
		fd, err := openRoot(s.Pid)
		if !errors.Is(err, unix.EACCES) || os.Geteuid() == 0 {
			return fd, err
		}
		st, e := status(d, s)
		switch {
		case e != nil:
			return -1, e
		case st == StatusCreated:
			return -1, errors.New("it is created and not started: until then only root can join it")
		case time.Now().After(end):
			return -1, err
		}
	}
}
