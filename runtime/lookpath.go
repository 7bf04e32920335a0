package runtime

import (
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// LookPath finds a program in the absolute directories of PATH, "" if there is none. It
// is for programs of the host, which runseal executes without package os/exec.
func LookPath(name string) string {
	for _, dir := range filepath.SplitList(os.Getenv("PATH")) {
		path := filepath.Join(dir, name)
		var st unix.Stat_t
		// Root may execute any directory, to access(2).
		if filepath.IsAbs(dir) && unix.Access(path, unix.X_OK) == nil && unix.Stat(path, &st) == nil && st.Mode&unix.S_IFMT == unix.S_IFREG {
			return path
		}
	}
	return ""
}
