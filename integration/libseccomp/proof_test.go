//go:build libseccomp

package libseccomp

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/seccomp"
	"github.com/runseal/runseal/seccomp/bpf"
)

// TestProof has Verify prove the library's own programs, at both levels, against our
// reading of the profiles. What is known to differ is taken out of the question:
// unlisted architectures kill the thread, the default is ENOSYS as it is for newer
// calls, and names that the library does not know are left out.
func TestProof(t *testing.T) {
	proved := 0
	for _, p := range realProfiles(t) {
		for _, m := range machines {
			for _, level := range []int{1, 2} {
				t.Run(fmt.Sprintf("%s/%s+%d/level %d", p.Name, m.native, len(m.more), level), func(t *testing.T) {
					profile := *p.LinuxSeccomp
					errno := uint(unix.ENOSYS)
					profile.DefaultErrnoRet = &errno
					profile.Architectures = m.more
					f, err := Compile(&profile, m.native, level)
					if err != nil {
						t.Fatal(err)
					}
					profile = *without(&profile, f.Unknown)
					if f, err = Compile(&profile, m.native, level); err != nil {
						t.Fatal(err)
					}
					policy, err := seccomp.NewPolicy(&profile, seccomp.Options{Native: string(m.native), KillThread: true})
					if err != nil {
						t.Fatal(err)
					}
					start := time.Now()
					if err := seccomp.Verify(f.Instructions, policy); err != nil {
						t.Fatal(err)
					}
					proved++
					t.Logf("%d instructions, %v", len(f.Instructions), time.Since(start))

					// One rule less is another policy.
					fewer := profile
					fewer.Syscalls = profile.Syscalls[1:]
					if policy, err = seccomp.NewPolicy(&fewer, seccomp.Options{Native: string(m.native), KillThread: true}); err != nil {
						t.Fatal(err)
					}
					var c *seccomp.Counterexample
					if err := seccomp.Verify(f.Instructions, policy); !errors.As(err, &c) {
						t.Fatalf("got %v, expected a counterexample", err)
					}
					if got := f.Run(&bpf.Data{Arch: c.Call.Arch, Nr: c.Call.Nr, Args: c.Call.Args}); got != c.Got {
						t.Errorf("%v, but the program returns %s", c, got)
					}
				})
			}
		}
	}
	if proved == 0 {
		t.Error("nothing was proved")
	}
}
