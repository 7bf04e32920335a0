// Command init is the first process of a test machine: it mounts what programs
// expect, loads the modules of the initial file system, runs the jobs that the
// runner has packed (package wire) one after the other and ends the machine.
//
// As another process than the first, on a machine that systemd has started, it
// only runs the jobs.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/integration/vm/internal/wire"
)

func main() {
	signal.Ignore(unix.SIGHUP, unix.SIGPIPE)
	if os.Getpid() != 1 {
		if err := work(); err != nil {
			fmt.Fprintln(os.Stderr, "vm/init:", err)
			os.Exit(1)
		}
		return
	}
	if err := first(); err != nil {
		// The console; the runner shows its end when there is no wire.Done.
		fmt.Fprintln(os.Stderr, "vm/init:", err)
	}
	unix.Sync()
	unix.Reboot(unix.LINUX_REBOOT_CMD_RESTART) // with qemu's -no-reboot: the end
}

// first is what only process 1 does.
func first() error {
	// Nothing is mounted yet, so it is a file that says so, not a kernel parameter.
	if disk, err := os.ReadFile(wire.DiskPath); err == nil {
		return handOver(string(disk))
	}
	if err := mountAll(); err != nil {
		return err
	}
	if err := loadModules(); err != nil {
		return err
	}
	if err := prepare(); err != nil {
		return err
	}
	go reap()
	return work()
}

// work runs the jobs and reports to the runner.
func work() error {
	started := uptime()
	out, err := openResults(parameter("vm.results"))
	if err != nil {
		return err
	}
	defer out.close()
	var uts unix.Utsname
	if err := unix.Uname(&uts); err != nil {
		return err
	}
	out.send(wire.Event{Kind: wire.Boot, Text: unix.ByteSliceToString(uts.Release[:]), Seconds: started})
	text, err := os.ReadFile(wire.JobsPath)
	if err != nil {
		return err
	}
	var jobs []wire.Job
	if err := json.Unmarshal(text, &jobs); err != nil {
		return fmt.Errorf("%s: %w", wire.JobsPath, err)
	}
	for _, j := range jobs {
		run(j, out)
	}
	out.send(wire.Event{Kind: wire.Done})
	return nil
}

// parameter returns the value of name=value on the kernel's command line.
func parameter(name string) string {
	line, _ := os.ReadFile("/proc/cmdline")
	for _, p := range strings.Fields(string(line)) {
		if v, ok := strings.CutPrefix(p, name+"="); ok {
			return v
		}
	}
	return ""
}

// uptime is the time since the kernel started, in seconds.
func uptime() float64 {
	var ts unix.Timespec
	unix.ClockGettime(unix.CLOCK_BOOTTIME, &ts)
	return time.Duration(ts.Nano()).Seconds()
}
