package main

import (
	"errors"
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// shown are the directories of the initial file system that a node sees, too.
var shown = []string{"/vm", "/src", "/usr/local/sbin"}

// handOver makes the disk the root, with what the runner has packed bound into it, and
// executes its init system, which starts this program again as a service (integration/
// vm/node). It does not return but with an error.
//
// The disk is writable: the runner throws away what a machine writes. An overlay above
// a disk that is not could not hold the layers of an engine's own overlays.
func handOver(disk string) error {
	const top = "/.root"
	for _, dir := range []string{top, "/dev"} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return err
		}
	}
	if err := mount("devtmpfs", "/dev", "devtmpfs", unix.MS_NOSUID, "mode=0755"); err != nil {
		return err
	}
	if err := loadModules(); err != nil {
		return err
	}
	if err := appears(disk); err != nil {
		return err
	}
	if err := mount(disk, top, "ext4", unix.MS_NOATIME, ""); err != nil {
		return err
	}
	for _, dir := range shown {
		if err := os.MkdirAll(top+dir, 0o755); err != nil {
			return err
		}
		if err := mount(dir, top+dir, "", unix.MS_BIND, ""); err != nil {
			return err
		}
	}
	if err := errors.Join(
		mount("/dev", top+"/dev", "", unix.MS_MOVE, ""),
		os.Chdir(top),
		mount(top, "/", "", unix.MS_MOVE, ""),
		unix.Chroot("."),
		os.Chdir("/"),
	); err != nil {
		return err
	}
	const systemd = "/usr/lib/systemd/systemd"
	return fmt.Errorf("execute %s: %w", systemd, unix.Exec(systemd, []string{systemd}, []string{"TERM=linux"}))
}

// appears waits for a device: drivers look for theirs beside everything else.
func appears(path string) error {
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		if _, err := os.Stat(path); err == nil {
			return nil
		} else if time.Now().After(end) {
			return err
		}
	}
}
