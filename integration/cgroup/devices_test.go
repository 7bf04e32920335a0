package cgroup_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

// nodes makes device nodes: null (1:3), kmsg (1:11) and a block device (7:7).
func nodes(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for name, dev := range map[string]int{"null": int(unix.Mkdev(1, 3)), "kmsg": int(unix.Mkdev(1, 11))} {
		if err := unix.Mknod(filepath.Join(dir, name), unix.S_IFCHR|0o600, dev); err != nil {
			t.Skipf("device nodes cannot be made here: %v", err)
		}
	}
	// Without the cgroup both can be opened; else the test would prove nothing.
	for _, name := range []string{"null", "kmsg"} {
		f, err := os.Open(filepath.Join(dir, name))
		if err != nil {
			t.Skipf("device nodes cannot be opened in %s: %v", dir, err)
		}
		f.Close()
	}
	return dir
}

func TestDevices(t *testing.T) {
	dir := nodes(t)
	try := `cd ` + dir + `; (: < null) && echo null; (: < kmsg) && echo kmsg; (: > kmsg) && echo write; mknod new c 1 11 && echo mknod; rm -f new; true`
	deny := specs.LinuxDeviceCgroup{Access: "rwm"}
	kmsg := specs.LinuxDeviceCgroup{Allow: true, Type: "c", Major: ptr(int64(1)), Minor: ptr(int64(11)), Access: "r"}
	nonull := specs.LinuxDeviceCgroup{Type: "c", Major: ptr(int64(1)), Minor: ptr(int64(3)), Access: "rwm"}
	all := specs.LinuxDeviceCgroup{Allow: true, Access: "rwm"}
	nokmsg := specs.LinuxDeviceCgroup{Type: "c", Major: ptr(int64(1)), Minor: ptr(int64(11)), Access: "wm"}
	for _, c := range []struct {
		name  string
		rules []specs.LinuxDeviceCgroup
		want  string
	}{
		{"none given", nil, "null mknod"},
		{"deny", []specs.LinuxDeviceCgroup{deny}, "null mknod"},
		{"one more", []specs.LinuxDeviceCgroup{deny, kmsg}, "null kmsg mknod"},
		{"default device denied", []specs.LinuxDeviceCgroup{deny, nonull}, "mknod"},
		{"all", []specs.LinuxDeviceCgroup{all}, "null kmsg write mknod"},
		{"all but writing one", []specs.LinuxDeviceCgroup{all, nokmsg}, "null kmsg"},
	} {
		t.Run(c.name, func(t *testing.T) {
			cg := container(t, newPath(), &specs.LinuxResources{Devices: c.rules})
			out, err := output(t, cg, try)
			if err != nil {
				t.Fatalf("%v: %s", err, out)
			}
			var got []string
			for _, line := range strings.Split(out, "\n") {
				if line != "" && !strings.Contains(line, " ") {
					got = append(got, line)
				}
			}
			if s := strings.Join(got, " "); s != c.want {
				t.Errorf("got %q, want %q\n%s", s, c.want, out)
			}
		})
	}
}
