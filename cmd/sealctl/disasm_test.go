package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/runseal/runseal/seccomp/bpf"
)

// What compile writes as bytes disasm lists as compile does.
func TestDisasm(t *testing.T) {
	_, listing, _ := sealctl(byArgs, "compile", "-")
	status, raw, stderr := sealctl(byArgs, "compile", "--output", "raw", "-")
	if status != 0 || stderr != "" || len(raw) != 8*strings.Count(listing, "\n") {
		t.Fatalf("status %d, %d bytes, %s", status, len(raw), stderr)
	}
	file := filepath.Join(t.TempDir(), "filter")
	if err := os.WriteFile(file, []byte(raw), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"-", file} {
		if status, stdout, stderr := sealctl(raw, "disasm", name); status != 0 || stderr != "" || stdout != listing {
			t.Errorf("%s: status %d\n%s%swant\n%s", name, status, stdout, stderr, listing)
		}
	}

	// A filter that does not end is listed all the same.
	status, stdout, stderr := sealctl(raw[:16], "disasm", "-")
	if status != 0 || !strings.HasPrefix(listing, stdout) || strings.Count(stdout, "\n") != 2 || !strings.Contains(stderr, "the kernel would not take this filter: bpf: instruction") {
		t.Errorf("status %d\n%s%s", status, stdout, stderr)
	}
	for in, want := range map[string]string{
		"":       "standard input: 0 bytes, expected instructions of 8 bytes each",
		raw[:15]: "standard input: 15 bytes, expected instructions of 8 bytes each",
		strings.Repeat(raw[:8], bpf.MaxInstructions+1): "standard input: more than 4096 instructions, the kernel's limit",
	} {
		if status, stdout, stderr := sealctl(in, "disasm", "-"); status != 1 || stdout != "" || stderr != "sealctl: "+want+"\n" {
			t.Errorf("status %d, %q, %q, want %q", status, stdout, stderr, want)
		}
	}
}

// The C source has the instructions of the raw form, each with its line of the
// listing, and a compiler takes it.
func TestCompileC(t *testing.T) {
	_, listing, _ := sealctl(byArgs, "compile", "-")
	_, raw, _ := sealctl(byArgs, "compile", "-o", "raw", "-")
	status, source, stderr := sealctl(byArgs, "compile", "-o", "c", "-")
	if status != 0 || stderr != "" {
		t.Fatalf("status %d, %s", status, stderr)
	}
	prog, err := readProgram("-", strings.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	lines := regexp.MustCompile(`(?m)^\t\{ (.*?), +(.*?), +(.*?), (.*?) \}, /\* (.*) \*/$`).FindAllStringSubmatch(source, -1)
	if len(lines) != len(prog) || len(prog) == 0 {
		t.Fatalf("%d lines for %d instructions\n%s", len(lines), len(prog), source)
	}
	var comments strings.Builder
	for i, l := range lines {
		var ins bpf.Instruction
		if _, err := fmt.Sscan(strings.Join(l[1:5], " "), &ins.Op, &ins.Jt, &ins.Jf, &ins.K); err != nil || ins != prog[i] {
			t.Errorf("line %d: %v, %v, want %v", i, ins, err, prog[i])
		}
		comments.WriteString(l[5] + "\n")
	}
	if comments.String() != listing {
		t.Errorf("comments\n%swant\n%s", &comments, listing)
	}
	cc, err := exec.LookPath("cc")
	if err != nil {
		t.Log("no C compiler here: the source was only read")
		return
	}
	cmd := exec.Command(cc, "-x", "c", "-Wall", "-Wno-unused", "-Werror", "-fsyntax-only", "-")
	cmd.Stdin = strings.NewReader(source)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
