package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/opencontainers/runtime-spec/specs-go"

	"github.com/runseal/runseal/cmd/sealctl/internal/enforced"
	"github.com/runseal/runseal/seccomp"
)

// The configuration alone needs no privileges, and is printed as it was.
func TestInspectConfig(t *testing.T) {
	one := startVictim(t, 1)
	root := filepath.Join(t.TempDir(), "root")
	const odd = `{"defaultAction":"SCMP_ACT_ALLOW","x-unknown":{"a":1},"syscalls":[{"names":["swapon"],"action":"SCMP_ACT_ERRNO"}]}`
	container(t, root, "in-one", one, `{"ociVersion":"1.2.0","linux":{"seccomp":`+odd+`}}`)
	container(t, root, "in-none", startVictim(t, 0), `{"ociVersion":"1.2.0","linux":{}}`)
	status, stdout, stderr := sealctl("", "inspect", "--root", root, "--source", "config", "in-one")
	want := "{\n  \"defaultAction\": \"SCMP_ACT_ALLOW\",\n  \"x-unknown\": {\n    \"a\": 1\n  },\n  \"syscalls\": [\n" +
		"    {\n      \"names\": [\n        \"swapon\"\n      ],\n      \"action\": \"SCMP_ACT_ERRNO\"\n    }\n  ]\n}\n"
	if status != 0 || stderr != "" || stdout != want {
		t.Errorf("status %d\n%s%s", status, stdout, stderr)
	}
	// By the process, and in JSON.
	status, stdout, stderr = sealctl("", "inspect", "--root", root, "--source", "config", "-o", "json", strconv.Itoa(one))
	var in inspection
	if err := json.Unmarshal([]byte(stdout), &in); err != nil || status != 0 || stderr != "" {
		t.Fatalf("status %d, %v, %s", status, err, stderr)
	}
	if in.Container != "in-one" || in.Pid != one || in.Runtime != "runseal" || in.Mode != "filter" || *in.Filters != 1 || in.Kernel != nil ||
		in.Config.Path != filepath.Join(root, "in-one/state.json") || !strings.Contains(string(in.Config.Seccomp), "x-unknown") {
		t.Errorf("%+v", in)
	}
	if _, stdout, _ = sealctl("", "inspect", "--root", root, "--source", "config", "in-none"); stdout != "null\n" {
		t.Errorf("no linux.seccomp: %q", stdout)
	}
	// The kernel's side of a process without a filter needs no privileges either.
	status, stdout, stderr = sealctl("", "inspect", "--root", root, "in-no")
	if status != 0 || stderr != "" || !strings.HasSuffix(stdout, "state.json has no linux.seccomp\nkernel: no filter: every system call is executed\nkernel: no filter, and config.json has no linux.seccomp\n") ||
		!strings.Contains(stdout, "\nseccomp mode: none, filters: 0, no_new_privs: no\n") {
		t.Errorf("status %d\n%s%s", status, stdout, stderr)
	}
}

func TestInspectErrors(t *testing.T) {
	one := startVictim(t, 0)
	root := filepath.Join(t.TempDir(), "root")
	container(t, root, "same-1", one, `{"ociVersion":"1.2.0"}`)
	container(t, root, "same-2", startVictim(t, 0), `{"ociVersion":"1.2.0"}`)
	if err := os.WriteFile(container(t, root, "waits", os.Getppid(), `{"ociVersion":"1.2.0"}`).FifoPath(), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args []string
		want string
	}{
		{nil, "inspect takes one CONTAINER or PID, got 0 arguments"},
		{[]string{"--source", "disk", "1"}, `--source "disk": expected one of kernel, config, both`},
		{[]string{"-o", "yaml", "1"}, `--output "yaml": expected one of text, json, oci`},
		{[]string{"-o", "oci", "--source", "config", "1"}, "--source config: -o oci is made of the kernel's filters"},
		{[]string{"0"}, `"0": expected the positive id of a process`},
		{[]string{"999999999"}, "process 999999999: not in /proc"},
		{[]string{"no-such"}, `container "no-such" below ` + root + `: container "no-such" does not exist; nor is there a running container of another runtime whose id is or begins with it`},
		{[]string{"same-"}, `container "same-": 2 ids begin with it, expected one: same-`},
		{[]string{"waits"}, `container "waits" is not started`},
		{[]string{"wait"}, `container "waits" is not started`},
		{[]string{"pidns:1"}, `container "pidns:1" below `},
		{[]string{""}, `container ""`},
		{[]string{"--source", "config", strconv.Itoa(os.Getpid())}, "in no container"},
		{[]string{"-o", "oci", "same-1"}, fmt.Sprintf("container same-1 (process %d): it has no filter, so there is no profile", one)},
	} {
		status, stdout, stderr := sealctl("", append([]string{"inspect", "--root", root}, c.args...)...)
		if status != 1 || stdout != "" || !strings.Contains(stderr, c.want) || strings.Count(stderr, "\n") != 1 {
			t.Errorf("%v: status %d, stdout %q, stderr %q, want one line with %q", c.args, status, stdout, stderr, c.want)
		}
	}
}

