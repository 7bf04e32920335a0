package features

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/runseal/runseal/integration/internal/box"
)

// TestCVE_2024_21626_Arguments names the container's program through every
// descriptor that could be open in the process before its execve: a directory
// that the caller leaked, and the state directory of the runtime. Both hold a
// program "canary", which no root filesystem here has.
func TestCVE_2024_21626_Arguments(t *testing.T) {
	host := t.TempDir()
	busybox, err := exec.LookPath("busybox")
	must(t, err)
	program, err := os.ReadFile(busybox)
	must(t, err)
	must(t, os.WriteFile(filepath.Join(host, "canary"), program, 0o755))
	leaked, err := os.Open(host)
	must(t, err)
	defer leaked.Close()
	leak := func(c *exec.Cmd) { c.ExtraFiles = []*os.File{leaked, leaked} }

	withCanary := func(args ...string) *box.Box {
		b := box.New(t, args...)
		name := filepath.Join(b.Root, "canary")
		must(t, os.MkdirAll(b.Root, 0o700))
		must(t, os.WriteFile(name, program, 0o755))
		t.Cleanup(func() { os.Remove(name) })
		return b
	}
	b := withCanary("/bin/sleep", "60")
	b.Up()
	refused := func(what string, r box.Result) {
		t.Helper()
		if r.Status == 0 || strings.Contains(r.Stdout+r.Stderr, "applet") ||
			!strings.Contains(r.Stderr, "no such file or directory") && !strings.Contains(r.Stderr, "not a directory") {
			t.Errorf("%s: status %d, stdout %q, stderr %q: want the program not found", what, r.Status, r.Stdout, r.Stderr)
		}
	}
	for fd := 3; fd < 24; fd++ {
		if !box.Sampled(fd-3) && fd != 4 { // 3 and 4 are those that the caller leaks
			continue
		}
		name := fmt.Sprintf("/proc/self/fd/%d/canary", fd)
		refused("exec "+name, b.Start(leak, "exec", b.ID, name, "true").Wait())
		if fd > 9 { // each of the following makes a container
			continue
		}
		for _, link := range []bool{false, true} {
			c := withCanary(name, "true")
			if link {
				must(t, os.Symlink(name, c.Path("bin/entry")))
				c.Spec.Process.Args[0] = "/bin/entry"
			}
			c.WriteConfig(c.Config())
			refused(fmt.Sprintf("run %s, symlink %v", name, link), c.Start(leak, "run", "--bundle", c.Dir, c.ID).Wait())
		}
	}
}
