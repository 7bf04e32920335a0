package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// byArgs is small enough for its table of calls to be read, with everything that
// decides a call in it: entries with and without arguments, the default, calls that
// are newer, and a multiplexer.
const byArgs = `{"defaultAction": "SCMP_ACT_ERRNO", "architectures": ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86"], "syscalls": [
	{"names": ["read", "socket", "execve"], "action": "SCMP_ACT_ALLOW"},
	{"names": ["personality"], "action": "SCMP_ACT_ALLOW", "args": [{"index": 0, "value": 8, "op": "SCMP_CMP_EQ"}]},
	{"names": ["personality"], "action": "SCMP_ACT_LOG", "args": [{"index": 0, "value": 9, "op": "SCMP_CMP_LE"}]},
	{"names": ["mount", "reboot"], "action": "SCMP_ACT_TRACE", "errnoRet": 7},
	{"names": ["clone"], "action": "SCMP_ACT_ALLOW", "args": [{"index": 0, "value": 1, "op": "SCMP_CMP_EQ"}]},
	{"names": ["clone"], "action": "SCMP_ACT_ALLOW", "args": [{"index": 1, "value": 1, "op": "SCMP_CMP_NE"}]}]}`

func TestList(t *testing.T) {
	status, stdout, stderr := sealctl(byArgs, "list", "--arch", "x86_64", "--arch", "SCMP_ARCH_X86", "-")
	if status != 0 || stderr != "" {
		t.Fatalf("status %d, %s", status, stderr)
	}
	for _, want := range []string{
		"SCMP_ARCH_X86_64\n  SCMP_ACT_ALLOW: 3 always, 3 by arguments\n    read socket execve\n    clone if arg0 == 0x1\n" +
			"    clone if arg1 != 0x1 unless arg0 == 0x1\n    personality if arg0 == 0x8\n" +
			"  SCMP_ACT_LOG: 0 always, 1 by arguments\n    personality if arg0 <= 0x9 unless arg0 == 0x8\n" +
			"  SCMP_ACT_TRACE(7): 2 always, 0 by arguments\n    mount reboot\n  SCMP_ACT_ERRNO(38 ENOSYS): ",
		"\n    clone unless arg0 == 0x1, or arg1 != 0x1\n    personality unless arg0 <= 0x9\n  newer calls: SCMP_ACT_ERRNO(38 ENOSYS)\nSCMP_ARCH_X86\n",
		"    socketcall if arg0 == 0x1\n", "\nany other architecture: SCMP_ACT_KILL_PROCESS\n",
	} {
		if !strings.Contains(stdout, want) {
			t.Errorf("no %q in\n%s", want, stdout)
		}
	}
	for line := range strings.Lines(stdout) {
		if len(line) > width+1 {
			t.Errorf("%d characters: %s", len(line), line)
		}
	}
	// What is not listed is killed as a whole.
	_, stdout, _ = sealctl(byArgs, "list", "--arch", "s390x", "-")
	if !strings.Contains(stdout, " always, 0 by arguments\n") || strings.Count(stdout, "SCMP_ACT_") != 3 || strings.Contains(stdout, "ERRNO") {
		t.Errorf("an architecture that is not listed:\n%s", stdout)
	}
}

