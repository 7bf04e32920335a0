package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const small = `{"defaultAction":"SCMP_ACT_ERRNO","syscalls":[{"names":["execve","getpid"],"action":"SCMP_ACT_ALLOW"}]}`

func sealctl(stdin string, args ...string) (status int, stdout, stderr string) {
	var out, errs bytes.Buffer
	status = run(append([]string{"sealctl"}, args...), strings.NewReader(stdin), &out, &errs)
	return status, out.String(), errs.String()
}

func TestCompileForms(t *testing.T) {
	docker := strings.Replace(small, `"action"`, `"includes":{"caps":["CAP_SYS_ADMIN"]},"action"`, 1)
	for _, c := range []struct {
		name, in string
		args     []string
		has, not string // in the listing
		warning  string
	}{
		{"specification", small, nil, "SCMP_ACT_ALLOW", "", ""},
		{"config.json", `{"ociVersion":"1.0.2","linux":{"seccomp":` + small + `}}`, nil, "SCMP_ACT_ALLOW", "", ""},
		{"docker without the capability", docker, nil, "SCMP_ACT_ERRNO(1 EPERM)", "SCMP_ACT_ALLOW", "execve is not allowed"},
		{"docker with it", docker, []string{"--cap", "CAP_SYS_ADMIN"}, "SCMP_ACT_ALLOW", "", ""},
		{"docker with archMap", `{"archMap":[{"architecture":"SCMP_ARCH_X86_64","subArchitectures":["SCMP_ARCH_X86"]},
			{"architecture":"SCMP_ARCH_AARCH64","subArchitectures":["SCMP_ARCH_ARM"]}],` + small[1:], nil, "SCMP_ARCH_", "", ""},
		{"unknown name", strings.Replace(small, "getpid", "getpie", 1), nil, "SCMP_ACT_ALLOW", "", `"getpie" is not a system call`},
	} {
		t.Run(c.name, func(t *testing.T) {
			status, stdout, stderr := sealctl(c.in, append(append([]string{"compile"}, c.args...), "-")...)
			if status != 0 || !strings.HasPrefix(stdout, "   0: ld   arch\n") || !strings.Contains(stdout, c.has) {
				t.Errorf("status %d\n%s%s", status, stdout, stderr)
			}
			if c.not != "" && strings.Contains(stdout, c.not) {
				t.Errorf("%s in the listing\n%s", c.not, stdout)
			}
			if c.warning == "" && stderr != "" || !strings.Contains(stderr, c.warning) {
				t.Errorf("stderr %q, want %q", stderr, c.warning)
			}
			file := filepath.Join(t.TempDir(), "profile.json")
			if err := os.WriteFile(file, []byte(c.in), 0o600); err != nil {
				t.Fatal(err)
			}
			if _, again, _ := sealctl("", append(append([]string{"compile"}, c.args...), file)...); again != stdout {
				t.Errorf("another listing from a file:\n%s", again)
			}
		})
	}
}

