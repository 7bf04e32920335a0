package systemd

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/runseal/runseal/integration/internal/box"
	"github.com/runseal/runseal/runtime/cgroup"
	"github.com/runseal/runseal/runtime/systemd"
	"github.com/runseal/runseal/runtime/systemd/dbus"
)

func TestMain(m *testing.M) {
	if err := usable(); err != nil {
		if os.Getenv("RUNSEAL_IT_SYSTEMD") == "1" {
			fmt.Fprintln(os.Stderr, "RUNSEAL_IT_SYSTEMD=1:", err)
			os.Exit(1)
		}
		fmt.Println("for machines with systemd only:", err)
		os.Exit(0)
	}
	box.Main(m)
}

func usable() error {
	if err := systemd.Running(); err != nil {
		return err
	}
	l, err := cgroup.Detect()
	if err != nil {
		return err
	}
	if l.Mode != cgroup.V2 {
		return errors.New("cgroups are in mode " + l.Mode.String() + ", expected v2")
	}
	_, err = exec.LookPath("systemctl")
	return err
}

// unitBox is a container with a scope of its own.
type unitBox struct {
	*box.Box
	Unit string
	Dir  string // of the cgroup
}

// scope makes a box for a script, whose unit has to be gone at the end.
func scope(t *testing.T, script string) *unitBox {
	t.Helper()
	u := new(unitBox)
	// Registered first, so it looks after the box's own clean-up.
	t.Cleanup(func() { u.gone(t) })
	u.Box = box.New(t, "/bin/sh", "-c", script)
	u.Box.Global("--systemd-cgroup")
	u.place("system.slice", "/system.slice")
	return u
}

// place sets cgroupsPath to a slice, whose cgroup is dir.
func (u *unitBox) place(slice, dir string) {
	u.Spec.Linux.CgroupsPath = slice + ":it:" + u.ID
	u.Unit = "it-" + u.ID + ".scope"
	u.Dir = filepath.Join("/sys/fs/cgroup", dir, u.Unit)
}

// gone fails the test if systemd still knows the unit.
func (u *unitBox) gone(t *testing.T) {
	t.Helper()
	if u.Unit == "" {
		return
	}
	if !box.Eventually(func() bool { return !known(t, u.Unit) }) {
		t.Errorf("systemd still knows the unit %s: %v", u.Unit, properties(t, u.Unit, "ActiveState", "LoadState"))
		systemctl(t, "stop", u.Unit)
		systemctl(t, "reset-failed", u.Unit)
	}
	if _, err := os.Lstat(u.Dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%s: %v, expected no directory", u.Dir, err)
	}
	if files, _ := filepath.Glob("/run/systemd/transient/" + u.Unit + "*"); len(files) > 0 {
		t.Errorf("left: %v", files)
	}
}

// known asks systemd whether it has a unit of this name, in one message: most tests end
// with this question, and a systemctl is some tenths of a second on an emulated machine.
func known(t *testing.T, unit string) bool {
	t.Helper()
	conn, err := dbus.Dial(private, time.Now().Add(box.Limit))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	var e dbus.Encoder
	e.String(unit)
	_, err = conn.Call("", "/org/freedesktop/systemd1", "org.freedesktop.systemd1.Manager", "GetUnit", "s", e.Bytes())
	var answer *dbus.Error
	if errors.As(err, &answer) && answer.Name == "org.freedesktop.systemd1.NoSuchUnit" {
		return false
	}
	if err != nil {
		t.Fatalf("GetUnit %s: %v", unit, err)
	}
	return true
}

// property asks systemd for a property of a unit.
func property(t *testing.T, unit, name string) string {
	t.Helper()
	return properties(t, unit, name)[name]
}

// properties asks for several at once: each systemctl is a process, and those are slow
// on an emulated machine.
func properties(t *testing.T, unit string, names ...string) map[string]string {
	t.Helper()
	is := map[string]string{}
	for line := range strings.Lines(systemctl(t, "show", "-p", strings.Join(names, ","), unit)) {
		name, value, _ := strings.Cut(strings.TrimRight(line, "\n"), "=")
		is[name] = value
	}
	return is
}

// systemctl returns the output, also of a command that fails.
func systemctl(t *testing.T, args ...string) string {
	t.Helper()
	out, err := exec.Command("systemctl", args...).Output()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(out))
}

// want compares properties of the unit, NAME=VALUE.
func (u *unitBox) want(t *testing.T, props ...string) {
	t.Helper()
	var names []string
	for _, p := range props {
		name, _, _ := strings.Cut(p, "=")
		names = append(names, name)
	}
	is := properties(t, u.Unit, names...)
	for _, p := range props {
		name, value, _ := strings.Cut(p, "=")
		if got, known := is[name]; got != value || !known {
			t.Errorf("%s=%s, want %s", name, got, value)
		}
	}
}

// file reads a file of the container's cgroup.
func (u *unitBox) file(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(u.Dir, name))
	if err != nil {
		t.Error(err)
	}
	return strings.TrimSpace(string(data))
}

// files compares files of the cgroup, NAME=CONTENT.
func (u *unitBox) files(t *testing.T, files ...string) {
	t.Helper()
	for _, f := range files {
		name, value, _ := strings.Cut(f, "=")
		if got := u.file(t, name); got != value {
			t.Errorf("%s: %q, want %q", name, got, value)
		}
	}
}

func ptr[T any](v T) *T { return &v }