// What is read from the kernel, as a list and as a profile.
func TestInspectKernel(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("reading the filters of a process needs root")
	}
	one, two := startVictim(t, 1), startVictim(t, 2)
	root := filepath.Join(t.TempDir(), "root")
	container(t, root, "k-one", one, `{"ociVersion":"1.2.0","linux":{"seccomp":`+victimProfile+`}}`)
	container(t, root, "k-two", two, `{"ociVersion":"1.2.0","linux":{"seccomp":`+strings.Replace(victimProfile, "swapon", "swapoff", 1)+`}}`)
	_, compiled, _ := sealctl(victimProfile, "compile", "-")
	n := strings.Count(compiled, "\n")

	status, stdout, stderr := sealctl("", "inspect", "--root", root, "--source", "kernel", "k-one")
	head := fmt.Sprintf("container k-one (process %d), runseal\nseccomp mode: filter, filters: 1, no_new_privs: yes\nfilter 1 of 1, %d instructions, no flags:\nSCMP_ARCH_X86_64\n  SCMP_ACT_ALLOW: ", one, n)
	if status != 0 || stderr != "" || !strings.HasPrefix(stdout, head) ||
		!strings.Contains(stdout, "\n  SCMP_ACT_ERRNO(1 EPERM): 1 always, 0 by arguments\n    swapon\n") ||
		!strings.HasSuffix(stdout, "any other architecture: SCMP_ACT_KILL_PROCESS\n") {
		t.Errorf("status %d\n%s%s", status, stdout, stderr)
	}
	for line := range strings.Lines(stdout) {
		if len(line) > width+1 {
			t.Errorf("%d characters: %s", len(line), line)
		}
	}
	_, stdout, _ = sealctl("", "inspect", "--root", root, "k-one")
	if !strings.Contains(stdout, "\nkernel: the filter decides all calls as config.json says (proved)\nfilter 1 of 1") {
		t.Errorf("as configured:\n%s", stdout)
	}
	status, stdout, stderr = sealctl("", "inspect", "--root", root, "-o", "json", "k-two")
	var in inspection
	if err := json.Unmarshal([]byte(stdout), &in); err != nil || status != 0 || stderr != "" {
		t.Fatalf("status %d, %v, %s", status, err, stderr)
	}
	k := in.Kernel
	if len(k.Filters) != 2 || k.Filters[0].Instructions != n || k.Together == nil || len(k.Together.Architectures[0].Decisions) != 2 || k.AsConfigured.Equal ||
		!strings.HasPrefix(k.AsConfigured.Text, "the oldest filter is not that of config.json: SCMP_ARCH_X86_64 swap") {
		t.Errorf("%+v, %+v", k, k.AsConfigured)
	}
	for _, name := range []string{"k-one", "k-two", strconv.Itoa(two)} {
		status, stdout, stderr = sealctl("", "inspect", "--root", root, "-o", "oci", name)
		if status != 0 || stderr != "" {
			t.Fatalf("%s: status %d, %s", name, status, stderr)
		}
		if status, stdout, stderr = sealctl(stdout, "diff", "-", writeFile(t, victimProfile)); status != 0 {
			t.Errorf("%s: status %d, %s%s", name, status, stdout, stderr)
		}
	}
}

// Of several filters the oldest is the runtime's.
func TestCompareWithConfig(t *testing.T) {
	filter := func(text string) seccomp.InstalledFilter {
		p, err := seccomp.ParseProfile([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		f, err := seccomp.Compile(p, seccomp.Options{})
		if err != nil {
			t.Fatal(err)
		}
		return seccomp.InstalledFilter{Instructions: f.Instructions}
	}
	profile, err := seccomp.ParseProfile([]byte(victimProfile))
	if err != nil {
		t.Fatal(err)
	}
	own, other := filter(victimProfile), filter(small)
	for _, c := range []struct {
		installed []seccomp.InstalledFilter
		profile   *specs.LinuxSeccomp
		equal     bool
		text      string
	}{
		{nil, nil, true, "no filter, and config.json has no linux.seccomp"},
		{nil, profile, false, "no filter, but config.json has linux.seccomp"},
		{[]seccomp.InstalledFilter{own}, nil, false, "1 filters, but config.json has no linux.seccomp"},
		{[]seccomp.InstalledFilter{own}, profile, true, "the filter decides all calls as config.json says (proved)"},
		{[]seccomp.InstalledFilter{other, own}, profile, true, "the oldest filter decides all calls as config.json says (proved)"},
		{[]seccomp.InstalledFilter{own, other}, profile, false, "the oldest filter is not that of config.json: "},
		{[]seccomp.InstalledFilter{{Instructions: other.Instructions[:1]}}, profile, false, "not known whether the filter is that of config.json: "},
	} {
		p := &process{profile: c.profile, installed: c.installed}
		if got := p.compareWithConfig(); got.Equal != c.equal || !strings.HasPrefix(got.Text, c.text) {
			t.Errorf("%d filters: %+v, want %v, %s", len(c.installed), got, c.equal, c.text)
		}
	}
	if text := matchText(&enforced.Match{KillThread: true, UpTo: 456, Negative: true}); text != "; calls of other architectures kill the thread; "+
		"the runtime did not know calls above 456; numbers from 0x80000000 on, which no call has, are left out" {
		t.Error(text)
	}
}

func writeFile(t *testing.T, text string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "file.json")
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}
