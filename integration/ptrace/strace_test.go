package ptrace

import (
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/integration/internal/box"
	"github.com/runseal/runseal/seccomp"
	"github.com/runseal/runseal/seccomp/arch"
	"github.com/runseal/runseal/seccomp/profiles"
	"github.com/runseal/runseal/seccomp/profiles/docker"
)

// tracing is a box whose process is strace of a shell that ends with status 7.
func tracing(t *testing.T) *box.Box {
	t.Helper()
	path, err := exec.LookPath("strace")
	if err != nil {
		t.Skip("strace is not installed here (Debian: apt-get install strace)")
	}
	if path, err = filepath.EvalSymlinks(path); err != nil {
		t.Fatal(err)
	}
	b := box.New(t, path, "-f", "-e", "trace=execve,exit_group", "/bin/sh", "-c", "exit 7")
	// The directories of strace and its libraries; where /lib is a link to /usr/lib
	// what it names is mounted there again.
	for _, dir := range []string{"/usr", "/lib", "/lib64"} {
		if real, err := filepath.EvalSymlinks(dir); err == nil {
			b.Mount("bind", real, dir, "rbind,ro")
		}
	}
	return b
}

// decided is what a policy does with ptrace(PTRACE_TRACEME), which is the call by which
// strace's child asks to be traced.
func decided(t *testing.T, profile *specs.LinuxSeccomp) seccomp.Action {
	t.Helper()
	policy, err := seccomp.NewPolicy(profile, seccomp.Options{})
	if err != nil {
		t.Fatal(err)
	}
	native := arch.Lookup(arch.Native)
	nr, ok := native.Number("ptrace")
	if !ok {
		t.Fatalf("%s has no ptrace", native.Scmp)
	}
	return policy.Decide(native.Audit, nr, [6]uint64{unix.PTRACE_TRACEME})
}

// expect runs the box and compares with the action for ptrace.
func expect(t *testing.T, b *box.Box, action seccomp.Action) {
	t.Helper()
	r := b.Run()
	if action == seccomp.Allow {
		for _, line := range []string{`execve("/bin/sh", ["/bin/sh", "-c", "exit 7"]`, "exit_group(7)", "+++ exited with 7 +++"} {
			if !strings.Contains(r.Stderr, line) {
				t.Errorf("strace has not seen %s: %s", line, r.Stderr)
			}
		}
		if r.Status != 7 {
			t.Errorf("exit status %d, expected the traced program's, 7", r.Status)
		}
		return
	}
	errno := unix.Errno(action.Data())
	text := map[unix.Errno]string{unix.EPERM: "Operation not permitted", unix.ENOSYS: "Function not implemented"}[errno]
	if action != seccomp.Errno(uint16(errno)) || text == "" {
		t.Fatalf("ptrace: %s, expected SCMP_ACT_ALLOW or SCMP_ACT_ERRNO with EPERM or ENOSYS", action)
	}
	if want := "PTRACE_TRACEME, ...): " + text; r.Status == 0 || r.Status == 7 || !strings.Contains(r.Stderr, want) {
		t.Errorf("exit status %d, stderr %q, expected a failure with %q", r.Status, r.Stderr, want)
	}
	if strings.Contains(r.Stderr, "exit_group(7)") {
		t.Errorf("the program was traced: %s", r.Stderr)
	}
}

func TestStrace(t *testing.T) {
	const eperm = seccomp.Action(unix.SECCOMP_RET_ERRNO | uint32(unix.EPERM))
	for _, c := range []struct {
		name   string
		kernel string // "": the running one
		caps   []string
		want   seccomp.Action
	}{
		{"this kernel", "", nil, seccomp.Allow},
		{"this kernel, CAP_SYS_PTRACE", "", []string{"CAP_SYS_PTRACE"}, seccomp.Allow},
		{"4.8", "4.8", nil, seccomp.Allow},
		{"4.7", "4.7", nil, eperm},
		{"4.7, CAP_SYS_PTRACE", "4.7", []string{"CAP_SYS_PTRACE"}, seccomp.Allow},
		{"4.7, CAP_SYS_ADMIN", "4.7", []string{"CAP_SYS_ADMIN"}, eperm}, // another capability is not enough
	} {
		t.Run(c.name, func(t *testing.T) {
			b := tracing(t)
			caps := append(docker.Capabilities(), c.caps...)
			profile, err := profiles.Load("runtime/default", profiles.Options{Host: docker.Host{Caps: caps, Kernel: c.kernel}})
			if err != nil {
				t.Fatal(err)
			}
			if got := decided(t, profile); got != c.want {
				t.Fatalf("ptrace: the policy decides %s, expected %s", got, c.want)
			}
			b.Spec.Process.Capabilities = box.Capabilities(caps...)
			b.Spec.Linux.Seccomp = profile
			expect(t, b, c.want)
		})
	}
}

// The capabilities of the process do not matter for its own children, only those for
// which the profile was resolved.
func TestStraceAsUser(t *testing.T) {
	for _, kernel := range []string{"4.8", "4.7"} {
		b := tracing(t)
		profile, err := docker.Default(docker.Host{Kernel: kernel})
		if err != nil {
			t.Fatal(err)
		}
		b.Spec.Process.User = specs.User{UID: 1000, GID: 1000}
		b.Spec.Process.Capabilities = box.Capabilities()
		b.Spec.Linux.Seccomp = profile
		expect(t, b, decided(t, profile))
	}
}

// An entry in front of Docker's refuses ptrace with an errno of its own.
func TestStraceRefused(t *testing.T) {
	b := tracing(t)
	profile, err := docker.Default(docker.Host{Caps: docker.Capabilities()})
	if err != nil {
		t.Fatal(err)
	}
	profile.Syscalls = slices.Insert(profile.Syscalls, 0, box.Errno(uint(unix.ENOSYS), "ptrace"))
	b.Spec.Linux.Seccomp = profile
	action := decided(t, profile)
	if action != seccomp.Errno(uint16(unix.ENOSYS)) {
		t.Errorf("ptrace: the policy decides %s", action)
	}
	expect(t, b, action)
}

// Without a filter strace works, so it is the profile that refuses it.
func TestStraceUnconfined(t *testing.T) {
	b := tracing(t)
	b.Spec.Linux.Seccomp = nil
	expect(t, b, seccomp.Allow)
}
