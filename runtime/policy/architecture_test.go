package policy

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/opencontainers/runtime-spec/specs-go"

	"github.com/runseal/runseal/seccomp/arch"
)

// A profile without architectures refuses all that is not native, so one that lists more
// is weaker by a whole table: the error names the architecture and not hundreds of calls.
func TestErrorNamesArchitecture(t *testing.T) {
	dir := t.TempDir()
	const rule = `"syscalls":[{"names":["unshare"],"action":"SCMP_ACT_ERRNO"}]`
	for name, text := range map[string]string{
		"native.json": `{"defaultAction":"SCMP_ACT_ALLOW",` + rule + `}`,
		"two.json":    `{"defaultAction":"SCMP_ACT_ALLOW","architectures":["` + arch.Native + `","SCMP_ARCH_S390X"],` + rule + `}`,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	both := []specs.Arch{arch.Native, specs.ArchS390X}
	refused := []specs.LinuxSyscall{{Names: []string{"unshare"}, Action: specs.ActErrno}}
	for _, tc := range []struct {
		name   string
		policy Policy
		own    specs.LinuxSeccomp
		want   string // end of the error, empty for none
	}{
		{"require, own lists more", Policy{Require: "localhost/native.json"},
			specs.LinuxSeccomp{DefaultAction: specs.ActAllow, Architectures: both, Syscalls: refused},
			"require: linux.seccomp is less strict than localhost/native.json: calls of SCMP_ARCH_S390X"},
		{"require, own lists more and allows a call", Policy{Require: "localhost/native.json"},
			specs.LinuxSeccomp{DefaultAction: specs.ActAllow, Architectures: both},
			"require: linux.seccomp is less strict than localhost/native.json: unshare, calls of SCMP_ARCH_S390X"},
		{"require, own lists less", Policy{Require: "localhost/two.json"},
			specs.LinuxSeccomp{DefaultAction: specs.ActAllow, Syscalls: refused}, ""},
		{"allowed, own lists less", Policy{Allowed: []string{"localhost/two.json"}},
			specs.LinuxSeccomp{DefaultAction: specs.ActAllow, Syscalls: refused},
			"allowed: linux.seccomp is not localhost/two.json; it differs from localhost/two.json in calls of SCMP_ARCH_S390X"},
		{"allowed, both list it", Policy{Allowed: []string{"localhost/two.json"}},
			specs.LinuxSeccomp{DefaultAction: specs.ActAllow, Architectures: both}, "in unshare"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			tc.policy.ProfileRoot = dir
			_, err := tc.policy.Decide(&specs.Spec{Linux: &specs.Linux{Seccomp: &tc.own}}, false)
			if tc.want == "" && err != nil || tc.want != "" && (err == nil || !strings.HasSuffix(err.Error(), tc.want)) {
				t.Errorf("error %v, expected one that ends with %q", err, tc.want)
			}
		})
	}
}
