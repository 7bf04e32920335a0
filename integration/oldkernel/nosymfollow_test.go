package oldkernel

import (
	"fmt"
	"testing"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

// TestNoSymFollow5_12: mount_setattr(2) of Linux 5.12 and 5.13 does not know nosymfollow
// and says only that something is invalid. The filter cannot look at what is to be
// changed, and says that always.
func TestNoSymFollow5_12(t *testing.T) {
	einval := uint(unix.EINVAL)
	for _, tc := range []struct{ option, want string }{
		{"nosymfollow", `bind "/usr" to "/mnt" (Linux 5.12 and 5.13 cannot change nosymfollow): invalid argument (config.json: mounts[%d])`},
		{"rsymfollow", `bind "/usr" to "/mnt" (Linux 5.12 and 5.13 cannot change nosymfollow): invalid argument (config.json: mounts[%d])`},
		{"nosuid", `bind "/usr" to "/mnt": mount_setattr: invalid argument (config.json: mounts[%d])`},
	} {
		b := sh(t, "echo the program runs")
		b.Spec.Linux.MaskedPaths, b.Spec.Linux.ReadonlyPaths = nil, nil
		b.Spec.Mounts = append(b.Spec.Mounts, specs.Mount{Destination: "/mnt", Source: "/usr", Options: []string{"bind", tc.option}})
		under(t, b, older{{Names: []string{"mount_setattr"}, Action: specs.ActErrno, ErrnoRet: &einval}})
		want := "runseal: " + fmt.Sprintf(tc.want, len(b.Spec.Mounts)-1) + "\n"
		if r := b.Run(); r.Status != 1 || r.Stdout != "" || r.Stderr != want {
			t.Errorf("%s: exit status %d, stdout %q, stderr %q, want %q", tc.option, r.Status, r.Stdout, r.Stderr, want)
		}
		b.NothingLeft()
	}
}
