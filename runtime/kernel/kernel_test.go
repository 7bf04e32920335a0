package kernel

import (
	"os"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/runtime/plan"
)

// TestLacks holds the answers against the version. (That the answers are right under an
// older one is for integration/oldkernel and for tests on real kernels.)
func TestLacks(t *testing.T) {
	text, err := os.ReadFile("/proc/sys/kernel/osrelease")
	if err != nil {
		t.Fatal(err)
	}
	f := strings.SplitN(string(text), ".", 3)
	major, _ := strconv.Atoi(f[0])
	minor, _ := strconv.Atoi(f[1])
	before := func(m int) bool { return major < 5 || major == 5 && minor < m }
	if got, want := Lacks(), (plan.Lacks{MountSetattr: before(12), CloexecRange: before(11)}); got != want {
		t.Errorf("on Linux %s: %+v, want %+v", strings.TrimSpace(string(text)), got, want)
	}
}

// TestLacksNoEffect: the questions change nothing, above all close no descriptor.
func TestLacksNoEffect(t *testing.T) {
	const fd = 1<<10 - 1
	if err := unix.Dup3(0, fd, 0); err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	Lacks()
	if flags, err := unix.FcntlInt(fd, unix.F_GETFD, 0); err != nil || flags != 0 {
		t.Errorf("descriptor %d: flags %d, %v", fd, flags, err)
	}
}

func BenchmarkLacks(b *testing.B) {
	for b.Loop() {
		Lacks()
	}
}
