package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/opencontainers/runtime-spec/specs-go"

	"github.com/runseal/runseal/seccomp"
	"github.com/runseal/runseal/seccomp/profiles/docker"
	"github.com/runseal/runseal/seccomp/profiles/export"
)

// object is a profile of the operator that names a base if base is not empty.
func object(base string) string {
	s := "apiVersion: security-profiles-operator.x-k8s.io/v1beta1\nkind: SeccompProfile\nmetadata:\n  name: web\nspec:\n"
	if base != "" {
		s += "  baseProfileName: " + base + "\n"
	}
	return s + "  defaultAction: SCMP_ACT_ERRNO\n  syscalls:\n  - action: SCMP_ACT_ALLOW\n    names:\n    - execve\n    - getpid\n"
}

// From every format to every other and back nothing changes.
func TestConvertRoundTrip(t *testing.T) {
	want, err := docker.Default(docker.Host{Caps: []string{"CAP_SYS_PTRACE"}, Arch: specs.ArchX86_64, Kernel: "5.10"})
	if err != nil {
		t.Fatal(err)
	}
	text, err := export.OCI(want)
	if err != nil {
		t.Fatal(err)
	}
	flags := map[string][]string{"oci": nil, "docker": nil, "spo": {"--name", "web"}}
	for first := range flags {
		status, one, stderr := sealctl(string(text), append(append([]string{"convert", "--arch", "x86_64", "--to", first}, flags[first]...), "-")...)
		if status != 0 || stderr != "" {
			t.Fatalf("%s: status %d, %s", first, status, stderr)
		}
		for second := range flags {
			status, two, stderr := sealctl(one, append(append([]string{"convert", "--arch", "x86_64", "--to", second}, flags[second]...), "-")...)
			if status != 0 || stderr != "" {
				t.Fatalf("%s, %s: status %d, %s", first, second, status, stderr)
			}
			status, three, stderr := sealctl(two, "resolve", "--arch", "x86_64", "-")
			got, err := seccomp.ParseProfile([]byte(three))
			if err != nil {
				t.Fatalf("%s, %s: status %d, %v, %s", first, second, status, err, stderr)
			}
			sameMeaning(t, first+" and "+second, "SCMP_ARCH_X86_64", want, got)
		}
	}
}

// An object of the operator is a profile for every verb.
func TestObjects(t *testing.T) {
	status, want, _ := sealctl(small, "compile", "-")
	if status != 0 {
		t.Fatal(status)
	}
	_, asJSON, _ := sealctl(small, "convert", "--to", "spo", "--name", "web", "-o", "json", "-")
	_, asYAML, _ := sealctl(small, "convert", "--to", "spo", "--name", "web", "-")
	if asYAML != object("") || !strings.HasPrefix(asJSON, "{\n  \"apiVersion\": \"security-profiles-operator.x-k8s.io/v1beta1\",\n") {
		t.Errorf("YAML:\n%s\nJSON:\n%s", asYAML, asJSON)
	}
	for _, in := range []string{asJSON, asYAML} {
		if status, got, stderr := sealctl(in, "compile", "-"); status != 0 || got != want || stderr != "" {
			t.Errorf("status %d, another listing\n%s%s", status, got, stderr)
		}
		// The name stays.
		if _, again, _ := sealctl(in, "convert", "--to", "spo", "-"); again != asYAML {
			t.Errorf("converted again:\n%s", again)
		}
	}
	file := filepath.Join(t.TempDir(), "web.yaml")
	if err := os.WriteFile(file, []byte(asYAML), 0o600); err != nil {
		t.Fatal(err)
	}
	if status, stdout, _ := sealctl(small, "diff", file, "-"); status != 0 || !strings.HasSuffix(stdout, "decide all calls alike\n") {
		t.Errorf("status %d, %s", status, stdout)
	}
}

