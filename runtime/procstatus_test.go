package runtime

import (
	"os"
	"testing"
)

// TestStatusOfThisProcess: who it is, by what the kernel says of it.
func TestStatusOfThisProcess(t *testing.T) {
	if uid, err := userOf(os.Getpid()); err != nil || uid != os.Geteuid() {
		t.Errorf("user %d, %v; expected %d", uid, err, os.Geteuid())
	}
	if pid, err := pidInside(os.Getpid()); err != nil || pid != os.Getpid() {
		t.Errorf("process %d, %v; expected %d", pid, err, os.Getpid())
	}
	if words, err := statusField(os.Getpid(), "NSp"); err == nil {
		t.Errorf("a part of a name is found: %q", words)
	}
}
