package docker

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"reflect"
	"slices"
	"testing"

	moby "github.com/moby/profiles/seccomp"
	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/seccomp/arch"
)

var manyCaps = append(Capabilities(), "CAP_SYS_ADMIN", "CAP_SYS_PTRACE", "CAP_BPF", "CAP_PERFMON", "CAP_SYSLOG")

// actionOf returns the action of the first entry without args for the call.
func actionOf(p *specs.LinuxSeccomp, name string) specs.LinuxSeccompAction {
	for _, s := range p.Syscalls {
		if len(s.Args) == 0 && slices.Contains(s.Names, name) {
			return s.Action
		}
	}
	return p.DefaultAction
}

func defaultFor(t *testing.T, h Host) *specs.LinuxSeccomp {
	t.Helper()
	p, err := Default(h)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestDefault(t *testing.T) {
	few := defaultFor(t, Host{Caps: Capabilities()})
	if few.DefaultAction != specs.ActErrno || len(few.Architectures) == 0 {
		t.Errorf("default %s, architectures %v", few.DefaultAction, few.Architectures)
	}
	for call, want := range map[string]specs.LinuxSeccompAction{"execve": specs.ActAllow, "chroot": specs.ActAllow,
		"mount": specs.ActErrno, "bpf": specs.ActErrno} {
		if got := actionOf(few, call); got != want {
			t.Errorf("%s: %s, want %s", call, got, want)
		}
	}
	many := defaultFor(t, Host{Caps: []string{"CAP_SYS_ADMIN"}})
	if actionOf(many, "mount") != specs.ActAllow || actionOf(many, "chroot") != specs.ActErrno {
		t.Error("the capabilities are not followed")
	}
	// Each call returns a profile of its own.
	few.Syscalls[0].Names[0] = "spoilt"
	if again := defaultFor(t, Host{Caps: Capabilities()}); again.Syscalls[0].Names[0] == "spoilt" {
		t.Error("two results share memory")
	}
}

// ptrace is allowed from Linux 4.8 on, where it no longer passes by the filter, or
// with the capability.
func TestDefaultKernel(t *testing.T) {
	for _, c := range []struct {
		kernel string
		caps   []string
		want   specs.LinuxSeccompAction
	}{
		{"4.7.10-generic", nil, specs.ActErrno},
		{"4.8", nil, specs.ActAllow},
		{"4.10-rc1", nil, specs.ActAllow},
		{"3.19", []string{"CAP_SYS_PTRACE"}, specs.ActAllow},
		{"6.1.0-13-amd64", nil, specs.ActAllow},
	} {
		if got := actionOf(defaultFor(t, Host{Kernel: c.kernel, Caps: c.caps}), "ptrace"); got != c.want {
			t.Errorf("%s %v: %s, want %s", c.kernel, c.caps, got, c.want)
		}
	}
}

func TestDefaultArch(t *testing.T) {
	if isMIPS(arch.Native) {
		t.Skip("the errno numbers of other architectures are not known on mips")
	}
	for a, want := range map[specs.Arch]struct {
		archs         []specs.Arch
		allow, forbid string
	}{
		specs.ArchX86_64:      {[]specs.Arch{specs.ArchX86_64, specs.ArchX86, specs.ArchX32}, "arch_prctl", "riscv_flush_icache"},
		specs.ArchAARCH64:     {[]specs.Arch{specs.ArchAARCH64, specs.ArchARM}, "cacheflush", "arch_prctl"},
		specs.ArchS390X:       {[]specs.Arch{specs.ArchS390X, specs.ArchS390}, "s390_pci_mmio_read", "arch_prctl"},
		specs.ArchRISCV64:     {[]specs.Arch{specs.ArchRISCV64}, "riscv_flush_icache", "modify_ldt"},
		specs.ArchLOONGARCH64: {[]specs.Arch{specs.ArchLOONGARCH64}, "read", "modify_ldt"},
		specs.ArchPPC64LE:     {[]specs.Arch{specs.ArchPPC64LE}, "swapcontext", "arch_prctl"}, // not in archMap
	} {
		p := defaultFor(t, Host{Arch: a})
		if !slices.Equal(p.Architectures, want.archs) {
			t.Errorf("%s: architectures %v, want %v", a, p.Architectures, want.archs)
		}
		if actionOf(p, want.allow) != specs.ActAllow || actionOf(p, want.forbid) != specs.ActErrno {
			t.Errorf("%s: %s %s, %s %s", a, want.allow, actionOf(p, want.allow), want.forbid, actionOf(p, want.forbid))
		}
	}
}

func TestHostErrors(t *testing.T) {
	for _, c := range []struct {
		host Host
		want string
	}{
		{Host{Arch: "amd64"}, `architecture "amd64": unknown, expected one such as SCMP_ARCH_X86_64`},
		{Host{Kernel: "6"}, `kernel version "6": expected one such as 6.1 or 6.1.0-13-amd64`},
		{Host{Kernel: "6.x"}, `kernel version "6.x": expected one such as 6.1 or 6.1.0-13-amd64`},
		{Host{Kernel: "v6.1"}, `kernel version "v6.1": expected one such as 6.1 or 6.1.0-13-amd64`},
	} {
		if _, err := Resolve([]byte(`{"defaultAction":"SCMP_ACT_LOG"}`), c.host); err == nil || err.Error() != c.want {
			t.Errorf("%+v: %v, want %s", c.host, err, c.want)
		}
		if _, err := Default(c.host); err == nil || err.Error() != "docker's default seccomp profile: "+c.want {
			t.Errorf("%+v: %v, want %s", c.host, err, c.want)
		}
	}
	if isMIPS(arch.Native) {
		return // the case below is the native one there
	}
	want := `architecture "SCMP_ARCH_MIPS": the numbers of its errnos are not known on ` + arch.Native
	if err := (Host{Arch: specs.ArchMIPS}).check(); err == nil || err.Error() != want {
		t.Errorf("mips: %v, want %s", err, want)
	}
}

// On this machine the result is what Docker's own code makes of the same text: its
// default profile, that of podman and CRI-O, and one with name instead of names.
func TestAsDocker(t *testing.T) {
	if arch.Native == specs.ArchLOONGARCH64 || arch.Native == "SCMP_ARCH_MIPS" {
		t.Skip("docker's code does not know the name of this architecture")
	}
	text, err := json.Marshal(moby.DefaultProfile())
	if err != nil {
		t.Fatal(err)
	}
	texts := map[string][]byte{
		"docker": text,
		"old": []byte(`{"defaultAction":"SCMP_ACT_ERRNO","architectures":["SCMP_ARCH_X86_64"],"flags":["SECCOMP_FILTER_FLAG_LOG"],
			"listenerPath":"/run/agent","listenerMetadata":"m","syscalls":[
			{"name":"accept","action":"SCMP_ACT_ALLOW","args":[]},{"names":["read"],"action":"SCMP_ACT_TRACE","errnoRet":7,"args":null},
			{"name":"clone","action":"SCMP_ACT_ALLOW","args":[{"index":0,"value":2080505856,"valueTwo":1,"op":"SCMP_CMP_MASKED_EQ"}]}]}`),
	}
	const containers = "/usr/share/containers/seccomp.json" // Debian package golang-github-containers-common
	if texts["containers"], err = os.ReadFile(containers); errors.Is(err, fs.ErrNotExist) {
		t.Logf("%s is not here and not compared", containers)
		delete(texts, "containers")
	} else if err != nil {
		t.Fatal(err)
	}
	for name, text := range texts {
		for _, caps := range [][]string{nil, Capabilities(), manyCaps} {
			s := &specs.Spec{Process: &specs.Process{Capabilities: &specs.LinuxCapabilities{Bounding: caps}}}
			want, err := moby.LoadProfile(string(text), s)
			if err != nil {
				t.Fatal(err)
			}
			got, err := Resolve(text, Host{Caps: caps})
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if a, b := canonical(t, got), canonical(t, want); a != b {
				t.Errorf("%s for %v:\n%s\nwant\n%s", name, caps, a, b)
			}
		}
	}
	for _, caps := range [][]string{nil, Capabilities(), manyCaps} {
		s := &specs.Spec{Process: &specs.Process{Capabilities: &specs.LinuxCapabilities{Bounding: caps}}}
		want, err := moby.GetDefaultProfile(s)
		if err != nil {
			t.Fatal(err)
		}
		if got := defaultFor(t, Host{Caps: caps}); !reflect.DeepEqual(got, want) {
			t.Errorf("the default profile for %v differs from docker's", caps)
		}
	}
}

// Each entry of the result is the one of the text that it is said to be.
func TestResolveEntries(t *testing.T) {
	text, err := json.Marshal(moby.DefaultProfile())
	if err != nil {
		t.Fatal(err)
	}
	for _, caps := range [][]string{nil, Capabilities(), manyCaps} {
		p, entries, err := ResolveEntries(text, Host{Caps: caps})
		if err != nil {
			t.Fatal(err)
		}
		if want := defaultFor(t, Host{Caps: caps}); len(p.Syscalls) != len(want.Syscalls) || len(entries) != len(p.Syscalls) {
			t.Fatalf("%v: %d entries, %d of the text, want %d", caps, len(p.Syscalls), len(entries), len(want.Syscalls))
		}
		for i, s := range p.Syscalls {
			if from := moby.DefaultProfile().Syscalls[entries[i]]; !slices.Equal(s.Names, from.Names) || !slices.Equal(s.Args, from.Args) {
				t.Errorf("%v: entry %d is not entry %d of the text", caps, i, entries[i])
			}
		}
	}
	if _, _, err := ResolveEntries([]byte(`{}`), Host{}); err == nil {
		t.Error("{}: no error")
	}
}

// canonical is a profile as text, in which nil and empty lists are the same.
func canonical(t *testing.T, p *specs.LinuxSeccomp) string {
	t.Helper()
	text, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestErrno(t *testing.T) {
	for name, want := range map[string]uint{"EPERM": 1, "ENOSYS": uint(unix.ENOSYS), "EHWPOISON": uint(unix.EHWPOISON), "38": 38, "0": 0,
		"EWOULDBLOCK": uint(unix.EAGAIN), "EDEADLOCK": uint(unix.EDEADLOCK), "EDEADLK": uint(unix.EDEADLK),
		"ENOTSUP": uint(unix.EOPNOTSUPP), "EOPNOTSUPP": uint(unix.EOPNOTSUPP)} {
		if got, ok := errnoOf(name); !ok || got != want {
			t.Errorf("%s: %d, %v, want %d", name, got, ok, want)
		}
	}
	for _, name := range []string{"", "enosys", "EFOO", "-1", "SIGKILL", "4294967296"} {
		if got, ok := errnoOf(name); ok {
			t.Errorf("%q: %d", name, got)
		}
	}
}
