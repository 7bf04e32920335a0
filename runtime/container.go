package runtime

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"time"

	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/nsenter"
	"github.com/runseal/runseal/runtime/cgroup"
	"github.com/runseal/runseal/runtime/state"
)

// Status values of a container; the specification's, and paused.
const (
	StatusCreating = "creating"
	StatusCreated  = "created"
	StatusRunning  = "running"
	StatusPaused   = "paused"
	StatusStopped  = "stopped"
)

// Container is what state and list show.
type Container struct {
	ID, Bundle, Rootfs string
	Status             string
	Pid                int // 0 when stopped
	Created            time.Time
	Owner              string // user name of the state directory's owner
	Annotations        map[string]string
	Err                error // why the entry could not be read; the other fields but ID are then empty
}

// State describes one container.
func (r *Runtime) State(id string) (*Container, error) {
	d, s, err := r.open(id, false)
	if err != nil {
		return nil, err
	}
	defer d.Close()
	st, err := status(d, s)
	if err != nil {
		return nil, err
	}
	return describe(d, s, st), nil
}

// List describes all containers, damaged ones included.
func (r *Runtime) List() ([]*Container, error) {
	ids, err := state.List(r.Root)
	if err != nil {
		return nil, err
	}
	var all []*Container
	for _, id := range ids {
		c, err := r.State(id)
		if err != nil {
			c = &Container{ID: id, Err: err}
		}
		all = append(all, c)
	}
	return all, nil
}

// describe tells of a container in the given status.
func describe(d *state.Dir, s *state.State, status string) *Container {
	c := &Container{
		ID: s.ID, Bundle: s.Bundle, Rootfs: s.Rootfs, Created: s.Created,
		Annotations: s.Annotations, Status: status, Owner: owner(d.Path()),
	}
	if c.Status != StatusStopped {
		c.Pid = s.Pid
	}
	return c
}

// status is never stored: the process, the FIFO and the freezer know it best. An error
// means that they could not be asked.
func status(d *state.Dir, s *state.State) (string, error) {
	if s.Pid == 0 {
		return StatusCreating, nil
	}
	lives, err := alive(s)
	if err != nil {
		return "", fmt.Errorf("container %q: %w", s.ID, err)
	}
	if !lives {
		return StatusStopped, nil
	}
	var st unix.Stat_t
	is := StatusRunning
	if unix.Lstat(d.FifoPath(), &st) == nil {
		is = StatusCreated
	} else if unix.Lstat(fifoTemp(d), &st) == nil {
		return StatusCreating, nil
	}
	frozen, err := cgroupOf(s).Frozen()
	switch {
	case state.Scarce(err):
		return "", fmt.Errorf("container %q: %w", s.ID, err)
	case err == nil && frozen:
		return StatusPaused, nil
	}
	return is, nil
}

// owner names the owner of a directory; root without asking anybody.
func owner(path string) string {
	var st unix.Stat_t
	if unix.Lstat(path, &st) != nil {
		return ""
	}
	if st.Uid == 0 {
		return "root"
	}
	users, _ := os.ReadFile("/etc/passwd")
	if name := passwdField(users, st.Uid, 0); name != "" {
		return name
	}
	return "#" + strconv.Itoa(int(st.Uid))
}

// alive says whether the container's first process runs. Where the kernel can tell two
// processes of one pid and start time apart, those are told apart.
func alive(s *state.State) (bool, error) {
	lives, err := state.Alive(s.Pid, s.StartTime)
	if err != nil || !lives || s.PidInode == 0 {
		return lives, err
	}
	fd, err := unix.PidfdOpen(s.Pid, 0)
	if err != nil {
		return !cgroup.NoProcess(err) || outsideProc(), nil
	}
	inode := state.PidInode(fd)
	unix.Close(fd)
	return inode == 0 || inode == s.PidInode || outsideProc(), nil
}

// outsideProc says whether /proc is that of another pid namespace, whose numbers mean
// nothing to system calls: so it is for a hook in the container.
func outsideProc() bool {
	self, err := os.Readlink("/proc/self")
	return err == nil && self != strconv.Itoa(os.Getpid())
}

// openInit returns a pidfd of the container's first process. The process is
// identified by its start time after the pidfd was taken, so a recycled pid
// is never signalled or entered, and by more than that, see isInit. The error is
// os.ErrProcessDone if it has ended, and no other one says that it has.
func openInit(s *state.State) (int, error) {
	if s.Pid <= 0 {
		return -1, os.ErrProcessDone
	}
	fd, err := unix.PidfdOpen(s.Pid, 0)
	if cgroup.NoProcess(err) {
		return -1, os.ErrProcessDone
	}
	if err != nil {
		return -1, fmt.Errorf("look for process %d: pidfd_open: %w%s", s.Pid, err, nsenter.Missing("pidfd_open", err))
	}
	ours, err := state.Alive(s.Pid, s.StartTime)
	if ours {
		ours, err = isInit(fd, s)
	}
	if err != nil || !ours {
		unix.Close(fd)
		if err == nil {
			err = os.ErrProcessDone
		}
		return -1, err
	}
	return fd, nil
}

// isInit says whether a process that has the pid and the start time of the container's
// first process is that process: the state file may be of another boot of the machine,
// or damaged. Pidfds tell it, and before Linux 6.9 the cgroup, which a process of a
// container does not leave.
func isInit(pidfd int, s *state.State) (bool, error) {
	if inode := state.PidInode(pidfd); inode != 0 && s.PidInode != 0 {
		return inode == s.PidInode, nil
	}
	if len(s.CgroupPaths) == 0 {
		return true, nil // a user's own, who could signal no other's
	}
	pids, err := cgroupOf(s).Pids()
	if err != nil {
		return false, fmt.Errorf("look for process %d in its cgroup: %w", s.Pid, err)
	}
	return slices.Contains(pids, s.Pid), nil
}
