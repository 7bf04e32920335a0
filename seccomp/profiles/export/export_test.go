package export

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/opencontainers/runtime-spec/specs-go"

	"github.com/runseal/runseal/seccomp"
	"github.com/runseal/runseal/seccomp/internal/dice"
	"github.com/runseal/runseal/seccomp/profiles"
	"github.com/runseal/runseal/seccomp/profiles/containerd"
	"github.com/runseal/runseal/seccomp/profiles/docker"
)

// same fails the test unless both profiles mean the same on a kernel of this
// architecture.
func same(t *testing.T, what string, native specs.Arch, a, b *specs.LinuxSeccomp) {
	t.Helper()
	var policies [2]*seccomp.Policy
	for i, p := range []*specs.LinuxSeccomp{a, b} {
		var err error
		if policies[i], err = seccomp.NewPolicy(p, seccomp.Options{Native: string(native)}); err != nil {
			t.Fatalf("%s: profile %d: %v", what, i, err)
		}
	}
	r, err := seccomp.Compare(policies[0], policies[1])
	if err != nil {
		t.Fatalf("%s: %v", what, err)
	}
	for _, d := range r.Differences {
		t.Errorf("%s, native %s: %s", what, native, d)
	}
	if !reflect.DeepEqual(a.Flags, b.Flags) || a.ListenerPath != b.ListenerPath || a.ListenerMetadata != b.ListenerMetadata {
		t.Errorf("%s: flags or listener: %q %q, %q %q", what, a.Flags, a.ListenerPath, b.Flags, b.ListenerPath)
	}
}