// Every call that the architecture has is in the JSON list: without conditions once,
// with conditions for each outcome.
func TestListJSON(t *testing.T) {
	status, stdout, stderr := sealctl(byArgs, "list", "-o", "json", "--arch", "x86_64", "-")
	var l listing
	if err := json.Unmarshal([]byte(stdout), &l); err != nil || status != 0 || len(l.Architectures) != 1 {
		t.Fatalf("status %d, %v, %s%s", status, err, stdout, stderr)
	}
	count := map[string]int{}
	for _, d := range l.Architectures[0].Decisions {
		for _, call := range d.Calls {
			count[call.Name]++
			if conditional := call.Name == "clone" || call.Name == "personality"; conditional != (len(call.If)+len(call.Unless) > 0) {
				t.Errorf("%s: if %v unless %v", call.Name, call.If, call.Unless)
			}
		}
	}
	for name, want := range map[string]int{"read": 1, "clone": 3, "personality": 3, "openat2": 1, "socketcall": 0} {
		if count[name] != want {
			t.Errorf("%s is there %d times, want %d", name, count[name], want)
		}
	}
	if d := l.Architectures[0].Decisions[2]; d.Action != "SCMP_ACT_TRACE" || d.ErrnoRet == nil || *d.ErrnoRet != 7 || len(d.Calls) != 2 {
		t.Errorf("%+v, want mount and reboot with SCMP_ACT_TRACE and 7", d)
	}
	if l.Unlisted.Action != "SCMP_ACT_KILL_PROCESS" || l.Unlisted.ErrnoRet != nil || *l.Architectures[0].Beyond.ErrnoRet != 38 {
		t.Errorf("unlisted %+v, beyond %+v", l.Unlisted, l.Architectures[0].Beyond)
	}
}

func TestExplain(t *testing.T) {
	const head = "ARCHITECTURE"
	for _, c := range []struct {
		args string
		want []string // lines, with single spaces
	}{
		{"- personality", []string{
			"SCMP_ARCH_X86_64 personality (135) SCMP_ACT_ALLOW linux.seccomp.syscalls[1] if arg0 == 0x8",
			"SCMP_ACT_LOG linux.seccomp.syscalls[2] if arg0 <= 0x9 unless arg0 == 0x8",
			"SCMP_ACT_ERRNO(1 EPERM) linux.seccomp.defaultAction unless arg0 <= 0x9",
			"SCMP_ARCH_X86 personality (136) SCMP_ACT_ALLOW linux.seccomp.syscalls[1] if arg0 == 0x8",
			"SCMP_ACT_LOG linux.seccomp.syscalls[2] if arg0 <= 0x9 unless arg0 == 0x8",
			"SCMP_ACT_ERRNO(1 EPERM) linux.seccomp.defaultAction unless arg0 <= 0x9",
		}},
		{"- personality 0x100000008", []string{ // registers of 32 bits on x86
			"SCMP_ARCH_X86_64 personality (135) SCMP_ACT_ERRNO(1 EPERM) linux.seccomp.defaultAction",
			"SCMP_ARCH_X86 personality (136) SCMP_ACT_ALLOW linux.seccomp.syscalls[1]",
		}},
		{"--arch x86_64 - personality -1", []string{"SCMP_ARCH_X86_64 personality (135) SCMP_ACT_ERRNO(1 EPERM) linux.seccomp.defaultAction"}},
		{"--arch x86_64 - clone _ 1", []string{
			"SCMP_ARCH_X86_64 clone (56) SCMP_ACT_ALLOW linux.seccomp.syscalls[4] if arg0 == 0x1",
			"SCMP_ACT_ERRNO(1 EPERM) linux.seccomp.defaultAction unless arg0 == 0x1",
		}},
		{"- socket 40 1", []string{
			"SCMP_ARCH_X86_64 socket (41) SCMP_ACT_ALLOW linux.seccomp.syscalls[0]",
			"SCMP_ARCH_X86 socket (359) SCMP_ACT_ALLOW linux.seccomp.syscalls[0]",
			"SCMP_ARCH_X86 socketcall (102), 1 SCMP_ACT_ALLOW linux.seccomp.syscalls[0]",
		}},
		{"- arch_prctl", []string{
			"SCMP_ARCH_X86_64 arch_prctl (158) SCMP_ACT_ERRNO(1 EPERM) linux.seccomp.defaultAction",
			"SCMP_ARCH_X86 arch_prctl (384) SCMP_ACT_ERRNO(38 ENOSYS) newer than every call in linux.seccomp.syscalls",
		}},
		{"- mmap2", []string{"SCMP_ARCH_X86_64 no mmap2", "SCMP_ARCH_X86 mmap2 (192) SCMP_ACT_ERRNO(1 EPERM) linux.seccomp.defaultAction"}},
		{"--arch x32 --arch arm - read", []string{
			"SCMP_ARCH_X32 read (1073741824) SCMP_ACT_KILL_PROCESS not in linux.seccomp.architectures",
			"SCMP_ARCH_ARM read (3) SCMP_ACT_KILL_PROCESS not in linux.seccomp.architectures",
		}},
		{"--arch x32 --arch x86_64 - 0x40000000", []string{"SCMP_ARCH_X32 read (1073741824) SCMP_ACT_KILL_PROCESS not in linux.seccomp.architectures"}},
		{"--arch x32 --arch x86_64 - 0xffffffff", []string{"SCMP_ARCH_X86_64 call 4294967295 SCMP_ACT_ERRNO(1 EPERM) linux.seccomp.defaultAction"}},
		{"--arch x86_64 - 9999", []string{"SCMP_ARCH_X86_64 call 9999 SCMP_ACT_ERRNO(38 ENOSYS) newer than every call in linux.seccomp.syscalls"}},
	} {
		args := strings.Fields(c.args)
		if args[0] == "-" {
			args = append([]string{"--arch", "x86_64", "--arch", "x86"}, args...)
		}
		status, stdout, stderr := sealctl(byArgs, append([]string{"explain"}, args...)...)
		var got []string
		for line := range strings.Lines(stdout) {
			if strings.TrimRight(line, " \n")+"\n" != line {
				t.Errorf("%s: spaces at the end of %q", c.args, line)
			}
			got = append(got, strings.Join(strings.Fields(line), " "))
		}
		if status != 0 || stderr != "" || !strings.HasPrefix(stdout, head) || strings.Join(got[1:], "\n") != strings.Join(c.want, "\n") {
			t.Errorf("%s: status %d\n%s%s", c.args, status, stdout, stderr)
		}
	}
}

