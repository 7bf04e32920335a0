package cgroup

import (
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// Of returns the version 2 cgroup that a process is in, which has to be c or below
// it. The caller knows by other means that the process is still the one it means.
func (c *Cgroup) Of(pid int) (*Cgroup, error) {
	dir := c.paths[""]
	own, ok := strings.CutPrefix(dir, root)
	if !ok || len(c.paths) != 1 {
		return nil, fmt.Errorf("cgroup %q: expected one of version 2 alone", cut(dir))
	}
	text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/cgroup")
	if err != nil {
		return nil, fmt.Errorf("finding the cgroup of process %d: %w", pid, err)
	}
	_, at, err := parseSelf(string(text))
	if err != nil {
		return nil, err
	}
	below, ok := strings.CutPrefix(at, own)
	if !ok || below != "" && !strings.HasPrefix(below, "/") {
		return nil, fmt.Errorf("process %d is in cgroup %q, expected one below %q", pid, cut(at), cut(own))
	}
	if below == "" {
		return c, nil
	}
	// The container has chosen these names. None is a link, but look.
	top, err := openCgroup(dir)
	if err != nil {
		return nil, err
	}
	defer unix.Close(top)
	fd, err := unix.Openat2(top, below[1:], &unix.OpenHow{
		Flags:   unix.O_PATH | unix.O_DIRECTORY | unix.O_CLOEXEC,
		Resolve: unix.RESOLVE_BENEATH | unix.RESOLVE_NO_SYMLINKS | unix.RESOLVE_NO_MAGICLINKS | unix.RESOLVE_NO_XDEV,
	})
	if err != nil {
		return nil, &os.PathError{Op: "openat2", Path: dir + below, Err: err}
	}
	unix.Close(fd)
	return Open(map[string]string{"": dir + below}), nil
}
