// Package docker brings seccomp profiles in Docker's format into the form of the
// OCI specification, and has Docker's default profile.
//
// The format is linux.seccomp of the specification plus conditions: archMap gives
// the architectures that go with each native one, and includes and excludes make a
// rule depend on capabilities, architecture and kernel version. The seccomp.json of
// containers/common (podman, CRI-O) has the same format, and beside each errno's
// number its name (defaultErrno, errno). [Resolve] evaluates all that for one
// [Host]:
//
//	profile, err := docker.Resolve(text, docker.Host{Caps: []string{"CAP_SYS_PTRACE"}})
//	filter, err := seccomp.Compile(profile, seccomp.Options{})
//
// Text is read as package strictjson does, and more strictly: the format is not an
// extensible one, and a member that nobody understands may be a condition without
// which a rule allows too much, so that an unknown member is an error.
//
// The default profile is that of the module github.com/moby/profiles/seccomp. It
// decides nothing about the meaning of a profile; that is package seccomp. Whoever
// has a name or a file whose format is not known wants package profiles.
package docker

import (
	"fmt"
	"strings"

	moby "github.com/moby/profiles/seccomp"
	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/seccomp/arch"
)

// Host is what the conditions of a profile are about. The zero Host is a container
// without capabilities on this machine.
type Host struct {
	// Caps is the bounding set of the container: "CAP_SYS_ADMIN", as in
	// config.json. One that no condition names changes nothing.
	Caps []string
	// Arch is the native architecture as in profiles, "SCMP_ARCH_AARCH64". Empty is
	// that of this program.
	Arch specs.Arch
	// Kernel is the version of the kernel, of which the first two numbers count:
	// "5.15", "6.1.0-13-amd64". Empty is that of the running kernel.
	Kernel string
}

// Default returns Docker's default profile for the host. The result is the caller's
// own.
func Default(h Host) (*specs.LinuxSeccomp, error) {
	p, err := resolve(moby.DefaultProfile(), h)
	if err != nil {
		return nil, fmt.Errorf("docker's default seccomp profile: %w", err)
	}
	return p, nil
}

// Resolve reads a profile in Docker's format and evaluates its conditions.
// Errors about the text are *[strictjson.FieldError] values whose path begins with
// linux.seccomp.
func Resolve(data []byte, h Host) (*specs.LinuxSeccomp, error) {
	if err := h.check(); err != nil {
		return nil, err
	}
	p, err := parse(data)
	if err != nil {
		return nil, err
	}
	return resolve(p, h)
}

// ResolveEntries is [Resolve], and says which entries of the text apply: the i-th
// entry of the result is entry entries[i] of the text's syscalls.
func ResolveEntries(data []byte, h Host) (p *specs.LinuxSeccomp, entries []int, err error) {
	if p, err = Resolve(data, h); err != nil {
		return nil, nil, err
	}
	text, err := parse(data)
	if err != nil {
		return nil, nil, err
	}
	release, err := h.release()
	if err != nil {
		return nil, nil, err
	}
	entries = []int{} // none is an answer, too
	for i, rule := range text.Syscalls {
		if applies(rule, h, release) {
			entries = append(entries, i)
		}
	}
	return p, entries, nil
}

// Capabilities returns the bounding set that Docker gives a container unless told
// otherwise.
func Capabilities() []string {
	return []string{
		"CAP_AUDIT_WRITE", "CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FOWNER", "CAP_FSETID", "CAP_KILL", "CAP_MKNOD",
		"CAP_NET_BIND_SERVICE", "CAP_NET_RAW", "CAP_SETFCAP", "CAP_SETGID", "CAP_SETPCAP", "CAP_SETUID",
		"CAP_SYS_CHROOT",
	}
}

// check says what of the host cannot be meant.
func (h Host) check() error {
	if h.Arch != "" {
		if arch.Lookup(string(h.Arch)) == nil {
			return fmt.Errorf("architecture %q: unknown, expected one such as SCMP_ARCH_X86_64", h.Arch)
		}
		// Profiles hold numbers, Docker's own included, and EPERM is 1 everywhere
		// but ENOSYS is 89 there.
		if isMIPS(h.Arch) != isMIPS(arch.Native) {
			return fmt.Errorf("architecture %q: the numbers of its errnos are not known on %s", h.Arch, arch.Native)
		}
	}
	if h.Kernel != "" {
		_, err := parseRelease(h.Kernel)
		return err
	}
	return nil
}

// native is the architecture that the conditions are about, "" if this program is
// built for one without a name here.
func (h Host) native() specs.Arch {
	if h.Arch != "" {
		return h.Arch
	}
	return arch.Native
}

func isMIPS(a specs.Arch) bool { return strings.HasPrefix(string(a), "SCMP_ARCH_MIPS") }

// RunningKernel says whether a version, as in Host.Kernel, is that of the running
// kernel, as far as profiles look at it: in its first two numbers. The empty version
// is.
func RunningKernel(version string) (bool, error) {
	given, err := Host{Kernel: version}.release()
	if err != nil {
		return false, err
	}
	running, err := Host{}.release()
	return given == running, err
}

// release is the host's kernel version.
func (h Host) release() (moby.KernelVersion, error) {
	if h.Kernel != "" {
		return parseRelease(h.Kernel)
	}
	var uts unix.Utsname
	if err := unix.Uname(&uts); err != nil {
		return moby.KernelVersion{}, fmt.Errorf("uname: %w", err)
	}
	return parseRelease(unix.ByteSliceToString(uts.Release[:]))
}