func TestConvertBase(t *testing.T) {
	file := filepath.Join(t.TempDir(), "base.yaml")
	base := strings.NewReplacer("getpid", "getuid", "ERRNO", "KILL").Replace(object(""))
	if err := os.WriteFile(file, []byte(base), 0o600); err != nil {
		t.Fatal(err)
	}
	status, stdout, stderr := sealctl(object("runc"), "convert", "--to", "oci", "--base", file, "-")
	got, err := seccomp.ParseProfile([]byte(stdout))
	if err != nil || status != 0 {
		t.Fatal(status, stderr, err)
	}
	want, err := seccomp.ParseProfile([]byte(strings.Replace(small, `"getpid"`, `"getpid","getuid"`, 1)))
	if err != nil {
		t.Fatal(err)
	}
	sameMeaning(t, "with a base", "", want, got)
	if status, out, stderr := sealctl(object("runc"), "convert", "--to", "spo", "--base", file, "-"); status != 0 || strings.Contains(out, "baseProfileName") {
		t.Errorf("status %d\n%s%s", status, out, stderr)
	}
}

func TestConvertErrors(t *testing.T) {
	const nosys = `{"defaultAction":"SCMP_ACT_ERRNO","defaultErrnoRet":38}`
	const agent = `{"defaultAction":"SCMP_ACT_ALLOW","listenerPath":"/run/agent","syscalls":[{"names":["read"],"action":"SCMP_ACT_NOTIFY"}]}`
	for _, c := range []struct {
		in, args string
		want     string
	}{
		{small, "convert -", "--to: missing, expected one of oci, docker, spo"},
		{small, "convert --to yaml -", `--to "yaml": expected one of oci, docker, spo`},
		{small, "convert --to oci", "convert takes one PROFILE, got 0 arguments"},
		{small, "convert --to oci -o yaml -", `--output "yaml": expected json, or yaml with --to spo`},
		{small, "convert --to docker --name x -", "--name: only an object of --to spo has a name"},
		{small, "convert --to spo -", "--name: missing, expected the metadata.name of the object"},
		{small, "convert --to spo --name Web -", `metadata.name: "Web", expected lower case`},
		{nosys, "convert --to spo --name web -", "linux.seccomp.defaultErrnoRet: 38, but a SeccompProfile object has no such member"},
		{`{"defaultAction":"SCMP_ACT_ALLOW","flags":[]}`, "convert --to docker -", "linux.seccomp.flags: an empty list is lost"},
		{`{"defaultAction":"SCMP_ACT_DENY"}`, "convert --to oci -", `linux.seccomp.defaultAction: "SCMP_ACT_DENY"`},
		{object("runc"), "list -", `standard input: spec.baseProfileName: "runc" is known to the cluster only`},
		{object("runc"), "convert --to oci --base - -", "at most one profile from standard input"},
		{object("runc"), "convert --to oci --base /nonexistent/profile -", "--base: open /nonexistent/profile: no such file"},
		{object("runc"), "convert --to oci --base unconfined -", "--base: seccomp profile \"unconfined\": no filter at all"},
		{object(""), "convert --to oci --base docker/default -", "--base: only a SeccompProfile object with spec.baseProfileName"},
		{small, "convert --to oci --base docker/default -", "--base: only a SeccompProfile object with spec.baseProfileName"},
		{small, "convert --to oci --base docker/default docker/default", "--base: only a SeccompProfile object"},
		{strings.Replace(object(""), "names:", "nmaes:", 1), "list -", "standard input: spec.syscalls[0].nmaes: unknown field"},
		{strings.Replace(object(""), "SeccompProfile", "Pod", 1), "list -", `standard input: kind: "Pod", expected "SeccompProfile"`},
		{"defaultAction: SCMP_ACT_LOG\n", "list -", "standard input: line 1, column 1: "},
	} {
		status, stdout, stderr := sealctl(c.in, strings.Fields(c.args)...)
		if status != 1 || stdout != "" || !strings.Contains(stderr, c.want) || strings.Count(stderr, "\n") != 1 {
			t.Errorf("%s: status %d, stdout %q, stderr %q, want %q", c.args, status, stdout, stderr, c.want)
		}
	}
	status, stdout, stderr := sealctl(agent, "convert", "--to", "spo", "--name", "web", "-")
	if status != 0 || !strings.Contains(stdout, "listenerPath: /run/agent\n") || !strings.HasPrefix(stderr, "sealctl: warning: linux.seccomp.listenerPath:") {
		t.Errorf("status %d\n%s%s", status, stdout, stderr)
	}
}
