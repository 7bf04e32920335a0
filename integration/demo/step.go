package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

// step is one container: what runs under which profile, and what must come out.
type step struct {
	title   string
	means   string                                                         // what the result shows, printed when it is as expected
	args    []string                                                       // process.args
	note    string                                                         // what the arguments alone do not tell
	profile func(docker *specs.LinuxSeccomp) (string, *specs.LinuxSeccomp) // a name for people, and linux.seccomp
	check   func(result) error
}

// result is what came of a container.
type result struct {
	status int
	stdout string
	stderr string
}

// A number that no kernel and no profile has: Linux is at about 470.
const unknownCall = 2000

func steps() []step {
	keyctl := []string{"/bin/call", strconv.Itoa(unix.SYS_KEYCTL)}
	mkdir := []string{"/bin/mkdir", "/dev/shm/seal"}
	return []step{
		{
			title:   "The filter is there",
			means:   "mode 2 is a filter, and there is one more than outside of the container",
			args:    []string{"/bin/grep", "^Seccomp", "/proc/1/status"},
			profile: dockers,
			check:   checkStatus,
		},
		{
			title:   "A call that the profile does not list is denied",
			means:   "the caller got the profile's errno, EPERM, and the kernel never saw the call",
			args:    keyctl,
			note:    "keyctl(2) by its number",
			profile: dockers,
			check:   prints("EPERM"),
		},
		{
			title:   "The same call without a filter, to compare",
			means:   "the kernel itself has another answer, so the EPERM came from the filter",
			args:    keyctl,
			note:    "keyctl(2) by its number",
			profile: none,
			check:   checkNotDenied,
		},
		{
			title:   "A call newer than the profile",
			means:   "ENOSYS instead of the profile's EPERM: a program can fall back to an older call",
			args:    []string{"/bin/call", strconv.Itoa(unknownCall)},
			note:    "a number that no profile can know",
			profile: dockers,
			check:   prints("ENOSYS"),
		},
		{
			title:   "A call that the profile allows",
			means:   "the directory was made",
			args:    mkdir,
			profile: dockers,
			check:   exits(0),
		},
		{
			title:   "The same call, killed",
			means:   "159 is 128 + 31, and signal 31 is SIGSYS: the kernel killed the process at the call",
			args:    mkdir,
			profile: killsMkdir,
			check:   exits(128 + int(unix.SIGSYS)),
		},
	}
}

func dockers(docker *specs.LinuxSeccomp) (string, *specs.LinuxSeccomp) {
	return "Docker's default profile", docker
}

func none(*specs.LinuxSeccomp) (string, *specs.LinuxSeccomp) { return "none", nil }

// killsMkdir allows everything but making a directory.
func killsMkdir(*specs.LinuxSeccomp) (string, *specs.LinuxSeccomp) {
	return "SCMP_ACT_KILL_PROCESS for mkdir and mkdirat, everything else allowed", &specs.LinuxSeccomp{
		DefaultAction: specs.ActAllow,
		Syscalls: []specs.LinuxSyscall{
			{Names: []string{"mkdir", "mkdirat"}, Action: specs.ActKillProcess},
		},
	}
}

func exits(status int) func(result) error {
	return func(r result) error {
		if r.status != status {
			return fmt.Errorf("exit status %d, expected %d", r.status, status)
		}
		return nil
	}
}

// prints expects exactly one line on standard output and success.
func prints(line string) func(result) error {
	return func(r result) error {
		if got := strings.TrimSuffix(r.stdout, "\n"); got != line {
			return fmt.Errorf("printed %q, expected %q", got, line)
		}
		return exits(0)(r)
	}
}

// checkNotDenied expects an answer of the kernel: whatever it is, it is not EPERM.
func checkNotDenied(r result) error {
	answer := strings.TrimSpace(r.stdout)
	if answer == "" || answer == "EPERM" {
		return fmt.Errorf("printed %q, expected another answer than EPERM", answer)
	}
	return exits(0)(r)
}

// checkStatus compares the Seccomp lines of the container's /proc/1/status with
// this process's own: it may run under filters itself, in a container for example,
// and then the container inherits them.
func checkStatus(r result) error {
	own, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return err
	}
	outside, err := statusNumber(string(own), "Seccomp_filters")
	if err != nil {
		return err
	}
	for _, want := range []struct {
		field string
		value int
	}{
		{"Seccomp", 2}, // SECCOMP_MODE_FILTER
		{"Seccomp_filters", outside + 1},
	} {
		got, err := statusNumber(r.stdout, want.field)
		if err != nil {
			return err
		}
		if got != want.value {
			return fmt.Errorf("%s is %d, expected %d", want.field, got, want.value)
		}
	}
	return exits(0)(r)
}

// statusNumber finds the line "FIELD:	N" in the text of /proc/PID/status
// (proc_pid_status(5); Seccomp_filters is there from Linux 5.9).
func statusNumber(text, field string) (int, error) {
	for line := range strings.Lines(text) {
		if name, value, ok := strings.Cut(line, ":"); ok && name == field {
			return strconv.Atoi(strings.TrimSpace(value))
		}
	}
	return 0, fmt.Errorf("no line %s in /proc/PID/status", field)
}