// A name is a profile, its prefix decides, and ./ in front makes it a file.
func TestCompileNames(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	for _, path := range []string{"docker/default", "localhost/p.json", "root/p.json", "unconfined"} {
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(small), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile("root/p.json", []byte(strings.Replace(small, "ERRNO", "TRAP", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	status, file, stderr := sealctl("", "compile", "./docker/default")
	if status != 0 || strings.Count(file, "\n") > 30 {
		t.Fatalf("a file: status %d, %s%s", status, file, stderr)
	}
	for _, name := range []string{"./localhost/p.json", "./unconfined", filepath.Join(dir, "docker/default")} {
		if status, stdout, stderr := sealctl("", "compile", name); status != 0 || stdout != file {
			t.Errorf("%s: status %d, not the listing of the file, %s", name, status, stderr)
		}
	}
	status, few, stderr := sealctl("", "compile", "docker/default")
	if status != 0 || strings.Count(few, "\n") < 100 {
		t.Errorf("docker/default: status %d, %s%s", status, few, stderr)
	}
	if status, stdout, _ := sealctl("", "compile", "runtime/default"); status != 0 || stdout != few {
		t.Errorf("runtime/default: status %d, not the listing of docker/default", status)
	}
	if status, stdout, _ := sealctl("", "compile", "--cap", "CAP_SYS_ADMIN", "docker/default"); status != 0 || stdout == few {
		t.Errorf("docker/default: status %d, --cap changes nothing", status)
	}
	status, stdout, stderr := sealctl("", "compile", "--seccomp-profile-root", "root", "localhost/p.json")
	if status != 0 || !strings.Contains(stdout, "SCMP_ACT_TRAP") {
		t.Errorf("localhost/p.json: status %d, %s%s", status, stdout, stderr)
	}
}

func TestErrors(t *testing.T) {
	for _, c := range []struct {
		in   string
		args []string
		want string // in the one line
	}{
		{"", []string{"compile"}, "compile takes one PROFILE, got 0 arguments"},
		{small, []string{"compile", "-", "--", "--strict-seccomp"}, "got 2 arguments"},
		{"", []string{"compile", "h"}, "open h: no such file or directory"}, // no verb of help
		{"", []string{"compile", "--bogus", "-"}, "bogus"},
		{"", []string{"bogus"}, `unknown command "bogus"`},
		{"", []string{"version", "x"}, `version takes no arguments, got "x"`},
		{"", []string{"version", "--bogus"}, "bogus"},
		{"", []string{"compile", "/nonexistent/profile"}, "open /nonexistent/profile: no such file or directory"},
		{"", []string{"compile", "/"}, "is a directory"},
		{"", []string{"compile", "-"}, "standard input: "},
		{"", []string{"compile", "docker/other"}, "seccomp profile \"docker/other\": unknown, expected runtime/default, docker/default, "},
		{"", []string{"compile", "unconfined"}, "seccomp profile \"unconfined\": no filter at all, expected a profile"},
		{"", []string{"compile", ""}, "seccomp profile \"\": no filter at all, expected a profile"},
		{"", []string{"compile", "--kernel", "2.6", "containerd/default"}, "containerd's profile can only be made for the running kernel"},
		{"", []string{"compile", "localhost/../passwd"}, "contains \"..\", expected a path below /var/lib/kubelet/seccomp"},
		{"", []string{"compile", "--seccomp-profile-root", "/nonexistent", "localhost/p"}, "open profile root /nonexistent: no such file or directory"},
		{"[]", []string{"compile", "-"}, "standard input: "},
		{"{}", []string{"compile", "-"}, "standard input: linux.seccomp.defaultAction: "},
		{small + " x", []string{"compile", "-"}, "standard input: "},
		{strings.Replace(small, `"action"`, `"action":"SCMP_ACT_ALLOW","action"`, 1), []string{"compile", "-"}, "standard input: linux.seccomp.syscalls[0].action: "},
		{strings.Replace(small, `"action"`, `"includes":{},"action":"SCMP_ACT_ALLOW","action"`, 1), []string{"compile", "-"}, "standard input: linux.seccomp.syscalls[0].action: "},
		{strings.Replace(small, `"action"`, `"errnoRet":3,"action"`, 1), []string{"compile", "-"}, "linux.seccomp.syscalls[0].errnoRet: 3: expected none with SCMP_ACT_ALLOW"},
		{strings.Replace(small, "getpid", "getpie", 1), []string{"compile", "--strict-seccomp", "-"}, `linux.seccomp.syscalls[0].names[1]: "getpie"`},
		{`{"ociVersion":"1.0.2","linux":{}}`, []string{"compile", "-"}, "linux.seccomp: missing"},
		{`{"archMap":[{"architecture":"SCMP_ARCH_X86_64"}],"architectures":["SCMP_ARCH_X86"],` + small[1:], []string{"compile", "-"}, "both 'architectures' and 'archMap'"},
	} {
		status, stdout, stderr := sealctl(c.in, c.args...)
		if status != 1 || stdout != "" || !strings.Contains(stderr, c.want) || strings.Count(stderr, "\n") != 1 {
			t.Errorf("%v < %s: status %d, stdout %q, stderr %q, want one line with %q", c.args, c.in, status, stdout, stderr, c.want)
		}
	}
}

func TestVersion(t *testing.T) {
	status, stdout, stderr := sealctl("", "version")
	if status != 0 || stderr != "" || !strings.HasPrefix(stdout, "sealctl "+version+"\nsystem calls: golang.org/x/sys v") {
		t.Errorf("status %d, %q, %q", status, stdout, stderr)
	}
}

// Errors and warnings about what a profile means begin with the file, as those about its
// text do: a command line can have several.
func TestPolicyMessagesNameTheFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "profile.json")
	for text, want := range map[string]string{
		strings.Replace(small, "getpid", "getpie", 1):                "sealctl: warning: FILE: linux.seccomp.syscalls[0].names[1]: \"getpie\" is not",
		strings.Replace(small, "SCMP_ACT_ALLOW", "SCMP_ACT_ALOW", 1): "sealctl: FILE: linux.seccomp.syscalls[0].action: \"SCMP_ACT_ALOW\"",
		strings.Replace(small, "execve", "fork", 1):                  "sealctl: warning: FILE: linux.seccomp: execve is not allowed",
	} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		for _, verb := range []string{"diff docker/default FILE", "explain FILE read", "list FILE", "compile FILE", "convert --to oci FILE", "graph FILE", "report FILE",
			"merge FILE docker/default", "intersect -o raw docker/default FILE"} {
			needs, compiles := strings.Contains(want, "execve"), strings.HasPrefix(verb, "compile")
			converts := strings.HasPrefix(verb, "convert") // names are not its business
			if needs && !compiles || converts && strings.Contains(want, "warning") {
				continue
			}
			for _, name := range []string{path, "-"} {
				_, _, stderr := sealctl(text, strings.Fields(strings.ReplaceAll(verb, "FILE", name))...)
				line := strings.Replace(want, "FILE", called(name), 1)
				stderr = strings.NewReplacer("merge: ", "", "intersect: ", "").Replace(stderr)
				if !strings.HasPrefix(stderr, line) || strings.Count(stderr, "\n") != 1 {
					t.Errorf("%s: %s, want %s", verb, stderr, line)
				}
			}
		}
	}
}
