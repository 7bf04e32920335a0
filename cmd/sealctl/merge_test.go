package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/runseal/runseal/seccomp"
)

// Docker's and containerd's defaults, in both orders: nowhere stricter than either, and
// nowhere different from both.
func TestMergeEngines(t *testing.T) {
	for _, order := range [][]string{{"docker/default", "containerd/default"}, {"containerd/default", "docker/default"}} {
		dir := t.TempDir()
		for _, verb := range []string{"merge", "intersect"} {
			status, stdout, stderr := sealctl("", verb, order[0], order[1])
			if status != 0 || stderr != "" {
				t.Fatalf("%s %v: status %d, %s", verb, order, status, stderr)
			}
			file := filepath.Join(dir, verb)
			if err := os.WriteFile(file, []byte(stdout), 0o600); err != nil {
				t.Fatal(err)
			}
			for _, name := range order {
				_, last, stderr := sealctl("", "diff", file, name)
				want := name + " is at least as strict as " + file + "\n"
				if verb == "intersect" {
					want = file + " is at least as strict as " + name + "\n"
				}
				if equal := file + " and " + name; !strings.HasSuffix(last, want) && !strings.HasSuffix(last, equal+" decide all calls alike\n") &&
					!strings.HasSuffix(last, equal+" are equally strict\n") {
					t.Errorf("%s %v: %s%s", verb, order, last, stderr)
				}
			}
			if _, again, stderr := sealctl("", verb, file, file); !alike(t, stdout, again) {
				t.Errorf("%s with itself is something else, %s", verb, stderr)
			}
		}
		status, stdout, stderr := sealctl("", "diff", filepath.Join(dir, "intersect"), filepath.Join(dir, "merge"))
		if strings.Contains(stdout, "neither") || status == 2 {
			t.Errorf("%v: %s%s", order, stdout, stderr)
		}
	}
}

