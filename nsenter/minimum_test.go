package nsenter

import (
	"fmt"
	"testing"

	"golang.org/x/sys/unix"
)

func TestMissing(t *testing.T) {
	for _, tc := range []struct {
		call string
		err  error
		want string
	}{
		{"openat2", unix.ENOSYS, " (came with Linux 5.6; runseal needs 5.10 or newer)"},
		{"openat2", fmt.Errorf("openat2: %w", unix.ENOSYS), " (came with Linux 5.6; runseal needs 5.10 or newer)"},
		{"mount_setattr", unix.ENOSYS, " (needs Linux 5.12 or newer)"},
		{"openat2", unix.EPERM, ""},
		{"openat2", nil, ""},
		{"read", unix.ENOSYS, ""},
		{"", unix.ENOSYS, ""},
	} {
		if got := Missing(tc.call, tc.err); got != tc.want {
			t.Errorf("Missing(%q, %v) = %q, want %q", tc.call, tc.err, got, tc.want)
		}
	}
}
