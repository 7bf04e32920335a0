package seccomp

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"slices"
	"testing"

	moby "github.com/moby/profiles/seccomp"
	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/seccomp/arch"
	"github.com/runseal/runseal/seccomp/bpf"
	"github.com/runseal/runseal/seccomp/profiles/docker"
)

var x86Archs = []specs.Arch{specs.ArchX86_64, specs.ArchX86, specs.ArchX32}

// containersProfile is what Debian's golang-github-containers-common installs
// for podman and CRI-O.
const containersProfile = "/usr/share/containers/seccomp.json"

// realProfiles returns the profiles that engines use today, for the three x86
// architectures, with few and with many capabilities.
func realProfiles(t testing.TB) map[string]*specs.LinuxSeccomp {
	all := append(docker.Capabilities(), "CAP_SYS_ADMIN", "CAP_SYS_PTRACE", "CAP_BPF", "CAP_PERFMON", "CAP_SYSLOG",
		"CAP_SYS_MODULE", "CAP_SYS_TIME", "CAP_SYS_NICE", "CAP_DAC_READ_SEARCH", "CAP_SYS_RAWIO")
	out := map[string]*specs.LinuxSeccomp{}
	for name, caps := range map[string][]string{"": docker.Capabilities(), "-all": all} {
		p, err := docker.Default(docker.Host{Caps: caps})
		if err != nil {
			t.Fatal(err)
		}
		out["docker"+name] = p
		data, err := os.ReadFile("testdata/containerd" + name + ".json")
		if err != nil {
			t.Fatal(err)
		}
		out["containerd"+name] = parse(t, string(data))
		data, err = os.ReadFile(containersProfile)
		if errors.Is(err, fs.ErrNotExist) {
			continue // TestRealProfilesAgree says so
		} else if err != nil {
			t.Fatal(err)
		}
		if out["containers"+name], err = docker.Resolve(data, docker.Host{Caps: caps}); err != nil {
			t.Fatal(err)
		}
	}
	for _, p := range out {
		p.Architectures = x86Archs
	}
	return out
}

func TestRealProfilesAgree(t *testing.T) {
	limits := map[string]int{"docker": 265, "containerd": 265, "containers": 325}
	all := realProfiles(t)
	if all["containers"] == nil {
		t.Run("containers", func(t *testing.T) {
			t.Skipf("podman's and CRI-O's profile is not covered: no %s (Debian package golang-github-containers-common)", containersProfile)
		})
	}
	for name, profile := range all {
		t.Run(name, func(t *testing.T) {
			for _, native := range []string{"SCMP_ARCH_X86_64", "SCMP_ARCH_AARCH64"} {
				p, err := NewPolicy(profile, Options{Native: native})
				if err != nil {
					t.Fatal(err)
				}
				f, calls := agree(t, p)
				if calls < 5000 {
					t.Errorf("only %d calls compared", calls)
				}
				if native != "SCMP_ARCH_X86_64" {
					continue
				}
				t.Logf("%d instructions, %d calls compared", len(f.Instructions), calls)
				if limit, ok := limits[name]; ok && len(f.Instructions) > limit {
					t.Errorf("%d instructions, expected at most %d", len(f.Instructions), limit)
				}
				if len(f.Warnings) != 0 {
					t.Errorf("warnings about a distributed profile: %q", f.Warnings)
				}
				if err := p.AllowsExecve(); err != nil {
					t.Error(err)
				}
			}
		})
	}
}

// TestEveryArchitecture compiles Docker's profile for each architecture as the
// kernel's, together with those that Docker lists for such a kernel, and all of
// them in one filter.
func TestEveryArchitecture(t *testing.T) {
	profile := realProfiles(t)["docker"]
	subs := map[specs.Arch][]specs.Arch{}
	for _, m := range moby.DefaultProfile().ArchMap {
		subs[m.Arch] = m.SubArches
	}
	var all []specs.Arch
	for i := range arch.All() {
		native := specs.Arch(arch.All()[i].Scmp)
		all = append(all, native)
		t.Run(string(native), func(t *testing.T) {
			p := *profile
			p.Architectures = slices.DeleteFunc(slices.Clone(subs[native]), func(a specs.Arch) bool { return arch.Untabled(string(a)) })
			for _, ints := range []bool{false, true} {
				policy, err := NewPolicy(&p, Options{Native: string(native), IntArgs: ints})
				if err != nil {
					t.Fatal(err)
				}
				f, _ := agree(t, policy)
				if err := policy.AllowsExecve(); err != nil {
					t.Error(err)
				}
				checkSteps(t, f, &arch.All()[i])
				t.Logf("with %v: %d instructions", p.Architectures, len(f.Instructions))
			}
		})
	}
	p := *profile
	p.Architectures = all
	policy, err := NewPolicy(&p, Options{Native: "SCMP_ARCH_S390X"})
	if err != nil {
		t.Fatal(err)
	}
	f, _ := agree(t, policy)
	if len(f.Instructions) > 1200 {
		t.Errorf("%d instructions for all architectures, expected at most 1200", len(f.Instructions))
	}
}

