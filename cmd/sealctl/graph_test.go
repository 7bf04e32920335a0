package main

import (
	"encoding/xml"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestGraph(t *testing.T) {
	for _, c := range []struct {
		args string
		has  []string
		not  []string
	}{
		{"-o dot --arch x86_64 -", []string{`digraph "standard input" {`, `label="SCMP_ARCH_X86_64"`, `"nr >= 60 (exit)"`, `"SCMP_ACT_TRACE(7)"`}, []string{"arch ==", "KILL", "1073741824"}},
		{"-o dot --arch SCMP_ARCH_X86 -", []string{`"nr == 102 (socketcall)"`}, []string{"arg0.high"}},
		{"-o dot --arch all -", []string{`label="any call"`, `"arch == SCMP_ARCH_X86_64"`, `"arch == SCMP_ARCH_X86"`, `"SCMP_ACT_KILL_PROCESS"`}, nil},
		{"-o dot --arch x86_64 --call personality -", []string{`digraph "standard input: personality" {`, `"SCMP_ARCH_X86_64\npersonality (135)"`, `"arg0.low == 0x8"`, "LOG"}, []string{"nr", "arch ==", "TRACE"}},
		{"-o dot --arch s390x -", []string{`label="SCMP_ARCH_S390X"`, "KILL_PROCESS"}, []string{"nr ==", "nr >=", "ALLOW"}},
		{"--arch x86_64 -", []string{"<svg ", "<title id=\"title\">standard input</title>", ">nr &gt;= 60 (exit)<", ">&gt;=<"}, nil},
	} {
		status, stdout, stderr := sealctl(byArgs, append([]string{"graph"}, strings.Fields(c.args)...)...)
		if status != 0 || stderr != "" {
			t.Errorf("%s: status %d, %s", c.args, status, stderr)
		}
		for _, want := range c.has {
			if !strings.Contains(stdout, want) {
				t.Errorf("%s: no %s in\n%s", c.args, want, stdout)
			}
		}
		for _, not := range c.not {
			if strings.Contains(stdout, not) {
				t.Errorf("%s: %s in\n%s", c.args, not, stdout)
			}
		}
		if strings.HasPrefix(stdout, "<svg") {
			if err := xml.Unmarshal([]byte(stdout), new(struct{})); err != nil {
				t.Errorf("%s: %v", c.args, err)
			}
		}
	}
}

// A filter in a file has the graph of the profile that it was made of.
func TestGraphRaw(t *testing.T) {
	_, filter, _ := sealctl(byArgs, "compile", "-o", "raw", "-")
	file := filepath.Join(t.TempDir(), "filter.bpf")
	if err := os.WriteFile(file, []byte(filter), 0o600); err != nil {
		t.Fatal(err)
	}
	_, want, _ := sealctl(byArgs, "graph", "-o", "dot", "--arch", "x86_64", "-")
	status, stdout, stderr := sealctl(filter, "graph", "-o", "dot", "--arch", "x86_64", "--raw", "-")
	if status != 0 || stdout != want {
		t.Errorf("status %d, %s\n%s\nwant\n%s", status, stderr, stdout, want)
	}
	status, stdout, stderr = sealctl("", "graph", "-o", "dot", "--arch", "x86_64", "--raw", file)
	if status != 0 || strings.Replace(stdout, file, "standard input", 1) != want {
		t.Errorf("status %d, %s\n%s\nwant\n%s", status, stderr, stdout, want)
	}
}

func TestGraphErrors(t *testing.T) {
	for _, c := range []struct{ in, args, want string }{
		{byArgs, "", "graph takes one PROFILE, or --raw and a FILE, got 0 arguments"},
		{byArgs, "-o png -", `--output "png": expected one of svg, dot`},
		{byArgs, "--arch z80 -", `--arch "z80": expected one of SCMP_ARCH_`},
		{byArgs, "--arch= -", "--arch: expected an architecture, got an empty string"},
		{byArgs, "--call forc -", `call "forc": `},
		{byArgs, "--arch all --call forc -", `call "forc": expected the name of a system call`},
		{byArgs, "--arch aarch64 --call fork -", `call "fork": SCMP_ARCH_AARCH64 has no such system call`},
		{"1234567", "--raw -", "standard input: 7 bytes, expected instructions of 8 bytes each"},
		{"12345678", "--raw -", "bpf: instruction 0: operation"},
		{"{}", "-", "linux.seccomp.defaultAction: "},
	} {
		status, stdout, stderr := sealctl(c.in, append([]string{"graph"}, strings.Fields(c.args)...)...)
		if status != 1 || stdout != "" || !strings.Contains(stderr, c.want) || strings.Count(stderr, "\n") != 1 {
			t.Errorf("%s: status %d, stdout %q, stderr %q, want one line with %q", c.args, status, stdout, stderr, c.want)
		}
	}
}
