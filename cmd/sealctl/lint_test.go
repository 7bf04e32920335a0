package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/runseal/runseal/seccomp/lint"
)

// clean has no finding of a warning's severity on any architecture.
const clean = `{"defaultAction": "SCMP_ACT_ERRNO", "flags": [],
 "syscalls": [
  {"names": ["execve", "exit_group"], "action": "SCMP_ACT_ALLOW"}
 ]}`

func file(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "profile.json")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestLint(t *testing.T) {
	misspelt := strings.Replace(clean, "exit_group", "exit_gruop", 1)
	inConfig := `{"ociVersion":"1.0.2","linux":{"seccomp":` + "\n" + misspelt + `}}`
	docker := strings.Replace(misspelt, `{"names"`, `{"names":["mount"],"action":"SCMP_ACT_LOG","includes":{"caps":["CAP_SYS_ADMIN"]}},`+"\n"+`{"names"`, 1)
	const object = "apiVersion: security-profiles-operator.x-k8s.io/v1beta1\nmetadata: {name: web}\nspec:\n" +
		"  defaultAction: SCMP_ACT_ERRNO\n  syscalls: [{names: [execve, exit_gruop], action: SCMP_ACT_ALLOW}]\n"
	const unknown = `: no system call of any architecture: "exit_gruop" (did you mean "exit_group"?) [unknown-call]` + "\n"
	for _, c := range []struct {
		name, in string
		args     []string
		status   int
		want     string // of standard output; FILE is the path
		whole    bool
	}{
		{"clean", clean, nil, 0, "no findings (", false},
		{"notes of a clean one", clean, []string{"--severity", "note"}, 1, "FILE:1:1: note: linux.seccomp: ", false},
		{"warning", misspelt, nil, 1, "FILE:3:24: warning: linux.seccomp.syscalls[0].names[1]" + unknown, false},
		{"only errors", misspelt, []string{"--severity", "error"}, 0, "no findings (", false},
		{"disabled", misspelt, []string{"--disable", "unknown-call"}, 0, "no findings (", false},
		{"enabled", misspelt, []string{"--enable", "unknown-call"}, 1, "FILE:3:24: warning: linux.seccomp.syscalls[0].names[1]" + unknown + "1 warning\n", true},
		{"config.json", inConfig, []string{"--enable", "unknown-call"}, 1, "FILE:4:24: warning: linux.seccomp.syscalls[0].names[1]" + unknown + "1 warning\n", true},
		{"docker", docker, []string{"--enable", "unknown-call"}, 1, "FILE:4:22: warning: linux.seccomp.syscalls[0].names[1]" + unknown + "1 warning\n", true},
		{"docker with the capability", docker, []string{"--enable", "unknown-call", "--cap", "CAP_SYS_ADMIN"}, 1,
			"FILE:4:22: warning: linux.seccomp.syscalls[1].names[1]" + unknown + "1 warning\n", true},
		{"how it was resolved", docker, []string{"--enable", "docker-format", "--severity", "note", "--cap", "CAP_KILL"}, 1,
			"FILE:1:1: note: linux.seccomp: in Docker's format, of which 1 entries apply on SCMP_ARCH_", false},
		{"unknown member", strings.Replace(clean, `"action"`, `"arg":[],"action"`, 1), nil, 1,
			`FILE:3:45: warning: linux.seccomp.syscalls[0].arg: "arg" is skipped: no member of a rule has this name (did you mean "args"?) [unknown-member]` + "\n1 warning", false},
		{"unknown member in config.json", strings.Replace(inConfig, `"action"`, `"arg":[],"includes":{},"action"`, 1), []string{"--enable", "unknown-member"}, 1,
			`FILE:4:45: warning: linux.seccomp.syscalls[0].arg: "arg" is skipped: no member of a rule has this name (did you mean "args"?) [unknown-member]` +
				"\n" + `FILE:4:59: warning: linux.seccomp.syscalls[0].includes: "includes" is skipped: no member of a rule has this name (it is one of Docker's format) [unknown-member]` +
				"\n2 warnings\n", true},
		{"no member of others in config.json", strings.Replace(inConfig, `"linux":{`, `"annotation":{},"linux":{"x":[{"arg":1}],`, 1), []string{"--enable", "unknown-member"}, 0, "no findings\n", true},
		{"docker of which nothing applies", `{"defaultAction":"SCMP_ACT_LOG","archMap":[],"syscalls":[]}`, []string{"--enable", "unknown-member,docker-format", "--severity", "note"}, 1,
			"FILE:1:1: note: linux.seccomp: in Docker's format, of which 0 entries apply on ", false},
		{"SeccompProfile", "kind: SeccompProfile\n" + object, []string{"--enable", "unknown-call"}, 1,
			"FILE: warning: linux.seccomp.syscalls[0].names[1]" + unknown + "1 warning\n", true},
		{"SeccompProfile, disabled", "kind: SeccompProfile\n" + object + "  disabled: true\n", nil, 1, "FILE: error: spec.disabled: ", false},
		{"broken", clean[:60] + "}", nil, 1, "FILE:2:12: error: linux.seccomp.syscalls: line 2, column 12: ", false},
		{"wrong value", strings.Replace(clean, "SCMP_ACT_ALLOW", "SCMP_ACT_ALOW", 1), nil, 1,
			`FILE:3:49: error: linux.seccomp.syscalls[0].action: "SCMP_ACT_ALOW"`, false},
		{"missing member", strings.Replace(clean, `"action"`, `"Axtion"`, 1), nil, 1, "FILE:3:3: error: linux.seccomp.syscalls[0].action: missing", false},
		{"empty", "", nil, 1, "error: linux.seccomp: line 1, column 1: unexpected end of text, expected a value [invalid-profile]\n1 error\n", false},
		{"config.json without a filter", `{"ociVersion":"1.0.2","linux":{}}`, nil, 1, "error: linux.seccomp: ", false},
		{"broken, disabled", "", []string{"--disable", "invalid-profile"}, 0, "no findings\n", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := file(t, c.in)
			status, stdout, stderr := sealctl("", append(append([]string{"lint"}, c.args...), path)...)
			want := strings.ReplaceAll(c.want, "FILE", path)
			if status != c.status || stderr != "" || !strings.Contains(stdout, want) || c.whole && stdout != want {
				t.Errorf("status %d, want %d\n%s%s\nwant %s", status, c.status, stdout, stderr, want)
			}
			_, again, _ := sealctl(c.in, append(append([]string{"lint"}, c.args...), "-")...)
			if again != strings.ReplaceAll(stdout, path, "<stdin>") {
				t.Errorf("from standard input:\n%s", again)
			}
		})
	}
}

