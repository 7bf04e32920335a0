package x86

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/integration/internal/box"
	"github.com/runseal/runseal/integration/internal/tinyelf"
)

// Which ABIs a kernel has beside its own differs: i386 can be switched off
// (ia32_emulation=0, from Linux 6.7), x32 has to be compiled in and is off in most
// distributions (syscall.x32=y). What a container may call follows from its
// profile; what happens to a call that it may make follows from the kernel.

// sigsegv is the end of a program that uses int 0x80 where there is no i386 ABI.
const sigsegv = 128 + int(unix.SIGSEGV)

// works runs a program without a container and says whether it ends with the
// status of its own that it asks for.
func works(build func(*tinyelf.Prog)) (bool, error) {
	dir, err := os.MkdirTemp("", "runseal-x86-")
	if err != nil {
		return false, err
	}
	defer os.RemoveAll(dir)
	p := tinyelf.New()
	build(p)
	name := filepath.Join(dir, "prog")
	if err := p.WriteFile(name); err != nil {
		return false, err
	}
	var exit *exec.ExitError
	err = exec.Command(name).Run()
	return errors.As(err, &exit) && exit.ExitCode() == 7, nil
}

var i386Works = sync.OnceValues(func() (bool, error) {
	return works(func(p *tinyelf.Prog) { p.Int80(i386Getpid); p.Exit(7) })
})

var x32Works = sync.OnceValues(func() (bool, error) {
	return works(func(p *tinyelf.Prog) { p.X32 = true; p.Syscall(x32|unix.SYS_EXIT_GROUP, 7) })
})

// has says whether this kernel has the ABI that probe asks for.
func has(t *testing.T, probe func() (bool, error)) bool {
	t.Helper()
	ok, err := probe()
	if err != nil {
		t.Fatal(err)
	}
	return ok
}

// noI386 checks, on a kernel without the i386 ABI, that a program has come to its
// first int 0x80 and no further, and says whether this is such a kernel.
func noI386(t *testing.T, r box.Result, before string) bool {
	t.Helper()
	if has(t, i386Works) {
		return false
	}
	if r.Status != sigsegv || r.Stdout != before {
		t.Errorf("int 0x80 without an i386 ABI: exit status %d, stdout %q, stderr %q; expected %d and %q", r.Status, r.Stdout, r.Stderr, sigsegv, before)
	}
	return true
}

// TestKernel holds the kernel against what the caller knows of it: RUNSEAL_ABIS
// lists the ABIs that it must have, and no other may be there (integration/vm).
func TestKernel(t *testing.T) {
	want, ok := os.LookupEnv("RUNSEAL_ABIS")
	if !ok {
		want = "i386" // every distribution's default
		if has(t, x32Works) {
			want += " x32"
		}
	}
	var got []string
	if has(t, i386Works) {
		got = append(got, "i386")
	}
	if has(t, x32Works) {
		got = append(got, "x32")
	}
	if strings.Join(got, " ") != want {
		t.Errorf("this kernel has the ABIs %q, expected %q", strings.Join(got, " "), want)
	}
}