func TestExplainJSON(t *testing.T) {
	status, stdout, stderr := sealctl(byArgs, "explain", "-o", "json", "--arch", "x86", "--arch", "x86_64", "-", "socket")
	var all explanations
	if err := json.Unmarshal([]byte(stdout), &all); err != nil || status != 0 || len(all) != 3 {
		t.Fatalf("status %d, %v, %s%s", status, err, stdout, stderr)
	}
	if e := all[1]; e.Call != "socketcall" || *e.Number != 102 || *e.Selector != 1 || !e.Exists || *e.Outcomes[0].Entry != 0 || e.Outcomes[0].Action != "SCMP_ACT_ALLOW" {
		t.Errorf("%+v, want socketcall by entry 0", e)
	}
	_, stdout, _ = sealctl(byArgs, "explain", "-o", "json", "--arch", "x86_64", "-", "mmap2")
	if err := json.Unmarshal([]byte(stdout), &all); err != nil || len(all) != 1 || all[0].Exists || strings.Contains(stdout, "number") {
		t.Errorf("%v, %s, want a call that does not exist", err, stdout)
	}
}

func TestDiff(t *testing.T) {
	dir := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	a := file("a", byArgs)
	wider := file("wider", strings.Replace(byArgs, `"value": 9`, `"value": 20`, 1))
	respelt := file("respelt", strings.Replace(byArgs, `{"index": 0, "value": 9, "op": "SCMP_CMP_LE"}`, `{"index": 0, "value": 10, "op": "SCMP_CMP_LT"}`, 1))
	errno := file("errno", strings.Replace(byArgs, `"SCMP_ACT_ERRNO",`, `"SCMP_ACT_ERRNO", "defaultErrnoRet": 38,`, 1))
	other := file("other", strings.Replace(byArgs, `"mount", `, ``, 1))
	both := file("both", strings.Replace(strings.Replace(byArgs, `"mount", `, ``, 1), `"value": 9`, `"value": 20`, 1))
	const line = "SCMP_ARCH_X86_64 personality if arg0 <= 0x14 unless arg0 <= 0x9: SCMP_ACT_ERRNO(1 EPERM), SCMP_ACT_LOG\n"
	for _, c := range []struct {
		a, b   string
		status int
		has    string
		last   string
	}{
		{a, a, 0, "", a + " and " + a + " decide all calls alike"},
		{a, respelt, 0, "", a + " and " + respelt + " decide all calls alike"},
		{a, "-", 0, "", a + " and - decide all calls alike"},
		{a, wider, 1, line, a + " is at least as strict as " + wider},
		{wider, a, 1, "SCMP_ACT_LOG, SCMP_ACT_ERRNO(1 EPERM)\n", a + " is at least as strict as " + wider},
		{a, errno, 1, ": SCMP_ACT_ERRNO(1 EPERM), SCMP_ACT_ERRNO(38 ENOSYS)\n", a + " and " + errno + " are equally strict"},
		{a, other, 1, "SCMP_ARCH_X86_64 mount: SCMP_ACT_TRACE(7), SCMP_ACT_ERRNO(1 EPERM)\n", other + " is at least as strict as " + a},
		{a, both, 1, line, "neither of " + a + " and " + both + " is at least as strict as the other"},
	} {
		status, stdout, stderr := sealctl(byArgs, "diff", c.a, c.b)
		if status != c.status || stderr != "" || !strings.Contains(stdout, c.has) || !strings.HasSuffix("\n"+stdout, "\n"+c.last+"\n") {
			t.Errorf("%s %s: status %d\n%s%swant %d, %q and %q", c.a, c.b, status, stdout, stderr, c.status, c.has, c.last)
		}
	}

	status, stdout, _ := sealctl("", "diff", "-o", "json", "--cap", "CAP_CHOWN", a, wider)
	var r comparison
	if err := json.Unmarshal([]byte(stdout), &r); err != nil || status != 1 || r.Equal || !r.AAtLeastAsStrict || r.BAtLeastAsStrict {
		t.Fatalf("status %d, %v, %s", status, err, stdout)
	}
	d := r.Differences[0]
	if d.First != 135 || d.Last != 135 || d.Names[0] != "personality" || d.If[0].Value != 20 || d.A.Action != "SCMP_ACT_ERRNO" ||
		*d.A.ErrnoRet != 1 || d.B.Action != "SCMP_ACT_LOG" || d.Example.Args[0] < 10 || d.Example.Args[0] > 20 {
		t.Errorf("%+v", d)
	}
	status, stdout, _ = sealctl("", "diff", "-o", "json", a, respelt)
	if err := json.Unmarshal([]byte(stdout), &r); err != nil || status != 0 || !r.Equal || !strings.Contains(stdout, `"differences": []`) {
		t.Errorf("status %d, %v, %s", status, err, stdout)
	}
}

