package box

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// A Child is a process of which this test process is the parent.
type Child struct {
	PID    int
	Inside bool // it is in a pid namespace of its own
	Zombie bool
}

// Children are those that there are now: commands, and what killed ones have left.
func Children() []Child {
	// Not by /proc/PID/task/TID/children, which can miss one while others come and go.
	files, _ := filepath.Glob("/proc/[0-9]*/status") // its one error is a bad pattern
	var all []Child
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			continue // it has ended
		}
		status := string(text)
		pid, err := strconv.Atoi(filepath.Base(filepath.Dir(name)))
		if err != nil || !strings.Contains(status, "\nPPid:\t"+strconv.Itoa(os.Getpid())+"\n") {
			continue
		}
		_, pids, _ := strings.Cut(status, "\nNSpid:")
		pids, _, _ = strings.Cut(pids, "\n")
		all = append(all, Child{pid, len(strings.Fields(pids)) > 1, strings.Contains(status, "\nState:\tZ")})
	}
	return all
}

// ReapOrphans collects in the background, when they end, the processes that a
// killed command has left to this test process, as an engine or process 1 does
// it. Without that the container's first process could not end: the kernel
// keeps the process 1 of a pid namespace until all others there are collected.
// No command of a box may be running when it is called.
func (b *Box) ReapOrphans() {
	b.t.Helper()
	for _, c := range Children() {
		go func() {
			c.reap()
			if c.Inside {
				return
			}
			// It may have been on its way into a pid namespace, where its last work is to
			// make a process that has the same parent, or who has inherited it.
			for _, c := range Children() {
				if c.Inside {
					go c.reap()
				}
			}
		}()
	}
}

func (c Child) reap() {
	for {
		if _, err := unix.Wait4(c.PID, nil, 0, nil); err != unix.EINTR {
			return
		}
	}
}
