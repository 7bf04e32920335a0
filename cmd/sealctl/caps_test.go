package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// misspeltCaps is in Docker's format, with an inclusion and an exclusion that never hold.
const misspeltCaps = `{"defaultAction": "SCMP_ACT_ERRNO", "flags": [], "syscalls": [
 {"names": ["execve", "exit_group"], "action": "SCMP_ACT_ALLOW"},
 {"names": ["mount"], "action": "SCMP_ACT_ALLOW", "includes": {"caps": ["CAP_SYS_ADMIN", "CAP_SYS_ADMNI"]}},
 {"names": ["bpf"], "action": "SCMP_ACT_ALLOW", "excludes": {"caps": ["CAP_BPFF"]}},
 {"names": ["chroot"], "action": "SCMP_ACT_ALLOW", "excludes": {"caps": ["CAP_UNHEARD_OF"]}}]}`

// A condition on what is no capability is said by each verb that reads the profile.
func TestUnknownCapabilityWarning(t *testing.T) {
	root := t.TempDir()
	path := filepath.Join(root, "p.json")
	if err := os.WriteFile(path, []byte(misspeltCaps), 0o600); err != nil {
		t.Fatal(err)
	}
	warnings := strings.ReplaceAll(`sealctl: warning: FILE: linux.seccomp.syscalls[1].includes.caps[1]: "CAP_SYS_ADMNI" is no capability, did you mean "CAP_SYS_ADMIN"; the condition never holds, and the entry never applies
sealctl: warning: FILE: linux.seccomp.syscalls[2].excludes.caps[0]: "CAP_BPFF" is no capability, did you mean "CAP_BPF"; the condition never holds, and the entry applies in spite of it
sealctl: warning: FILE: linux.seccomp.syscalls[3].excludes.caps[0]: "CAP_UNHEARD_OF" is no capability; the condition never holds, and the entry applies in spite of it
`, "FILE", path)
	for _, verb := range []string{"explain PROFILE bpf", "resolve PROFILE", "compile PROFILE", "list PROFILE", "convert --to oci PROFILE", "diff PROFILE docker/default"} {
		for _, name := range []string{path, "localhost/p.json"} {
			args := strings.Fields(strings.ReplaceAll(verb, "PROFILE", name))
			status, _, stderr := sealctl("", append([]string{args[0], "--seccomp-profile-root", root}, args[1:]...)...)
			if status > 1 || stderr != warnings {
				t.Errorf("%v: status %d\n%s\nwant\n%s", args, status, stderr, warnings)
			}
		}
		_, _, stderr := sealctl(misspeltCaps, strings.Fields(strings.ReplaceAll(verb, "PROFILE", "-"))...)
		if want := strings.ReplaceAll(warnings, path, "standard input"); stderr != want {
			t.Errorf("%s: %s\nwant\n%s", verb, stderr, want)
		}
	}
	// There is nothing to say about the profile of an engine.
	if _, _, stderr := sealctl("", "list", "docker/default"); stderr != "" {
		t.Error(stderr)
	}
}

// Lint says it with the place in the text, of what does not apply with that of the list.
func TestUnknownCapabilityFinding(t *testing.T) {
	want := `<stdin>:1:62: warning: linux.seccomp.syscalls: syscalls[1] of the text, includes.caps[1]: "CAP_SYS_ADMNI" is no capability, did you mean "CAP_SYS_ADMIN"; the condition never holds, and the entry never applies [unknown-capability]
<stdin>:4:71: warning: linux.seccomp.syscalls[1].excludes.caps[0]: "CAP_BPFF" is no capability, did you mean "CAP_BPF"; the condition never holds, and the entry applies in spite of it [unknown-capability]
<stdin>:5:74: warning: linux.seccomp.syscalls[2].excludes.caps[0]: "CAP_UNHEARD_OF" is no capability; the condition never holds, and the entry applies in spite of it [unknown-capability]
3 warnings
`
	status, stdout, stderr := sealctl(misspeltCaps, "lint", "--enable", "unknown-capability", "-")
	if status != 1 || stdout != want || stderr != "" {
		t.Errorf("status %d\n%s%s\nwant\n%s", status, stdout, stderr, want)
	}
	root := t.TempDir()
	if err := os.WriteFile(filepath.Join(root, "p.json"), []byte(misspeltCaps), 0o600); err != nil {
		t.Fatal(err)
	}
	status, stdout, stderr = sealctl("", "lint", "--seccomp-profile-root", root, "--enable", "unknown-capability", "localhost/p.json")
	if status != 1 || strings.Count(stdout, "localhost/p.json: warning: ") != 3 || stderr != "" {
		t.Errorf("status %d\n%s%s", status, stdout, stderr)
	}
	if status, stdout, _ = sealctl(misspeltCaps, "lint", "--disable", "unknown-capability", "-"); strings.Contains(stdout, "CAP_BPFF") {
		t.Errorf("status %d\n%s", status, stdout)
	}
}

func TestUnknownCapabilityFlag(t *testing.T) {
	for flag, want := range map[string]string{
		"CAP_SYS_ADMNI": `--cap "CAP_SYS_ADMNI": expected a capability such as CAP_SYS_ADMIN, did you mean "CAP_SYS_ADMIN"`,
		"SYS_CHROOT":    `--cap "SYS_CHROOT": expected a capability such as CAP_SYS_ADMIN, did you mean "CAP_SYS_CHROOT"`,
		"cap_bpf":       `--cap "cap_bpf": expected a capability such as CAP_SYS_ADMIN, did you mean "CAP_BPF"`,
		"CAP_UNHEARD":   `--cap "CAP_UNHEARD": expected a capability such as CAP_SYS_ADMIN`,
	} {
		for _, verb := range []string{"explain --cap CAP docker/default bpf", "resolve --cap CAP docker/default", "lint --cap CAP -"} {
			status, stdout, stderr := sealctl(small, strings.Fields(strings.ReplaceAll(verb, " CAP ", " "+flag+" "))...)
			if status == 0 || stdout != "" || stderr != "sealctl: "+want+"\n" {
				t.Errorf("%s with %s: status %d, %s%s", verb, flag, status, stdout, stderr)
			}
		}
	}
}
