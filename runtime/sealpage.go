package runtime

import (
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/runtime/state"
)

// The seal page is the memory that the child of create shares with start, which
// is another process, while the agent of SCMP_ACT_NOTIFY gets its listener: the page
// that nsenter shares between parent and child, in a file of the state directory. It
// is there for containers that have a listener and are not started. The child loses
// it at its execve, before the container's own program runs; until then it cannot be
// inspected (PR_SET_DUMPABLE).

func sealPagePath(d *state.Dir) string { return filepath.Join(d.Path(), "seal.page") }

func makeSealPage(d *state.Dir) (*os.File, error) {
	return os.OpenFile(sealPagePath(d), os.O_RDWR|os.O_CREATE|os.O_EXCL|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0o600)
}

// openSealPage returns nil for a container without a listener.
func openSealPage(d *state.Dir) (*os.File, error) {
	f, err := os.OpenFile(sealPagePath(d), os.O_RDWR|unix.O_NOFOLLOW|unix.O_CLOEXEC|unix.O_NONBLOCK, 0)
	if os.IsNotExist(err) {
		return nil, nil
	}
	return f, err
}

func removeSealPage(d *state.Dir) { _ = os.Remove(sealPagePath(d)) }
