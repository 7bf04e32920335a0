package main

import (
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/opencontainers/runtime-spec/specs-go"

	"github.com/runseal/runseal/seccomp"
	"github.com/runseal/runseal/seccomp/profiles"
	"github.com/runseal/runseal/seccomp/profiles/containerd"
	"github.com/runseal/runseal/seccomp/profiles/docker"
)

// sameMeaning fails the test unless two profiles decide all calls alike on a kernel of
// this architecture, and have the same flags and listener.
func sameMeaning(t *testing.T, what, native string, a, b *specs.LinuxSeccomp) {
	t.Helper()
	var policies [2]*seccomp.Policy
	for i, p := range []*specs.LinuxSeccomp{a, b} {
		var err error
		if policies[i], err = seccomp.NewPolicy(p, seccomp.Options{Native: native}); err != nil {
			t.Fatalf("%s: %v", what, err)
		}
	}
	r, err := seccomp.Compare(policies[0], policies[1])
	if err != nil {
		t.Fatalf("%s: %v", what, err)
	}
	for _, d := range r.Differences {
		t.Errorf("%s: %s", what, d)
	}
	if !reflect.DeepEqual(a.Flags, b.Flags) || a.ListenerPath != b.ListenerPath || a.ListenerMetadata != b.ListenerMetadata {
		t.Errorf("%s: flags or listener differ: %v, %v", what, a, b)
	}
}

// What resolve prints is a profile that means what the input means for the host.
func TestResolveMeaning(t *testing.T) {
	for _, caps := range [][]string{nil, {""}, {"CAP_SYS_ADMIN"}, {"CAP_SYS_PTRACE", "CAP_BPF"}} {
		for _, arch := range []string{"", "x86_64", "SCMP_ARCH_AARCH64", "s390x"} {
			for _, kernel := range []string{"", "4.7", "6.1.0-13-amd64"} {
				h := docker.Host{Caps: docker.Capabilities(), Kernel: kernel}
				args := []string{"resolve"}
				for _, c := range caps {
					args = append(args, "--cap", c)
				}
				if caps != nil {
					h.Caps = caps
				}
				native := "SCMP_ARCH_X86_64"
				if arch != "" {
					args = append(args, "--arch", arch)
					native = "SCMP_ARCH_" + strings.ToUpper(strings.TrimPrefix(arch, "SCMP_ARCH_"))
					h.Arch = specs.Arch(native)
				}
				if kernel != "" {
					args = append(args, "--kernel", kernel)
				}
				args = append(args, "docker/default")
				want, err := docker.Default(h)
				if err != nil {
					t.Fatal(err)
				}
				// s390 has no system call table here.
				if i := slices.Index(want.Architectures, specs.ArchS390); i >= 0 {
					want.Architectures = slices.Delete(want.Architectures, i, i+1)
				}
				status, stdout, stderr := sealctl("", args...)
				if status != 0 || stderr != "" {
					t.Fatalf("%v: status %d, %s", args, status, stderr)
				}
				got, err := seccomp.ParseProfile([]byte(stdout))
				if err != nil {
					t.Fatalf("%v: %v", args, err)
				}
				got.Architectures = slices.DeleteFunc(got.Architectures, func(a specs.Arch) bool { return a == specs.ArchS390 })
				sameMeaning(t, strings.Join(args, " "), native, want, got)
			}
		}
	}
}

