package runtime

import (
	"fmt"

	"github.com/moby/sys/mountinfo"
)

// parentMount finds the mount point that a path lies on.
func parentMount(path string) (string, error) {
	mounts, err := mountinfo.GetMounts(mountinfo.ParentsFilter(path))
	if err != nil {
		return "", err
	}
	best := ""
	for _, m := range mounts {
		if len(m.Mountpoint) > len(best) {
			best = m.Mountpoint
		}
	}
	if best == "" {
		return "", fmt.Errorf("no mount point in /proc/self/mountinfo")
	}
	return best, nil
}
