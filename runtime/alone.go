package runtime

import (
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/moby/sys/mountinfo"
	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/runtime/plan"
)

// checkAlone makes sure that nothing is mounted below a mount in the mount namespace of
// process pid. fds holds a descriptor of the mount. It is asked where config.json wants
// a whole tree changed and the kernel can change no more than one mount at a time.
func checkAlone(fds []int, pid int, p plan.Path) error {
	defer func() {
		for _, fd := range fds {
			unix.Close(fd)
		}
	}()
	if len(fds) != 1 {
		return fmt.Errorf("%s: the child handed over %d descriptors, expected 1", p.Field, len(fds))
	}
	id, err := mountID(fds[0])
	if err != nil {
		return fmt.Errorf("%s: %w", p.Field, err)
	}
	table, err := os.Open("/proc/" + strconv.Itoa(pid) + "/mountinfo")
	if err != nil {
		return fmt.Errorf("%s: %w", p.Field, err)
	}
	defer table.Close()
	below, err := mountinfo.GetMountsFromReader(table, func(m *mountinfo.Info) (skip, stop bool) { return m.Parent != id, false })
	if err != nil {
		return fmt.Errorf("%s: %w", p.Field, err)
	}
	if len(below) > 0 {
		return fmt.Errorf("%s: %q is a mount below it, which would need mount_setattr(2), Linux 5.12 or newer", p.Field, below[0].Mountpoint)
	}
	return nil
}

// mountID gives the number that the mount of a descriptor has in mountinfo
// (proc_pid_fdinfo(5), since Linux 3.15).
func mountID(fd int) (int, error) {
	name := "/proc/self/fdinfo/" + strconv.Itoa(fd)
	text, err := os.ReadFile(name)
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(text)) {
		if value, ok := strings.CutPrefix(line, "mnt_id:"); ok {
			return strconv.Atoi(strings.TrimSpace(value))
		}
	}
	return 0, fmt.Errorf("%s: no mnt_id in it", name)
}
