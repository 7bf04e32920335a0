package main

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
)

// --arch leaves the calls of other architectures out of the lines and of the verdict.
func TestDiffArch(t *testing.T) {
	t.Chdir(t.TempDir())
	a := `{"defaultAction": "SCMP_ACT_ERRNO", "architectures": ["SCMP_ARCH_X86_64"], "syscalls": [{"names": ["read", "execve"], "action": "SCMP_ACT_ALLOW"}]}`
	// Stricter on x86_64, and with i386, which a kills.
	b := strings.Replace(strings.Replace(a, `"read", `, "", 1), `["SCMP_ARCH_X86_64"]`, `["SCMP_ARCH_X86_64", "SCMP_ARCH_X86"]`, 1)
	for name, text := range map[string]string{"a": a, "b": b} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		args, last string
		status     int
		has, not   string
	}{
		{"diff a b", "neither of a and b is at least as strict as the other", 1, "SCMP_ARCH_X86 ", "nothing"},
		{"diff --arch x86_64 a b", "b is at least as strict as a", 1, "SCMP_ARCH_X86_64 ", "SCMP_ARCH_X86 "},
		{"diff --arch x86 a b", "a is at least as strict as b", 1, "SCMP_ARCH_X86 ", "SCMP_ARCH_X86_64 "},
		{"diff --arch s390x a b", "a and b decide all calls alike", 0, "", "SCMP_ARCH"},
	} {
		status, stdout, stderr := sealctl("", strings.Fields(c.args)...)
		lines := strings.Split(strings.TrimSpace(stdout), "\n")
		if status != c.status || stderr != "" || lines[len(lines)-1] != c.last || !strings.Contains(stdout, c.has) || strings.Contains(stdout, c.not) {
			t.Errorf("%s: status %d, %s%s, want %d and %s", c.args, status, stdout, stderr, c.status, c.last)
		}
	}
	_, stdout, _ := sealctl("", "diff", "-o", "json", "--arch", "x86", "a", "b")
	var r comparison
	if err := json.Unmarshal([]byte(stdout), &r); err != nil || !r.AAtLeastAsStrict || r.BAtLeastAsStrict || len(r.Differences) == 0 {
		t.Errorf("%v, %s", err, stdout)
	}
	if status, _, stderr := sealctl("", "diff", "--arch", "vax", "a", "b"); status != 2 || !strings.Contains(stderr, `--arch "vax": expected one of`) {
		t.Errorf("status %d, %s", status, stderr)
	}
}