// checkSteps holds that calls are found in few steps, also where numbers do not
// start at 0 or where some lie far from the others.
func checkSteps(t *testing.T, f *Filter, a *arch.Arch) {
	t.Helper()
	vm, err := bpf.NewVM(f.Instructions)
	if err != nil {
		t.Fatal(err)
	}
	sum, n := 0, 0
	for nr := a.Base; nr <= a.Dense; nr++ {
		_, steps := vm.Trace(&bpf.Data{Nr: nr, Arch: a.Audit}, nil)
		sum, n = sum+steps, n+1
	}
	if mean := float64(sum) / float64(n); mean > 12 {
		t.Errorf("%s: %.1f instructions for a call, expected at most 12", a.Scmp, mean)
	}
}

// TestAllowReadsNoArgument holds the kernel's condition for skipping the filter
// (seccomp_is_const_allow): on the way to ALLOW only number and architecture
// are read.
func TestAllowReadsNoArgument(t *testing.T) {
	for name, profile := range realProfiles(t) {
		p, f := compiled(t, profile, Options{Native: "SCMP_ARCH_X86_64"})
		vm, err := bpf.NewVM(f.Instructions)
		if err != nil {
			t.Fatal(err)
		}
		constant, longest := 0, 0
		for _, audit := range []uint32{unix.AUDIT_ARCH_X86_64, unix.AUDIT_ARCH_I386} {
			for _, nr := range testNumbers(audit, p) {
				tab := p.table(audit, nr)
				if tab == nil || slices.ContainsFunc(tab.rules, func(r rule) bool { return r.nr == nr && r.list != 0 }) {
					continue
				}
				d := bpf.Data{Nr: nr, Arch: audit}
				ret, steps := vm.Trace(&d, func(pc int) {
					ins := f.Instructions[pc]
					if ins.Op == 0x20 && ins.K > bpf.OffArch {
						t.Fatalf("%s: arch %#x nr %d reads offset %d at %d\n%s", name, audit, nr, ins.K, pc, f.Disassemble())
					}
				})
				longest = max(longest, steps)
				if Action(ret) == Allow {
					constant++
				}
			}
		}
		if constant < 500 {
			t.Errorf("%s: only %d calls are always allowed", name, constant)
		}
		if longest > 20 {
			t.Errorf("%s: %d instructions for a call without conditions, expected at most 20", name, longest)
		}
	}
}

// BenchmarkCompile reports, next to the time, the length of the program and the
// mean and largest number of instructions executed for x86_64 calls 0 to 470.
func BenchmarkCompile(b *testing.B) {
	for name, profile := range realProfiles(b) {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			var f *Filter
			for b.Loop() {
				var err error
				if f, err = Compile(profile, Options{}); err != nil {
					b.Fatal(err)
				}
			}
			vm, err := bpf.NewVM(f.Instructions)
			if err != nil {
				b.Fatal(err)
			}
			sum, most := 0, 0
			for nr := range uint32(471) {
				_, steps := vm.Trace(&bpf.Data{Nr: nr, Arch: unix.AUDIT_ARCH_X86_64}, nil)
				sum, most = sum+steps, max(most, steps)
			}
			b.ReportMetric(float64(len(f.Instructions)), "instructions")
			b.ReportMetric(float64(sum)/471, "steps/call")
			b.ReportMetric(float64(most), "maxsteps")
		})
	}
}

// parse decodes a profile of a test.
func parse(t testing.TB, src string) *specs.LinuxSeccomp {
	t.Helper()
	var p specs.LinuxSeccomp
	if err := json.Unmarshal([]byte(src), &p); err != nil {
		t.Fatal(err)
	}
	return &p
}

// Under the profiles of engines a call that is newer gets ENOSYS on each architecture,
// although they name arm's private calls, whose numbers are larger than all others.
func TestNewerCallsOfRealProfiles(t *testing.T) {
	for name, profile := range realProfiles(t) {
		for _, native := range everyArch() {
			profile.Architectures = []specs.Arch{native}
			p, err := NewPolicy(profile, Options{Native: string(native)})
			if err != nil {
				t.Fatal(err)
			}
			a := p.tables[0].arch
			if got := p.Decide(a.Audit, a.Dense+1, [6]uint64{}); got != Errno(uint16(unix.ENOSYS)) {
				t.Errorf("%s: call %d of %s: %s, want ENOSYS", name, a.Dense+1, native, got)
			}
		}
	}
}