func TestVerbErrors(t *testing.T) {
	for _, c := range []struct {
		args   string
		status int
		want   string // in the one line
	}{
		{"list", 1, "list takes one PROFILE, got 0 arguments"},
		{"list -o yaml -", 1, `--output "yaml": expected one of text, json`},
		{"list --arch i386 -", 1, `--arch "i386": expected one of SCMP_ARCH_`},
		{"list /nonexistent/profile", 1, "no such file"},
		{"explain -", 1, "explain takes PROFILE, CALL and up to 6 ARGs, got 1 arguments"},
		{"explain - read 1 2 3 4 5 6 7", 1, "got 9 arguments"},
		{"explain - reed", 1, `CALL "reed": expected the name`},
		{"explain - 0x100000000", 1, `CALL "0x100000000": expected`},
		{"explain - read fd", 1, `ARG "fd": expected a number, or _ for any`},
		{"explain - read 0x10000000000000000", 1, `ARG "0x10000000000000000": expected a number of at most 64 bits`},
		{"explain - read -9223372036854775809", 1, "at most 64 bits"},
		{"explain - read -- --arch", 1, `ARG "--arch": expected a number, or _ for any`},
		{"list - --arch", 1, "flag needs an argument: -arch"},
		{"list - --color", 1, "flag needs an argument: -color"},
		{"list - --color blue", 1, `--color "blue": expected auto, always or never`},
		{"--color= diff - -", 1, `--color "": expected auto, always or never`},
		{"explain -o c - read", 1, `--output "c": expected one of text, json`},
		{"explain --arch x32 - 0", 1, `no call "0" in the architectures`},
		{"diff -", 2, "diff takes two profiles, A and B, got 1 arguments"},
		{"diff - -", 2, "at most one profile from standard input"},
		{"diff - /nonexistent/profile", 2, "no such file"},
		{"diff --bogus - -", 2, "bogus"},
		{"diff -o raw - -", 2, `--output "raw": expected one of text, json`},
		{"verify", 2, "verify takes one PID or CONTAINER, got 0 arguments"},
		{"verify 1", 2, "--profile: missing"},
		{"verify 0", 2, `"0": expected the positive id of a process`},
		{"verify --profile - 99999999999999999999", 2, "expected the positive id"},
		{"verify --profile - 1073741824", 2, "read the seccomp filters of 1073741824: "},
		{"verify --profile /nonexistent/profile 1", 2, "no such file"},
		{"verify --bogus 1", 2, "bogus"},
		{"compile -o elf -", 1, `--output "elf": expected one of text, raw, c, go`},
		{"compile --package x -", 1, "--package: only -o go has a package, got -o text"},
		{"compile -o go --package func -", 1, `--package "func": expected a Go identifier`},
		{"compile -o go --package a/b -", 1, `--package "a/b": expected a Go identifier`},
		{"disasm", 1, "disasm takes one FILE, or --pid, got 0 arguments"},
		{"disasm --pid 1 -", 1, "got both"},
		{"disasm --pid 1073741824", 1, "read the seccomp filters of 1073741824: "},
		{"disasm /nonexistent/filter", 1, "no such file"},
		{"bogus", 1, `unknown command "bogus", expected one of list, explain, `},
	} {
		status, stdout, stderr := sealctl(byArgs, strings.Fields(c.args)...)
		if status != c.status || stdout != "" || !strings.Contains(stderr, c.want) || strings.Count(stderr, "\n") != 1 {
			t.Errorf("%s: status %d, stdout %q, stderr %q, want %d and one line with %q", c.args, status, stdout, stderr, c.status, c.want)
		}
	}
}

