package systemd

import (
	"os"
	"strings"
	"testing"
)

const (
	private   = "/run/systemd/private"
	systemBus = "/run/dbus/system_bus_socket"
)

// hide takes systemd's own socket away. systemctl does not work meanwhile.
func hide(t *testing.T) (restore func()) {
	t.Helper()
	if err := os.Rename(private, private+".hidden"); err != nil {
		t.Fatal(err)
	}
	restored := false
	restore = func() {
		if !restored {
			restored = true
			if err := os.Rename(private+".hidden", private); err != nil {
				t.Error(err)
			}
		}
	}
	t.Cleanup(restore)
	return restore
}

// TestBus: where systemd's own socket is missing the system's bus is the way.
func TestBus(t *testing.T) {
	u := scope(t, "sleep 600")
	files := limits(u)
	restore := hide(t)
	u.Up()
	restore()
	u.want(t, "ActiveState=active", "MemoryMax=67108864")
	u.files(t, files...)
	hide(t)
	u.Must("delete", "--force", u.ID)
	u.NothingLeft()
}

// TestUnreachable: without both, the error says what was tried, and create leaves
// nothing.
func TestUnreachable(t *testing.T) {
	u := scope(t, "sleep 600")
	hide(t)
	if err := os.Rename(systemBus, systemBus+".hidden"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.Rename(systemBus+".hidden", systemBus) })
	r := u.TryCreate().Wait()
	want := "linux.cgroupsPath: systemd cannot be reached: connect to " + private + ": no such file or directory; connect to " + systemBus + ": no such file or directory"
	if r.Status != 1 || !strings.Contains(r.Stderr, want) {
		t.Errorf("exit status %d, stderr %q, want %q", r.Status, r.Stderr, want)
	}
	u.NothingLeft()
}
