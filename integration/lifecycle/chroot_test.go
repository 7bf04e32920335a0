package lifecycle

import (
	"os/exec"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/integration/internal/box"
)

// TestExecOfAContainerMadeInAChroot: the root of its mount namespace is the host's, and no
// process of the container's ever has that.
func TestExecOfAContainerMadeInAChroot(t *testing.T) {
	b := box.New(t, "/bin/sleep", "600")
	b.File("marker", "the container's\n", 0o644)
	dir := t.TempDir()
	if err := unix.Mount("/", dir, "", unix.MS_BIND|unix.MS_REC, ""); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := unix.Unmount(dir, unix.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	if err := unix.Mount("", dir, "", unix.MS_PRIVATE|unix.MS_REC, ""); err != nil {
		t.Fatal(err)
	}
	b.WriteConfig(b.Config())
	in := func(c *exec.Cmd) { c.SysProcAttr = &syscall.SysProcAttr{Chroot: dir} }
	if r := b.Start(in, "create", "--bundle", b.Dir, "--no-pivot", b.ID).Wait(); r.Status != 0 {
		t.Fatalf("%+v", r)
	}
	b.Must("start", b.ID)
	for _, prepare := range []func(*exec.Cmd){nil, in} {
		r := b.Start(prepare, "exec", b.ID, "/bin/cat", "/marker").Wait()
		if r.Status != 0 || r.Stdout != "the container's\n" {
			t.Errorf("%+v", r)
		}
	}
	b.Must("delete", "--force", b.ID)
}