// Every verb has help with an example of itself, and help is no error.
func TestHelp(t *testing.T) {
	for _, verb := range []string{"list", "explain", "diff", "resolve", "merge", "intersect", "convert", "verify", "compile", "disasm", "graph", "report"} {
		status, stdout, stderr := sealctl("", verb, "--help")
		if status != 0 || stderr != "" || !strings.Contains(stdout, "   sealctl "+verb+" ") || !strings.Contains(stdout, "\n\n      sealctl ") {
			t.Errorf("%s: status %d\n%s%s", verb, status, stdout, stderr)
		}
		if _, again, _ := sealctl("", "help", verb); again != stdout {
			t.Errorf("help %s prints\n%s", verb, again)
		}
	}
	status, stdout, stderr := sealctl("", "--help")
	if status != 0 || stderr != "" || !strings.Contains(stdout, "sealctl COMMAND --help") {
		t.Errorf("--help: status %d\n%s%s", status, stdout, stderr)
	}
	if _, again, _ := sealctl("", "help"); again != stdout {
		t.Errorf("help prints\n%s", again)
	}
	if status, _, stderr := sealctl("", "help", "bogus"); status != 1 || !strings.HasPrefix(stderr, `sealctl: unknown command "bogus"`) {
		t.Errorf("help bogus: status %d, %s", status, stderr)
	}
}

func TestVersionFlag(t *testing.T) {
	_, want, _ := sealctl("", "version")
	if status, stdout, stderr := sealctl("", "--version"); status != 0 || stdout != want || stderr != "" {
		t.Errorf("--version: status %d, %q, %q; expected %q", status, stdout, stderr, want)
	}
}

// A misspelt call is met with the one that was meant.
func TestExplainMisspelt(t *testing.T) {
	for call, want := range map[string]string{"reed": `0xffffffff, did you mean "read"`, "opneat": `did you mean "openat"`, "bogusbogus": "to 0xffffffff"} {
		if status, _, stderr := sealctl(byArgs, "explain", "-", call); status != 1 || !strings.HasSuffix(stderr, want+"\n") {
			t.Errorf("%s: status %d, %s", call, status, stderr)
		}
	}
}
