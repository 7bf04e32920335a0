package runtime

import (
	"errors"
	"fmt"
	"os"
	"strconv"

	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/runtime/cgroup"
	"github.com/runseal/runseal/runtime/state"
)

// members are the processes of a container: those in its cgroup, or, if it has none,
// those in the pid namespace that was made for it.
func members(s *state.State) ([]int, error) {
	if len(s.CgroupPaths) > 0 {
		return cgroupOf(s).Pids()
	}
	ns, alive, err := ownNS(s)
	if err != nil || !alive {
		return nil, err
	}
	pids := []int{s.Pid}
	if ns == (nsID{}) {
		return pids, nil
	}
	proc, err := os.ReadDir("/proc")
	if err != nil {
		return nil, err
	}
	for _, e := range proc {
		// A process of others cannot be looked at, and is none of the container's.
		if pid, err := strconv.Atoi(e.Name()); err == nil && pid != s.Pid && pidNS(pid) == ns {
			pids = append(pids, pid)
		}
	}
	return pids, nil
}

// signalMembers sends a signal to every process of a container without a cgroup.
func signalMembers(s *state.State, sig unix.Signal) error {
	ns, _, err := ownNS(s)
	if err != nil {
		return err
	}
	pids, err := members(s)
	if err != nil {
		return err
	}
	for _, pid := range pids {
		var fd int
		if pid == s.Pid {
			fd, err = openInit(s)
		} else {
			fd, err = unix.PidfdOpen(pid, 0)
		}
		if errors.Is(err, os.ErrProcessDone) || cgroup.NoProcess(err) {
			continue
		}
		if err != nil {
			return fmt.Errorf("look for process %d: %w", pid, err)
		}
		// The number may be another process's by now; what the descriptor stands for
		// stays the same.
		if pid == s.Pid || pidNS(pid) == ns {
			err = unix.PidfdSendSignal(fd, sig, nil, 0)
		}
		unix.Close(fd)
		if err != nil && !errors.Is(err, unix.ESRCH) {
			return fmt.Errorf("send signal %d to process %d: %w", int(sig), pid, err)
		}
	}
	return nil
}

// nsID is a namespace, as stat(2) tells it from others (namespaces(7)).
type nsID struct{ dev, ino uint64 }

// pidNS is the pid namespace that a process is in; nothing if it cannot be looked at.
func pidNS(pid int) nsID {
	var st unix.Stat_t
	if unix.Stat("/proc/"+strconv.Itoa(pid)+"/ns/pid", &st) != nil {
		return nsID{}
	}
	return nsID{st.Dev, st.Ino}
}

// ownNS is the pid namespace that was made for the container, if its first process is
// alive, with which all the others would have ended. It is nothing before that process's
// execve for a caller without root's rights, who cannot look at it; then there are no others.
func ownNS(s *state.State) (ns nsID, alive bool, err error) {
	if !ownPidNS(s) {
		return nsID{}, false, fmt.Errorf("its processes cannot be told from others: %w; nor has it a pid namespace of its own", noCgroup(nil))
	}
	init, err := openInit(s)
	if errors.Is(err, os.ErrProcessDone) {
		return nsID{}, false, nil
	}
	if err != nil {
		return nsID{}, false, err
	}
	defer unix.Close(init)
	ns = pidNS(s.Pid)
	// Only if it is still there was the number its own.
	if unix.PidfdSendSignal(init, 0, nil, 0) != nil {
		return nsID{}, false, nil
	}
	return ns, true, nil
}
