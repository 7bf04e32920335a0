package procs

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"golang.org/x/sys/unix"
)

// Process is a live process as /proc shows it.
type Process struct {
	Status
	Start   uint64   // clock ticks since boot, 0 if unknown: tells it from a later one
	PidNS   uint64   // inode number of its pid namespace, 0 if it could not be read
	Cgroups []Cgroup // empty if they could not be read
	Command string   // one printable line; the program's name in brackets if there is none
	// Tasks are its live threads but the first, by id; filled for processes of
	// containers if Options.Threads is set.
	Tasks []Status
}

// Known is a container that a runtime's state tells of.
type Known struct {
	ID, Runtime string
	Pid         int    // of its first process
	Start       uint64 // of that process; another one is not this container's
}

// Options say what to read and what is known already.
type Options struct {
	Threads bool
	Known   []Known
}

// Snapshot is what Scan has read.
type Snapshot struct {
	// Processes are all live ones that could be read, by pid.
	Processes []*Process
	// Unreadable counts the processes that are there and of which something could
	// not be read.
	Unreadable int
	// Hidden says that process 1 is not there to see, as with hidepid=2, and so perhaps
	// nothing but this user's own processes.
	Hidden bool

	known  []Known
	base   uint64 // the pid namespace of process 1
	self   map[int]string
	groups []*Container
}

// Scan reads the /proc at root. The error is about root as a whole: not there, no
// procfs.
func Scan(root string, o Options) (*Snapshot, error) {
	entries, err := os.ReadDir(root)
	if err != nil {
		return nil, err
	}
	s := &Snapshot{known: o.Known, self: map[int]string{}}
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil || pid <= 0 {
			continue
		}
		p, err := readProcess(filepath.Join(root, e.Name()))
		if p == nil && err == nil {
			continue
		}
		if err != nil {
			s.Unreadable++
		}
		if p != nil {
			s.Processes = append(s.Processes, p)
		}
	}
	if len(s.Processes) == 0 && s.Unreadable == 0 {
		return nil, fmt.Errorf("%s: no process in it, expected a procfs", root)
	}
	slices.SortFunc(s.Processes, func(a, b *Process) int { return a.Pid - b.Pid })
	_, err = os.Lstat(filepath.Join(root, "1"))
	s.Hidden = err != nil
	if link, err := os.Readlink(filepath.Join(root, "1/ns/pid")); err == nil {
		s.base, _ = ParseNamespace("pid", link)
	}
	if text, err := readFile(filepath.Join(root, "self/cgroup")); err == nil {
		cgroups, _ := ParseCgroup(text)
		for _, c := range cgroups {
			s.self[c.Hierarchy] = c.Path
		}
	}
	s.group()
	if o.Threads {
		for _, c := range s.groups {
			for _, p := range c.Processes {
				if p.Threads > 1 {
					p.Tasks = readTasks(filepath.Join(root, strconv.Itoa(p.Pid), "task"), p.Pid)
				}
			}
		}
	}
	return s, nil
}

// readProcess reads the files of one process. Nil without an error is one that has
// ended; with an error something of it could not be read, and perhaps all.
func readProcess(dir string) (*Process, error) {
	status, err := ReadStatus(dir)
	if status == nil {
		return nil, err
	}
	if status.Dead() && status.Threads <= 1 {
		return nil, nil
	}
	p := &Process{Status: *status}
	var failed error
	note := func(err error) {
		if failed == nil {
			failed = err
		}
	}
	if text, err := readFile(filepath.Join(dir, "cgroup")); err != nil {
		note(err)
	} else if p.Cgroups, err = ParseCgroup(text); err != nil {
		note(err)
	}
	if text, err := readFile(filepath.Join(dir, "stat")); err != nil {
		note(err)
	} else if p.Start, err = ParseStat(text); err != nil {
		note(err)
	}
	if link, err := os.Readlink(filepath.Join(dir, "ns/pid")); err != nil {
		if !errors.Is(err, unix.EACCES) && !errors.Is(err, unix.EPERM) { // usual without privileges, and no loss: see NSpid
			note(err)
		}
	} else if p.PidNS, err = ParseNamespace("pid", link); err != nil {
		note(err)
	}
	if text, err := readFile(filepath.Join(dir, "cmdline")); err != nil {
		note(err)
	} else {
		p.Command = ParseCmdline(text)
	}
	if p.Command == "" {
		p.Command = "[" + printable(p.Name) + "]"
	}
	if gone(failed) { // unless it is the file that this kernel does not have
		if again, err := ReadStatus(dir); again == nil {
			return nil, err
		}
	}
	return p, failed
}

// ReadStatus reads the status of the process or thread with this directory of /proc. It
// is nil without an error for one that has ended.
func ReadStatus(dir string) (*Status, error) {
	text, err := readFile(filepath.Join(dir, "status"))
	if gone(err) {
		return nil, nil
	} else if err != nil {
		return nil, err
	}
	s, err := ParseStatus(text)
	if err != nil {
		return nil, fmt.Errorf("%s/status: %w", dir, err)
	}
	return s, nil
}

// readTasks reads the threads of a process but the first. Those that end meanwhile, or
// cannot be read, are left out.
func readTasks(dir string, pid int) (list []Status) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil
	}
	for _, e := range entries {
		tid, err := strconv.Atoi(e.Name())
		if err != nil || tid == pid {
			continue
		}
		if s, err := ReadStatus(filepath.Join(dir, e.Name())); err == nil && s != nil && !s.Dead() {
			list = append(list, *s)
		}
	}
	slices.SortFunc(list, func(a, b Status) int { return a.Pid - b.Pid })
	return list
}

// gone says whether the error means that the process has ended.
func gone(err error) bool { return errors.Is(err, fs.ErrNotExist) || errors.Is(err, unix.ESRCH) }

// maxFile bounds what is read of a file; a command line can be megabytes.
const maxFile = 64 << 10

func readFile(name string) (string, error) {
	f, err := os.Open(name)
	if err != nil {
		return "", err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxFile))
	return string(data), err
}