func alike(t *testing.T, a, b string) bool {
	t.Helper()
	var policies [2]*seccomp.Policy
	for i, text := range []string{a, b} {
		p, err := seccomp.ParseProfile([]byte(text))
		if err == nil {
			policies[i], err = seccomp.NewPolicy(p, seccomp.Options{})
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	r, err := seccomp.Compare(policies[0], policies[1])
	return err == nil && len(r.Differences) == 0
}

// composed are two profiles of which each allows what the other does not.
func composed(t *testing.T) (a, b string) {
	t.Helper()
	dir := t.TempDir()
	a, b = filepath.Join(dir, "a.json"), filepath.Join(dir, "b.json")
	for file, text := range map[string]string{
		a: `{"defaultAction":"SCMP_ACT_ERRNO","syscalls":[{"names":["read","execve"],"action":"SCMP_ACT_ALLOW"},
			{"names":["ioctl"],"action":"SCMP_ACT_ALLOW","args":[{"index":1,"value":3,"op":"SCMP_CMP_EQ"}]}]}`,
		b: `{"defaultAction":"SCMP_ACT_ERRNO","syscalls":[{"names":["write","execve","reed"],"action":"SCMP_ACT_ALLOW"},
			{"names":["ioctl"],"action":"SCMP_ACT_ALLOW","args":[{"index":1,"value":9,"op":"SCMP_CMP_LE"}]}]}`,
	} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return a, b
}

func TestMergeText(t *testing.T) {
	a, b := composed(t)
	const want = `{
  "defaultAction": "SCMP_ACT_ERRNO",
  "defaultErrnoRet": 1,
  "architectures": [
    "SCMP_ARCH_X86_64"
  ],
  "syscalls": [
    {
      "names": [
        "execve",
        "read",
        "write"
      ],
      "action": "SCMP_ACT_ALLOW"
    },
    {
      "names": [
        "ioctl"
      ],
      "action": "SCMP_ACT_ALLOW",
      "args": [
        {
          "index": 1,
          "value": 9,
          "op": "SCMP_CMP_LE"
        }
      ]
    }
  ]
}
`
	status, stdout, stderr := sealctl("", "merge", "--arch", "x86_64", a, b)
	warning := "sealctl: warning: " + b + `: linux.seccomp.syscalls[0].names[2]: "reed" is not a system call`
	if status != 0 || stdout != want || !strings.HasPrefix(stderr, warning) {
		t.Errorf("status %d\n%s%s", status, stdout, stderr)
	}
	in, err := os.ReadFile(b)
	if err != nil {
		t.Fatal(err)
	}
	if _, again, _ := sealctl(string(in), "merge", "--arch", "x86_64", a, "-"); again != want {
		t.Errorf("from standard input:\n%s", again)
	}
}

// The profile and the filter of an intersection decide alike, and the filter is there
// where the profile is not.
func TestIntersectForms(t *testing.T) {
	a, b := composed(t)
	_, profile, _ := sealctl("", "intersect", a, b)
	_, listing, _ := sealctl("", "intersect", "-o", "text", a, b)
	_, raw, _ := sealctl("", "intersect", "-o", "raw", a, b)
	p, err := seccomp.ParseProfile([]byte(profile))
	if err != nil {
		t.Fatal(err)
	}
	policy, err := seccomp.NewPolicy(p, seccomp.Options{})
	if err != nil {
		t.Fatal(err)
	}
	prog, err := readProgram("-", bytes.NewReader([]byte(raw)))
	if err != nil {
		t.Fatal(err)
	}
	if err := seccomp.Verify(prog, policy); err != nil {
		t.Error(err)
	}
	if _, again, _ := sealctl(raw, "disasm", "-"); again != listing || !strings.HasPrefix(listing, "   0: ld   arch\n") {
		t.Errorf("listing:\n%s\nof the filter:\n%s", listing, again)
	}

	const kills = `{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["mseal"],"action":"SCMP_ACT_KILL_PROCESS"}]}`
	const few = `{"defaultAction":"SCMP_ACT_KILL_PROCESS","syscalls":[{"names":["execve"],"action":"SCMP_ACT_ALLOW"}]}`
	file := filepath.Join(t.TempDir(), "few.json")
	if err := os.WriteFile(file, []byte(few), 0o600); err != nil {
		t.Fatal(err)
	}
	status, stdout, stderr := sealctl(kills, "intersect", "--arch", "x86_64", file, "-")
	const want = "sealctl: intersect: SCMP_ARCH_X86_64 call 337(): it should get SCMP_ACT_ERRNO(38 ENOSYS), but a number without a name has no rule of its own"
	if status != 1 || stdout != "" || !strings.HasPrefix(stderr, want) || strings.Count(stderr, "\n") != 1 {
		t.Errorf("status %d, %s%s", status, stdout, stderr)
	}
	if status, stdout, stderr := sealctl(kills, "intersect", "--arch", "x86_64", "-o", "text", file, "-"); status != 0 || !strings.Contains(stdout, "mseal") {
		t.Errorf("status %d, %s%s", status, stdout, stderr)
	}
}

func TestComposeErrors(t *testing.T) {
	a, b := composed(t)
	for _, c := range []struct {
		args, want string
	}{
		{"merge", "merge takes two profiles or more, got 0 arguments"},
		{"intersect " + a, "intersect takes two profiles or more, got 1 arguments"},
		{"merge - " + a + " -", "merge - -: expected at most one profile from standard input"},
		{"merge " + a + " unconfined", "no filter at all"},
		{"merge " + a + " /nonexistent/profile", "no such file"},
		{"merge --arch vax " + a + " " + b, `--arch "vax": expected one of SCMP_ARCH_`},
		{"merge --strict-seccomp " + a + " " + b, "merge: " + b + `: linux.seccomp.syscalls[0].names[2]: "reed" is not a system call`},
		{"intersect -o c " + a + " " + b, `--output "c": expected one of json, text, raw`},
		{"intersect -o raw --strict-seccomp " + a + " " + b, "intersect: " + b + ": linux.seccomp"},
	} {
		status, stdout, stderr := sealctl(small, strings.Fields(c.args)...)
		if status != 1 || stdout != "" || !strings.Contains(stderr, c.want) || strings.Count(stderr, "\n") != 1 {
			t.Errorf("%s: status %d, stdout %q, stderr %q, want %q", c.args, status, stdout, stderr, c.want)
		}
	}
}
