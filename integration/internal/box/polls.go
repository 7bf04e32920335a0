package box

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// Polls waits until the command looks again and again for something that it waits for,
// and sleeps between. It is false of one that has ended instead.
func (p *Process) Polls() bool {
	// By their own will commands that wait for nothing leave the processor about ten times.
	const often = 100
	polls := false
	Eventually(func() bool {
		times, running := switches(p.Process.Pid)
		polls = times >= often
		return polls || !running
	})
	return polls
}

// switches counts how often the threads of a process have left the processor by their own
// will (proc_pid_status(5)).
func switches(pid int) (times int, running bool) {
	threads, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/status", pid))
	for _, name := range threads {
		text, err := os.ReadFile(name)
		if err != nil {
			continue
		}
		running = true
		for line := range strings.Lines(string(text)) {
			if n, ok := strings.CutPrefix(line, "voluntary_ctxt_switches:"); ok {
				more, _ := strconv.Atoi(strings.TrimSpace(n))
				times += more
			}
		}
	}
	return times, running
}
