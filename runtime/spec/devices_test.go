package spec

import (
	"os"
	"strings"
	"testing"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

// Podman writes the mode of a privileged container's devices as stat(2) returns it, with
// the type of the file in it.
func TestFileModeWithTypeOfFile(t *testing.T) {
	for _, tc := range []struct {
		kind string
		mode uint32
		fine bool
	}{
		{"c", unix.S_IFCHR | 0o644, true}, {"u", unix.S_IFCHR | 0o600, true}, {"b", unix.S_IFBLK | 0o660, true},
		{"p", unix.S_IFIFO | 0o600, true}, {"c", 0o7777, true},
		{"c", unix.S_IFBLK | 0o644, false}, {"b", unix.S_IFCHR | 0o644, false}, {"p", unix.S_IFREG | 0o644, false},
		{"c", unix.S_IFCHR | 1<<16, false}, {"b", 1 << 12, false},
	} {
		mode := os.FileMode(tc.mode)
		err := validateDevice(&specs.LinuxDevice{Path: "/dev/x", Type: tc.kind, FileMode: &mode})
		if (err == nil) != tc.fine || err != nil && !strings.Contains(err.Error(), "fileMode") {
			t.Errorf("type %s, mode %#o: %v", tc.kind, tc.mode, err)
		}
	}
	with, without := os.FileMode(unix.S_IFCHR|0o644), os.FileMode(0o644)
	list := []specs.LinuxDevice{{Path: "/dev/x", Type: "c", FileMode: &with}, {Path: "/dev/x", Type: "c", FileMode: &without}}
	if err := validateDevices(list); err != nil {
		t.Errorf("the same device twice: %v", err)
	}
	if without = 0o600; validateDevices(list) == nil {
		t.Error("two modes are the same device")
	}
}