// holds writes the profile in both formats and reads it again.
func holds(t *testing.T, what string, p *specs.LinuxSeccomp, natives ...specs.Arch) {
	t.Helper()
	text, err := OCI(p)
	if err != nil {
		t.Fatal(err)
	}
	if f := profiles.FormatOf(text); f != profiles.OCI {
		t.Errorf("%s: format %d\n%s", what, f, text)
	}
	back, err := seccomp.ParseProfile(text)
	if err != nil {
		t.Fatalf("%s: %v\n%s", what, err, text)
	}
	for _, native := range natives {
		same(t, what+" as OCI", native, p, back)
	}
	if again, err := OCI(back); err != nil || string(again) != string(text) {
		t.Errorf("%s: written again it is another text, %v", what, err)
	}

	text, err = Docker(p, natives[0])
	if p.Flags != nil && len(p.Flags) == 0 {
		if err == nil || !strings.HasPrefix(err.Error(), "linux.seccomp.flags: an empty list is lost") {
			t.Errorf("%s: no flags in Docker's format: %v", what, err)
		}
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	if f := profiles.FormatOf(text); len(p.Architectures) > 0 && f != profiles.Docker {
		t.Errorf("%s: format %d\n%s", what, f, text)
	}
	for i, native := range natives {
		if i > 0 && !slices.Contains(p.Architectures, native) {
			continue // archMap has no entry for it
		}
		h := docker.Host{}
		if len(p.Architectures) > 0 {
			h.Arch = native
		}
		back, err := docker.Resolve(text, h)
		if err != nil {
			t.Fatalf("%s: %v\n%s", what, err, text)
		}
		same(t, what+" as Docker's", native, p, back)
	}
}

// What is written means what was given, on every kernel that the profile lists.
func TestRealProfiles(t *testing.T) {
	for _, caps := range [][]string{docker.Capabilities(), {"CAP_SYS_ADMIN", "CAP_BPF"}} {
		p, err := docker.Default(docker.Host{Caps: caps, Arch: specs.ArchX86_64})
		if err != nil {
			t.Fatal(err)
		}
		holds(t, "docker", p, specs.ArchX86_64, specs.ArchX86)
		p, err = docker.Default(docker.Host{Caps: caps, Arch: specs.ArchAARCH64, Kernel: "4.4"})
		if err != nil {
			t.Fatal(err)
		}
		holds(t, "docker for aarch64", p, specs.ArchAARCH64, specs.ArchARM)
		if p, err = containerd.Default(docker.Host{Caps: caps}); err != nil {
			t.Fatal(err)
		}
		holds(t, "containerd", p, specs.ArchX86_64)
	}
}

// The formatting does not change unnoticed.
func TestText(t *testing.T) {
	errno, zero := uint(38), uint(0)
	p := &specs.LinuxSeccomp{
		DefaultAction: specs.ActErrno, DefaultErrnoRet: &errno, Architectures: []specs.Arch{specs.ArchX86_64, specs.ArchX32, specs.ArchX86},
		Syscalls: []specs.LinuxSyscall{
			{Names: []string{"read", "<&>"}, Action: specs.ActAllow, Args: []specs.LinuxSeccompArg{}},
			{Names: []string{"socket"}, Action: specs.ActErrno, ErrnoRet: &zero, Args: []specs.LinuxSeccompArg{
				{Index: 1, Value: 1<<64 - 1, Op: specs.OpMaskedEqual}, {Index: 0, Value: 0, ValueTwo: 7, Op: specs.OpEqualTo},
			}},
		},
	}
	const head, archs, archMap, tail = `{
  "defaultAction": "SCMP_ACT_ERRNO",
  "defaultErrnoRet": 38,
`, `  "architectures": [
    "SCMP_ARCH_X86_64",
    "SCMP_ARCH_X32",
    "SCMP_ARCH_X86"
  ],
`, `  "archMap": [
    {
      "architecture": "SCMP_ARCH_X86",
      "subArchitectures": [
        "SCMP_ARCH_X86_64",
        "SCMP_ARCH_X32"
      ]
    },
    {
      "architecture": "SCMP_ARCH_X86_64",
      "subArchitectures": [
        "SCMP_ARCH_X32",
        "SCMP_ARCH_X86"
      ]
    }
  ],
`, `  "syscalls": [
    {
      "names": [
        "read",
        "<&>"
      ],
      "action": "SCMP_ACT_ALLOW"
    },
    {
      "names": [
        "socket"
      ],
      "action": "SCMP_ACT_ERRNO",
      "errnoRet": 0,
      "args": [
        {
          "index": 1,
          "value": 18446744073709551615,
          "valueTwo": 0,
          "op": "SCMP_CMP_MASKED_EQ"
        },
        {
          "index": 0,
          "value": 0,
          "op": "SCMP_CMP_EQ"
        }
      ]
    }
  ]
}
`
	if got, err := OCI(p); err != nil || string(got) != head+archs+tail {
		t.Errorf("%v\n%s", err, got)
	}
	if got, err := Docker(p, specs.ArchX86); err != nil || string(got) != head+archMap+tail {
		t.Errorf("%v\n%s", err, got)
	}
	if _, err := Docker(p, "x86"); err == nil || !strings.Contains(err.Error(), `"x86" as the native architecture of archMap`) {
		t.Errorf("native x86: %v", err)
	}
}

func FuzzRoundTrip(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte{0, 1, 5, 1, 0, 1, 1, 1, 2, 1, 1, 4, 1, 0, 1, 3, 0, 1, 2, 9})
	f.Add(slices.Repeat([]byte{1, 4, 1, 5, 9, 2, 6, 5, 3}, 9))
	f.Fuzz(func(t *testing.T, data []byte) {
		p := dice.New(data).Profile()
		holds(t, "fuzzed", p, specs.ArchX86_64, specs.ArchAARCH64)
	})
}

func TestRandomProfiles(t *testing.T) {
	withFlags, withRules := 0, 0
	for seed := range uint64(150) {
		p := dice.Random(seed, 200).Profile()
		if p.Flags != nil && len(p.Flags) == 0 {
			withFlags++
		}
		withRules += len(p.Syscalls)
		holds(t, "random", p, specs.ArchX86_64, specs.ArchAARCH64)
	}
	if withFlags < 10 || withRules < 300 {
		t.Errorf("only %d profiles with an empty list of flags and %d rules", withFlags, withRules)
	}
}
