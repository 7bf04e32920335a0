package cgroup

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// OOM tells of processes of a container that the kernel kills, or on version 1
// stops, because a memory limit leaves them nothing (cgroup-v1/memory.rst, "OOM
// Control"; cgroup-v2.rst, memory.events).
type OOM struct {
	fd     int    // readable when there may be news: an eventfd (version 1), or inotify
	file   int    // memory.oom_control or memory.events
	killed uint64 // version 2: so many until now
	v2     bool
}

// errNoMemory: nobody would ever tell.
var errNoMemory = errors.New("the container has no cgroup of the memory controller, which is what tells of processes out of memory")

// WatchOOM begins to watch. What was before does not count.
func (c *Cgroup) WatchOOM() (*OOM, error) {
	key, name := "memory", "memory.oom_control"
	if c.mode == V2 {
		key, name = "", "memory.events"
	}
	dir := c.paths[key]
	if dir == "" {
		return nil, errNoMemory
	}
	fd, err := openCgroup(dir)
	if err != nil {
		return nil, err
	}
	defer unix.Close(fd)
	o := &OOM{fd: -1, v2: c.mode == V2}
	o.file, err = unix.Openat(fd, name, unix.O_RDONLY|unix.O_CLOEXEC|unix.O_NOFOLLOW, 0)
	if err == unix.ENOENT {
		return nil, errNoMemory
	}
	if err != nil {
		return nil, &os.PathError{Op: "open", Path: dir + "/" + name, Err: err}
	}
	if o.v2 {
		err = o.watchV2()
	} else {
		err = o.watchV1(fd)
	}
	if err != nil {
		o.Close()
		return nil, fmt.Errorf("watching %s/%s: %w", dir, name, err)
	}
	return o, nil
}

// watchV1 has an eventfd signalled: the line is its number and the file's.
func (o *OOM) watchV1(dir int) (err error) {
	if o.fd, err = unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK); err != nil {
		return fmt.Errorf("eventfd: %w", err)
	}
	const control = "cgroup.event_control"
	if err := writeAt(dir, control, fmt.Sprintf("%d %d", o.fd, o.file)); err != nil {
		return fmt.Errorf("%s: %w", control, err)
	}
	return nil
}

// watchV2 has the file's changes reported.
func (o *OOM) watchV2() (err error) {
	if o.fd, err = unix.InotifyInit1(unix.IN_CLOEXEC | unix.IN_NONBLOCK); err != nil {
		return fmt.Errorf("inotify: %w", err)
	}
	// By the descriptor: the directory may have another name by now.
	if _, err := unix.InotifyAddWatch(o.fd, fmt.Sprintf("/proc/self/fd/%d", o.file), unix.IN_MODIFY); err != nil {
		return fmt.Errorf("inotify: %w", err)
	}
	o.killed, err = o.count()
	return err
}

// FD is a descriptor for poll(2) that becomes readable when [OOM.Happened] should
// be asked.
func (o *OOM) FD() int { return o.fd }

// Happened says whether a process was killed since the last call, or the first
// watch. It does not wait. When the cgroup is gone the error is unix.ENODEV.
func (o *OOM) Happened() (bool, error) {
	var buf [4096]byte // of inotify: records of 16 bytes, since they name no files
	news := false
	for {
		n, err := unix.Read(o.fd, buf[:])
		if err == unix.EINTR {
			continue
		}
		if err == unix.EAGAIN || n == 0 {
			break
		}
		if err != nil {
			return false, err
		}
		news = true
	}
	killed, err := o.count()
	if err != nil || !o.v2 {
		// The end of a version 1 cgroup signals the eventfd too.
		return err == nil && news, err
	}
	more := killed > o.killed
	o.killed = killed
	return more, nil
}

// count reads the number of processes killed so far (version 1: Linux 4.13).
func (o *OOM) count() (uint64, error) {
	var buf [1024]byte
	n, err := unix.Pread(o.file, buf[:], 0)
	if err != nil {
		return 0, err
	}
	f := files{}
	var killed uint64
	f.lines("memory.events", string(buf[:n]), func(key string, n uint64) {
		if key == "oom_kill" {
			killed = n
		}
	})
	return killed, f.err
}

// Close ends the watch.
func (o *OOM) Close() {
	for _, fd := range [...]int{o.fd, o.file} {
		if fd >= 0 {
			unix.Close(fd)
		}
	}
}
