package containerd

import (
	"os"
	"reflect"
	"runtime"
	"strings"
	"testing"

	contrib "github.com/containerd/containerd/v2/contrib/seccomp"
	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/seccomp"
	"github.com/runseal/runseal/seccomp/arch"
	"github.com/runseal/runseal/seccomp/profiles"
	"github.com/runseal/runseal/seccomp/profiles/docker"
)

func policy(t *testing.T, p *specs.LinuxSeccomp) *seccomp.Policy {
	t.Helper()
	q, err := seccomp.NewPolicy(p, seccomp.Options{Strict: true})
	if err != nil {
		t.Fatal(err)
	}
	return q
}

func equal(t *testing.T, what string, a, b *specs.LinuxSeccomp) {
	t.Helper()
	r, err := seccomp.Compare(policy(t, a), policy(t, b))
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range r.Differences {
		t.Errorf("%s: %s", what, d)
	}
}

var many = append(docker.Capabilities(), "CAP_SYS_ADMIN", "CAP_SYS_PTRACE", "CAP_BPF", "CAP_PERFMON", "CAP_SYSLOG",
	"CAP_SYS_MODULE", "CAP_SYS_TIME", "CAP_SYS_NICE", "CAP_DAC_READ_SEARCH", "CAP_SYS_RAWIO")

// The profile is what the module's function gives, by name too.
func TestDefault(t *testing.T) {
	for _, caps := range [][]string{nil, docker.Capabilities(), {"CAP_SYS_BOOT"}, many} {
		sp := &specs.Spec{Process: &specs.Process{Capabilities: &specs.LinuxCapabilities{Bounding: caps}}}
		h := docker.Host{Caps: caps}
		got, err := Default(h)
		if err != nil {
			t.Fatal(err)
		}
		equal(t, strings.Join(caps, " "), got, contrib.DefaultProfile(sp))
		named, err := profiles.Load(Name, profiles.Options{Host: h, Extra: map[string]profiles.Loader{Name: Default}})
		if err != nil || !reflect.DeepEqual(named, got) {
			t.Errorf("by name: another profile, %v", err)
		}
	}
}

// The copies that the tests of package seccomp work with are of the same version.
func TestTestData(t *testing.T) {
	if runtime.GOARCH != "amd64" {
		t.Skip("the copies in seccomp/testdata are for amd64")
	}
	for file, caps := range map[string][]string{"containerd.json": docker.Capabilities(), "containerd-all.json": many} {
		text, err := os.ReadFile("../../testdata/" + file)
		if err != nil {
			t.Fatal(err)
		}
		want, err := seccomp.ParseProfile(text)
		if err != nil {
			t.Fatal(err)
		}
		got, err := Default(docker.Host{Caps: caps})
		if err != nil {
			t.Fatal(err)
		}
		equal(t, file, got, want)
	}
}

// What the module decides by this machine cannot be asked for.
func TestOtherHosts(t *testing.T) {
	var uts unix.Utsname
	if err := unix.Uname(&uts); err != nil {
		t.Fatal(err)
	}
	release := unix.ByteSliceToString(uts.Release[:])
	if _, err := Default(docker.Host{Kernel: release, Arch: arch.Native}); err != nil {
		t.Errorf("this machine, by name: %v", err)
	}
	other := specs.ArchAARCH64
	if arch.Native == other {
		other = specs.ArchX86_64
	}
	for want, h := range map[string]docker.Host{
		"for the one that this program was built for":                      {Arch: other},
		"for the running kernel, expected its version or none":             {Kernel: "2.6"},
		`kernel version "six": expected one such as 6.1`:                   {Kernel: "six"},
		`architecture "x86_64": containerd's profile can only be made for`: {Arch: "x86_64"},
	} {
		if p, err := Default(h); p != nil || err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v, %v, want %s", h, p, err, want)
		}
	}
}