// Names, files of both formats and config.json; and the text is the same each time.
func TestResolveInputs(t *testing.T) {
	want, err := containerd.Default(docker.Host{Caps: []string{"CAP_SYS_ADMIN"}})
	if err != nil {
		t.Fatal(err)
	}
	_, first, stderr := sealctl("", "resolve", "--cap", "CAP_SYS_ADMIN", "containerd/default")
	got, err := seccomp.ParseProfile([]byte(first))
	if err != nil {
		t.Fatal(err, stderr)
	}
	sameMeaning(t, "containerd/default", "", want, got)
	file := filepath.Join(t.TempDir(), "resolved.json")
	if err := os.WriteFile(file, []byte(first), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, again, stderr := sealctl("", "resolve", file); again != first || stderr != "" {
		t.Errorf("resolved again it is another text: %s%s", again, stderr)
	}

	const plain = "{\n  \"defaultAction\": \"SCMP_ACT_ERRNO\",\n  \"flags\": [],\n  \"syscalls\": [\n    {\n      \"names\": [\n        \"execve\",\n" +
		"        \"getpid\"\n      ],\n      \"action\": \"SCMP_ACT_ALLOW\"\n    }\n  ]\n}\n"
	none := strings.Replace(small, `"syscalls"`, `"flags":[],"syscalls"`, 1)
	for name, in := range map[string]string{
		"specification": none,
		"config.json":   `{"ociVersion":"1.0.2","linux":{"seccomp":` + none + `}}`,
		"docker": strings.Replace(none, `"syscalls":[`, `"syscalls":[{"names":["mount"],"action":"SCMP_ACT_ALLOW","includes":{"minKernel":"6.0"}},
			{"names":["bpf"],"action":"SCMP_ACT_ALLOW","includes":{"caps":["CAP_BPF"]}},`, 1),
	} {
		if status, stdout, stderr := sealctl(in, "resolve", "--kernel", "5.19", "-"); status != 0 || stdout != plain || stderr != "" {
			t.Errorf("%s: status %d\n%s%s", name, status, stdout, stderr)
		}
	}
}

// --kernel and --cap count for every verb that reads a profile.
func TestHostFlags(t *testing.T) {
	const in = `{"defaultAction":"SCMP_ACT_ERRNO","syscalls":[{"names":["execve"],"action":"SCMP_ACT_ALLOW"},
		{"names":["ptrace"],"action":"SCMP_ACT_ALLOW","includes":{"minKernel":"4.8","caps":["CAP_CHOWN"]}}]}`
	for _, c := range []struct {
		args string
		want bool
	}{
		{"--kernel 4.8", true}, {"--kernel 4.7", false}, {"--kernel 5.0 --cap CAP_KILL", false}, {"--kernel 5.0 --cap CAP_CHOWN", true},
	} {
		args := append(append([]string{"explain", "--arch", "x86_64"}, strings.Fields(c.args)...), "-", "ptrace")
		status, stdout, stderr := sealctl(in, args...)
		if status != 0 || strings.Contains(stdout, "SCMP_ACT_ALLOW") != c.want {
			t.Errorf("%s: status %d\n%s%s", c.args, status, stdout, stderr)
		}
	}
}

func TestResolveErrors(t *testing.T) {
	for _, c := range []struct {
		args   string
		status int
		want   string
	}{
		{"resolve", 1, "resolve takes one PROFILE, got 0 arguments"},
		{"resolve --arch i386 -", 1, `--arch "i386": expected one of SCMP_ARCH_`},
		{"resolve --arch aarch64 containerd/default", 1, `architecture "SCMP_ARCH_AARCH64": containerd's profile can only be made for`},
		{"resolve --kernel six -", 1, `--kernel: kernel version "six": expected one such as 6.1`},
		{"resolve --cap SYS_ADMIN -", 1, `--cap "SYS_ADMIN": expected a capability such as CAP_SYS_ADMIN`},
		{"diff --kernel six - docker/default", 2, `--kernel: kernel version "six"`},
		{"resolve unconfined", 1, "no filter at all"},
		{"resolve --bogus -", 1, "bogus"},
	} {
		status, stdout, stderr := sealctl(small, strings.Fields(c.args)...)
		if status != c.status || stdout != "" || !strings.Contains(stderr, c.want) || strings.Count(stderr, "\n") != 1 {
			t.Errorf("%s: status %d, stdout %q, stderr %q, want %d and %q", c.args, status, stdout, stderr, c.status, c.want)
		}
	}
	if _, err := profiles.Load(containerd.Name, profiles.Options{}); err == nil {
		t.Error("package profiles has containerd's profile by itself")
	}
}

// Docker's profile is resolved for this machine: what it says of others is not what they
// do, and said so, with the way that works.
func TestArchOfResolved(t *testing.T) {
	const warning = "sealctl: warning: PROFILE: resolved for this machine, and so without SCMP_ARCH_AARCH64"
	docker := strings.Replace(small, "{", `{"archMap":[{"architecture":"SCMP_ARCH_X86_64","subArchitectures":["SCMP_ARCH_X86"]}],`, 1)
	root := t.TempDir()
	for name, text := range map[string]string{"docker.json": docker, "oci.json": small} {
		if err := os.WriteFile(filepath.Join(root, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct{ verb, profile, want string }{
		{"explain --arch aarch64 PROFILE newfstatat", "docker/default", warning + "; for a machine that has it: sealctl resolve --arch aarch64 docker/default | sealctl explain --arch aarch64 -\n"},
		{"list --arch aarch64 --arch x86 PROFILE", "-", warning + "; for a machine that has it: sealctl resolve --arch aarch64 FILE | sealctl list --arch aarch64 -\n"},
		{"report --arch aarch64 PROFILE", "localhost/docker.json", warning + "; for a machine that has it: sealctl resolve --arch aarch64 localhost/docker.json | sealctl report --arch aarch64 -\n"},
		{"explain --arch aarch64 PROFILE read", "containerd/default", warning + "\n"},
		{"list --arch s390x --arch aarch64 PROFILE", "docker/default", strings.Replace(warning, "AARCH64", "S390X, SCMP_ARCH_AARCH64", 1) +
			"; for a machine that has it: sealctl resolve --arch s390x docker/default | sealctl list --arch s390x -\n"},
		{"list --arch aarch64 PROFILE", "localhost/oci.json", ""},
		{"list --arch x86 PROFILE", "docker/default", ""},
	} {
		args := strings.Fields(strings.ReplaceAll(c.verb, "PROFILE", c.profile))
		status, _, stderr := sealctl(docker, append([]string{args[0], "--seccomp-profile-root", root}, args[1:]...)...)
		if want := strings.ReplaceAll(c.want, "PROFILE", called(c.profile)); status != 0 || stderr != want {
			t.Errorf("%s: status %d, %s, want %s", c.verb, status, stderr, want)
		}
	}
	_, resolved, _ := sealctl("", "resolve", "--arch", "aarch64", "docker/default")
	if _, stdout, stderr := sealctl(resolved, "explain", "--arch", "aarch64", "-", "newfstatat"); stderr != "" || !strings.Contains(stdout, "SCMP_ACT_ALLOW") {
		t.Errorf("%s%s", stdout, stderr)
	}
}
