package scenario

import (
	"os"
	"path/filepath"
	"strings"
)

// seccomp is what people see of profiles: the engine's own, one from a file, none, and one
// that is wrong.
func seccomp(r *Run) {
	denied := "unshare: unshare(0x10000000): Operation not permitted\n"
	if _, ok := r.Engine.(UnshareAllower); ok {
		denied = ""
	}
	c := r.New("run", Sh("grep ^Seccomp: /proc/self/status; unshare -U true; mkdir /tmp/x; echo $?")...)
	for _, tc := range []struct{ name, profile, out, err string }{
		{"the engine's", Default, "Seccomp:\t2\n0\n", denied},
		{"a file", r.profile("mkdir", `"action":"SCMP_ACT_ERRNO","errnoRet":33`), "Seccomp:\t2\n1\n", "mkdir: can't create directory '/tmp/x': Numerical argument out of domain\n"},
		{"none", Unconfined, "Seccomp:\t0\n0\n", ""},
	} {
		c.Seccomp = tc.profile
		res := r.Foreground(r, c)
		r.Want(tc.name, res, 0, tc.out)
		if tc.err == "" && strings.Contains(res.Stderr, "mkdir") || !strings.Contains(res.Stderr, tc.err) {
			r.Errorf("%s: standard error %q, expected %q", tc.name, res.Stderr, tc.err)
		}
	}
	c.Argv = []string{"/bin/mkdir", "/tmp/x"}
	c.Seccomp = r.profile("kill", `"action":"SCMP_ACT_KILL_PROCESS"`)
	r.Want("killed by the filter", r.Foreground(r, c), 128+31, "")
	c.Seccomp = r.profile("wrong", `"action":"SCMP_ACT_SUSPICIOUS"`)
	r.Fails("a profile with an unknown action", r.Foreground(r, c), "SCMP_ACT_SUSPICIOUS")
}

// An UnshareAllower is an engine whose own profile lets everybody make user namespaces.
type UnshareAllower interface{ AllowsUnshare() }

// profile is a file that allows all but mkdir.
func (r *Run) profile(name, does string) string {
	r.Helper()
	path := filepath.Join(r.TempDir(), name+".json")
	text := `{"defaultAction":"SCMP_ACT_ALLOW","architectures":["SCMP_ARCH_X86_64"],"syscalls":[{"names":["mkdir","mkdirat"],` + does + `}]}`
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		r.Fatal(err)
	}
	return path
}
