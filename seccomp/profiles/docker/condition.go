package docker

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	moby "github.com/moby/profiles/seccomp"
	"github.com/opencontainers/runtime-spec/specs-go"

	"github.com/runseal/runseal/seccomp/strictjson"
)

// resolve evaluates the conditions of p, whose memory the result uses. Docker's own
// code for it can do so for the running machine only, and knows neither archMap nor
// arches on loong64.
func resolve(p *moby.Seccomp, h Host) (*specs.LinuxSeccomp, error) {
	if err := h.check(); err != nil {
		return nil, err
	}
	release, err := h.release()
	if err != nil {
		return nil, err
	}
	out := p.LinuxSeccomp
	for _, m := range p.ArchMap {
		if m.Arch == h.native() {
			out.Architectures = append([]specs.Arch{m.Arch}, m.SubArches...)
			break
		}
	}
	if h.Arch != "" && len(out.Architectures) == 0 {
		out.Architectures = []specs.Arch{h.Arch} // otherwise it would be this program's
	}
	for _, rule := range p.Syscalls {
		if applies(rule, h, release) {
			out.Syscalls = append(out.Syscalls, rule.LinuxSyscall)
		}
	}
	return &out, nil
}

// applies says whether a rule counts on the host.
func applies(rule *moby.Syscall, h Host, release moby.KernelVersion) bool {
	return holdsNone(rule.Excludes, h, release) && holdsAll(rule.Includes, h, release)
}

// holdsAll says whether every condition of includes holds: all capabilities are
// there, the architecture is one of the list, the kernel is new enough.
func holdsAll(f *moby.Filter, h Host, release moby.KernelVersion) bool {
	if f == nil {
		return true
	}
	for _, c := range f.Caps {
		if !slices.Contains(h.Caps, c) {
			return false
		}
	}
	return (len(f.Arches) == 0 || listed(f.Arches, h.native())) && (f.MinKernel == nil || reaches(release, *f.MinKernel))
}

// holdsNone says whether no condition of excludes holds; one capability of the list
// is enough to exclude a rule.
func holdsNone(f *moby.Filter, h Host, release moby.KernelVersion) bool {
	if f == nil {
		return true
	}
	for _, c := range f.Caps {
		if slices.Contains(h.Caps, c) {
			return false
		}
	}
	return !listed(f.Arches, h.native()) && (f.MinKernel == nil || !reaches(release, *f.MinKernel))
}

func listed(names []string, native specs.Arch) bool {
	for _, name := range names {
		if a, ok := archOf(name); ok && a == native {
			return true
		}
	}
	return false
}

// archOf translates the names of architectures in conditions, which are those of
// libseccomp (seccomp_arch_resolve_name(3)) and, for loong64, Go's as well.
func archOf(name string) (specs.Arch, bool) {
	switch name {
	case "amd64":
		return specs.ArchX86_64, true
	case "arm64":
		return specs.ArchAARCH64, true
	case "loong64", "loongarch64":
		return specs.ArchLOONGARCH64, true
	case "mips3l64n32":
		return specs.ArchMIPSEL64N32, true
	case "x86", "x32", "arm", "mips", "mips64", "mips64n32", "mipsel", "mipsel64", "mipsel64n32", "ppc", "ppc64",
		"ppc64le", "s390", "s390x", "riscv64", "parisc", "parisc64", "m68k", "sh", "sheb":
		return specs.Arch("SCMP_ARCH_" + strings.ToUpper(name)), true
	}
	return "", false
}

func reaches(have, want moby.KernelVersion) bool {
	return have.Kernel > want.Kernel || have.Kernel == want.Kernel && have.Major >= want.Major
}

// parseRelease reads the first two numbers of a kernel's version.
func parseRelease(s string) (moby.KernelVersion, error) {
	var v moby.KernelVersion
	major, rest, ok := strings.Cut(s, ".")
	end := strings.IndexFunc(rest, func(r rune) bool { return r < '0' || r > '9' })
	if end < 0 {
		end = len(rest)
	}
	var err1, err2 error
	v.Kernel, err1 = strconv.ParseUint(major, 10, 16)
	v.Major, err2 = strconv.ParseUint(rest[:end], 10, 16)
	if !ok || err1 != nil || err2 != nil {
		return v, fmt.Errorf("kernel version %s: expected one such as 6.1 or 6.1.0-13-amd64", strictjson.Quote(s))
	}
	return v, nil
}

// parseMinKernel reads the version in a condition: two numbers and nothing else.
func parseMinKernel(s string) (*moby.KernelVersion, error) {
	major, minor, ok := strings.Cut(s, ".")
	var v moby.KernelVersion
	var err1, err2 error
	v.Kernel, err1 = strconv.ParseUint(major, 10, 8)
	v.Major, err2 = strconv.ParseUint(minor, 10, 8)
	if !ok || err1 != nil || err2 != nil || v.Kernel == 0 && v.Major == 0 {
		return nil, fmt.Errorf("%s: expected a kernel version of two numbers, such as \"4.8\"", strictjson.Quote(s))
	}
	return &v, nil
}
