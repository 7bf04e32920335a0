package seccomp

import (
	"strings"
	"testing"

	"github.com/opencontainers/runtime-spec/specs-go"
)

// Every action that a profile can have is spelled and read again.
func TestActionOCI(t *testing.T) {
	for _, a := range []Action{KillProcess, KillThread, Trap, Notify, Log, Allow, Errno(0), Errno(38), Errno(4095), Trace(0), Trace(65535)} {
		action, errno, err := a.OCI()
		if err != nil {
			t.Errorf("%s: %v", a, err)
			continue
		}
		if back, err := ParseAction(action, errno); err != nil || back != a {
			t.Errorf("%s is spelled %s, and that is %s, %v", a, action, back, err)
		}
	}
	for a, want := range map[Action]string{
		Allow | 7:   "0x7fff0007 is SCMP_ACT_ALLOW with the data 7, for which profiles have no field",
		Errno(4096): "0x51000 is SCMP_ACT_ERRNO(4096), and profiles have errnos from 0 to 4095",
		0x7ff30000:  "0x7ff30000 is no action of profiles",
	} {
		if _, _, err := a.OCI(); err == nil || err.Error() != want {
			t.Errorf("%#x: %v, want %s", uint32(a), err, want)
		}
	}
	errno := uint(5)
	if a, err := ParseAction(specs.ActErrno, nil); err != nil || a != Errno(1) {
		t.Errorf("without errnoRet: %s, %v", a, err)
	}
	if _, err := ParseAction(specs.ActAllow, &errno); err == nil || !strings.Contains(err.Error(), "errnoRet: 5") {
		t.Errorf("SCMP_ACT_ALLOW with an errno: %v", err)
	}
}
