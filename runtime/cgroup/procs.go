package cgroup

import (
	"fmt"
	"slices"

	"golang.org/x/sys/unix"
)

// Pids returns the ids of all processes of the container, those in cgroups below
// its own included, sorted, without duplicates. A process of a pid namespace
// that this process cannot see is 0. No cgroup: no processes.
func (c *Cgroup) Pids() ([]int, error) {
	return pidsIn(c.primary())
}

// primary is the directory by which membership is told: any would do, and the
// container can least of all leave the one that its device rules are in.
func (c *Cgroup) primary() []string {
	for _, k := range [...]string{"devices", "pids", "memory", "freezer", "cpu", "", "name=systemd"} {
		if p, ok := c.paths[k]; ok {
			return []string{p}
		}
	}
	return c.dirs(nil)
}

// pidsIn returns the processes in and below the directories.
func pidsIn(dirs []string) ([]int, error) {
	var pids []int
	for _, dir := range dirs {
		fd, err := openCgroup(dir)
		if err == unix.ENOENT {
			continue
		}
		if err != nil {
			return nil, err
		}
		err = pidsBelow(fd, &pids)
		unix.Close(fd)
		if err != nil {
			return nil, fmt.Errorf("reading the processes of cgroup %q: %w", cut(dir), err)
		}
	}
	slices.Sort(pids)
	return slices.Compact(pids), nil
}

// pidsBelow appends the processes in and below one cgroup.
func pidsBelow(fd int, pids *[]int) error {
	return walk(fd, func(fd int) error {
		data, err := readAt(fd, "cgroup.procs")
		if err == unix.EOPNOTSUPP {
			// A threaded cgroup (version 2) has no list of processes.
			data, err = readAt(fd, "cgroup.threads")
		}
		if err != nil {
			return err
		}
		n := 0
		for _, b := range data {
			switch {
			case b >= '0' && b <= '9':
				n = n*10 + int(b-'0')
			case b == '\n':
				*pids = append(*pids, n)
				n = 0
			default:
				return unix.EBADMSG
			}
		}
		return nil
	}, nil)
}

// readAt reads a whole file of the directory.
func readAt(dir int, name string) ([]byte, error) {
	fd, err := unix.Openat(dir, name, unix.O_RDONLY|unix.O_CLOEXEC|unix.O_NOFOLLOW, 0)
	if err != nil {
		return nil, err
	}
	defer unix.Close(fd)
	buf := make([]byte, 0, 512)
	for {
		if len(buf) == cap(buf) {
			buf = slices.Grow(buf, cap(buf))
		}
		n, err := unix.Read(fd, buf[len(buf):cap(buf)])
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			return nil, err
		}
		if n == 0 {
			return buf, nil
		}
		buf = buf[:len(buf)+n]
	}
}

// writeAt writes to a file of the directory.
func writeAt(dir int, name, value string) error {
	fd, err := unix.Openat(dir, name, unix.O_WRONLY|unix.O_CLOEXEC|unix.O_NOFOLLOW, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	_, err = unix.Write(fd, []byte(value))
	return err
}
