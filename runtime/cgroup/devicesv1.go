package cgroup

import (
	"errors"
	"fmt"
	"os"

	"github.com/moby/sys/userns"
	"golang.org/x/sys/unix"
)

// commands returns what to write to devices.deny (deny true) and devices.allow,
// in this order: the first line sets the default and clears the exceptions.
func (p *devicePolicy) commands() (lines []string, deny []bool) {
	lines, deny = append(lines, "a"), append(deny, !p.allow)
	for _, r := range p.except {
		lines, deny = append(lines, r.String()), append(deny, p.allow)
	}
	return lines, deny
}

// setDevicesV1 writes the policy into a devices cgroup. Between the first and
// the last line the cgroup denies too much (or, for an allow policy, too
// little), so no process may be in it yet.
//
// The library's own setter lives in a package that also brings the systemd
// driver and an eBPF assembler into the binary, merges rules that should be
// errors, and opens a file per line.
func setDevicesV1(dir string, p *devicePolicy) error {
	fds := [2]int{-1, -1}
	defer func() {
		for _, fd := range fds {
			if fd >= 0 {
				unix.Close(fd)
			}
		}
	}()
	lines, deny := p.commands()
	for i, line := range lines {
		n, name := 0, "devices.allow"
		if deny[i] {
			n, name = 1, "devices.deny"
		}
		if fds[n] < 0 {
			fd, err := unix.Open(dir+"/"+name, unix.O_WRONLY|unix.O_CLOEXEC|unix.O_NOFOLLOW, 0)
			if err != nil {
				return fmt.Errorf("linux.resources.devices: %w", &os.PathError{Op: "open", Path: dir + "/" + name, Err: err})
			}
			fds[n] = fd
		}
		if _, err := unix.Write(fds[n], []byte(line)); err != nil {
			if errors.Is(err, unix.EPERM) && userns.RunningInUserNS() {
				// Only the initial user namespace may change device rules; what
				// is outside has already bounded this one, and mknod(2) of a
				// device is not possible here.
				return nil
			}
			return fmt.Errorf("linux.resources.devices: %q: writing %s: %w (a parent cgroup may not allow more)", line, name, err)
		}
	}
	return nil
}
