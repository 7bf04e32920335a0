package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestReport(t *testing.T) {
	file := filepath.Join(t.TempDir(), "other<b>.json")
	if err := os.WriteFile(file, []byte(strings.Replace(byArgs, `"value": 8`, `"value": 7`, 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	status, stdout, stderr := sealctl(byArgs, "report", "--arch", "x86_64", "--arch", "x86", "-", file)
	if status != 0 || stderr != "" || !strings.HasPrefix(stdout, "<!DOCTYPE html>\n") || !strings.HasSuffix(stdout, "</html>\n") ||
		!strings.Contains(stdout, ">standard input</th>") || !strings.Contains(stdout, "other&lt;b&gt;.json</th>") {
		t.Errorf("status %d, %s\n%.2000s", status, stderr, stdout)
	}
	status, stdout, stderr = sealctl(byArgs, "report", "-o", "json", "--arch", "x86_64", "--arch", "x86", "-", file)
	var r reportJSON
	if err := json.Unmarshal([]byte(stdout), &r); err != nil || status != 0 || stderr != "" {
		t.Fatalf("status %d, %v, %s", status, err, stderr)
	}
	if len(r.Profiles) != 2 || r.Profiles[1].Name != file || len(r.Profiles[0].Architectures) != 2 || r.Profiles[0].Unlisted.Action != "SCMP_ACT_KILL_PROCESS" ||
		r.Profiles[0].DefaultAction.Action != "SCMP_ACT_ERRNO" || *r.Profiles[0].DefaultAction.ErrnoRet != 1 || r.Profiles[0].Warnings == nil {
		t.Errorf("%+v", r.Profiles)
	}
	var different, conditional []string
	for _, call := range r.Calls {
		if call.Different {
			different = append(different, call.Name)
		}
		if call.Conditional {
			conditional = append(conditional, call.Name)
		}
		if len(call.Decisions) != 2 || len(call.Numbers) == 0 {
			t.Errorf("%+v", call)
		}
		if call.Name == "personality" {
			if d := call.Decisions[1]; len(call.Numbers) != 2 || call.Numbers["SCMP_ARCH_X86"] != 136 || len(d) != 3 ||
				d[0].Action != "SCMP_ACT_ALLOW" || d[0].If[0].Value != 7 || d[1].Action != "SCMP_ACT_LOG" || len(d[1].Unless) != 1 {
				t.Errorf("%+v", call)
			}
		}
	}
	if !slices.Equal(different, []string{"personality"}) || !slices.Equal(conditional, []string{"clone", "personality", "socketcall"}) {
		t.Errorf("different %v, conditional %v", different, conditional)
	}
}

// The architectures are those of all profiles.
func TestReportArchs(t *testing.T) {
	file := filepath.Join(t.TempDir(), "arm.json")
	if err := os.WriteFile(file, []byte(strings.Replace(byArgs, "SCMP_ARCH_X86\"", "SCMP_ARCH_ARM\"", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	status, stdout, stderr := sealctl(byArgs, "report", "-", file)
	for _, a := range []string{"X86_64", "X86", "ARM"} {
		if !strings.Contains(stdout, `<abbr title="Number in SCMP_ARCH_`+a+`">`) {
			t.Errorf("status %d, %s: no %s", status, stderr, a)
		}
	}
}

func TestReportErrors(t *testing.T) {
	for _, c := range []struct{ in, args, want string }{
		{byArgs, "", "report takes one PROFILE or several, got 0 arguments"},
		{byArgs, "- -", `report: "-" is there twice, expected different profiles`},
		{byArgs, "-o text -", `--output "text": expected one of html, json`},
		{byArgs, "--arch z80 -", `--arch "z80": expected one of SCMP_ARCH_`},
		{byArgs, "- /nonexistent/profile", "no such file"},
		{"{}", "-", "standard input: linux.seccomp.defaultAction: "},
		{strings.Replace(byArgs, "ERRNO", "OTHER", 1), "-", `linux.seccomp.defaultAction: "SCMP_ACT_OTHER"`},
	} {
		status, stdout, stderr := sealctl(c.in, append([]string{"report"}, strings.Fields(c.args)...)...)
		if status != 1 || stdout != "" || !strings.Contains(stderr, c.want) || strings.Count(stderr, "\n") != 1 {
			t.Errorf("%s: status %d, stdout %q, stderr %q, want one line with %q", c.args, status, stdout, stderr, c.want)
		}
	}
}