// Several profiles, of which one has a name and so no position.
func TestLintSeveral(t *testing.T) {
	path := file(t, clean)
	status, stdout, stderr := sealctl("", "lint", "--severity", "note", "--enable", "filter-size", path, "docker/default")
	lines := strings.Split(stdout, "\n")
	if status != 1 || stderr != "" || len(lines) != 4 || !strings.HasPrefix(lines[0], path+":1:1: note: ") ||
		!strings.HasPrefix(lines[1], "docker/default: note: linux.seccomp: ") || lines[2] != "2 notes" {
		t.Errorf("status %d\n%s%s", status, stdout, stderr)
	}
	// A file by a name is read, and what is wrong with it is a finding.
	root := t.TempDir()
	if err := os.WriteFile(filepath.Join(root, "p.json"), []byte(`{"defaultAction":7}`), 0o600); err != nil {
		t.Fatal(err)
	}
	status, stdout, _ = sealctl("", "lint", "--seccomp-profile-root", root, "localhost/p.json")
	if want := "localhost/p.json: error: linux.seccomp.defaultAction: 7: expected a string [invalid-profile]\n1 error\n"; status != 1 || stdout != want {
		t.Errorf("status %d, %s, want %s", status, stdout, want)
	}
}

// A file by a name has no position, but its text counts.
func TestLintUnknownMemberOfName(t *testing.T) {
	root := t.TempDir()
	for name, text := range map[string]string{
		"p.json": strings.Replace(clean, `"action"`, `"arg":[],"action"`, 1), "docker.json": `{"archMap":[],` + clean[1:],
	} {
		if err := os.WriteFile(filepath.Join(root, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	status, stdout, _ := sealctl("", "lint", "--seccomp-profile-root", root, "--enable", "unknown-member", "localhost/p.json", "localhost/docker.json", "docker/default")
	if want := `localhost/p.json: warning: linux.seccomp.syscalls[0].arg: "arg" is skipped: no member of a rule has this name (did you mean "args"?) [unknown-member]` +
		"\n1 warning\n"; status != 1 || stdout != want {
		t.Errorf("status %d, %s, want %s", status, stdout, want)
	}
}

// A profile that cannot be read keeps no other from being checked.
func TestLintMissing(t *testing.T) {
	path := file(t, strings.Replace(clean, "exit_group", "exit_gruop", 1))
	status, stdout, stderr := sealctl("", "lint", "/nonexistent/a", path, "/nonexistent/b")
	if status != 2 || !strings.Contains(stdout, "[unknown-call]") || !strings.Contains(stdout, "1 warning") ||
		stderr != "sealctl: open /nonexistent/a: no such file or directory; open /nonexistent/b: no such file or directory\n" {
		t.Errorf("status %d\n%s%s", status, stdout, stderr)
	}
}

func TestLintJSON(t *testing.T) {
	path := file(t, strings.Replace(clean, "\n ]}", ",\n  {\"names\": [\"execve\"], \"action\": \"SCMP_ACT_TRAP\"}\n ]}", 1))
	status, stdout, stderr := sealctl("", "lint", "-o", "json", path)
	var got linting
	if err := json.Unmarshal([]byte(strings.ReplaceAll(stdout, `"severity": "warning"`, `"severity": 2`)), &got); err != nil {
		t.Fatalf("%v in %s%s", err, stdout, stderr)
	}
	if status != 1 || len(got.Profiles) != 1 || got.Profiles[0].Profile != path || len(got.Profiles[0].Findings) != 1 {
		t.Fatalf("status %d\n%s", status, stdout)
	}
	f := got.Profiles[0].Findings[0]
	if f.Rule != "shadowed-rule" || f.Severity != lint.Warning || f.place != (place{"linux.seccomp.syscalls[1]", 4, 3}) ||
		len(f.Calls) != 1 || f.Calls[0] != "execve" || len(f.Related) != 1 || f.Related[0].place != (place{"linux.seccomp.syscalls[0]", 3, 3}) {
		t.Errorf("%s", stdout)
	}
	status, stdout, _ = sealctl(clean, "lint", "-o", "json", "-")
	if want := `"findings": []`; status != 0 || !strings.Contains(stdout, want) {
		t.Errorf("status %d, %s", status, stdout)
	}
}

func TestLintSARIF(t *testing.T) {
	path := file(t, strings.Replace(clean, "execve", "execvee", 1))
	status, stdout, stderr := sealctl("", "lint", "-o", "sarif", path)
	var log struct {
		Version string
		Runs    []struct {
			Results []struct{ RuleID, Level string }
		}
	}
	if err := json.Unmarshal([]byte(stdout), &log); err != nil {
		t.Fatalf("%v in %s%s", err, stdout, stderr)
	}
	if status != 1 || log.Version != "2.1.0" || len(log.Runs) != 1 || len(log.Runs[0].Results) != 2 ||
		log.Runs[0].Results[0].RuleID != "execve-denied" || log.Runs[0].Results[0].Level != "error" {
		t.Errorf("status %d\n%+v", status, log)
	}
}

func TestLintRules(t *testing.T) {
	status, stdout, stderr := sealctl("", "lint", "--rules")
	if status != 0 || stderr != "" || strings.Count(stdout, "\n") != len(lint.Rules())+1 || !strings.Contains(stdout, "\nshadowed-rule ") {
		t.Errorf("status %d\n%s%s", status, stdout, stderr)
	}
	for _, r := range lint.Rules() {
		status, stdout, _ = sealctl("", "lint", "--explain", r.ID)
		if status != 0 || !strings.HasPrefix(stdout, r.ID+" ("+r.Severity.String()+"): "+r.Title+"\n\n") || !strings.Contains(stdout, r.Help) {
			t.Errorf("%s: status %d\n%s", r.ID, status, stdout)
		}
	}
}

func TestLintErrors(t *testing.T) {
	for _, c := range []struct {
		args []string
		want string
	}{
		{nil, "lint takes one PROFILE or several, got 0 arguments"},
		{[]string{"--bogus", "-"}, "bogus"},
		{[]string{"/nonexistent/profile"}, "open /nonexistent/profile: no such file or directory"},
		{[]string{"-", "-"}, "lint - -: expected at most one profile from standard input"},
		{[]string{"docker/other"}, `seccomp profile "docker/other": unknown, expected runtime/default`},
		{[]string{"unconfined"}, "no filter at all, expected a profile"},
		{[]string{"--severity", "fatal", "-"}, `--severity: severity "fatal": expected error, warning or note`},
		{[]string{"--enable", "nothing", "-"}, `--enable "nothing": no such rule, expected one of sealctl lint --rules`},
		{[]string{"--disable", "filter-size,nothing", "-"}, `--disable "nothing": no such rule`},
		{[]string{"--explain", "nothing"}, `--explain "nothing": no such rule`},
		{[]string{"--rules", "-"}, "lint takes --rules, --explain, or a PROFILE, got 1 arguments"},
		{[]string{"-o", "xml", "-"}, `--output "xml": expected one of text, json, sarif`},
	} {
		status, stdout, stderr := sealctl(clean, append([]string{"lint"}, c.args...)...)
		if status != 2 || stdout != "" || !strings.Contains(stderr, c.want) || strings.Count(stderr, "\n") != 1 {
			t.Errorf("%v: status %d, stdout %q, stderr %q, want %q", c.args, status, stdout, stderr, c.want)
		}
	}
}
