package spec

import "github.com/opencontainers/runtime-spec/specs-go"

// maxHostname is the longest host or domain name of the kernel in bytes
// (__NEW_UTS_LEN, uname(2)).
const maxHostname = 64

// Validate checks everything about s that can be known from the text alone:
// no file is opened and the kernel is not asked. It returns a *FieldError for
// the first field that is wrong, or nil. The order is that of the specification:
// ociVersion, process, root, linux.namespaces (on which the rest depends),
// hostname and domainname, mounts, hooks, annotations, linux.
//
// Three things are checked elsewhere, because their rules live there: the content
// of linux.seccomp (package seccomp), linux.cgroupsPath and the values in
// linux.resources other than devices (package cgroup), and mount types and
// options (package plan).
//
// Validate does not change s.
func Validate(s *specs.Spec) error {
	if err := validateVersion(s.Version); err != nil {
		return err
	}
	if err := ValidateProcess(s.Process); err != nil {
		return err
	}
	if s.Root == nil {
		return bad("root", "missing, expected an object with path")
	}
	if s.Root.Path == "" {
		return bad("root.path", "empty or missing, expected the path of a directory")
	}
	if err := noNUL("root.path", s.Root.Path); err != nil {
		return err
	}
	l := s.Linux
	if l == nil {
		l = &specs.Linux{}
	}
	all, created, err := validateNamespaces(l.Namespaces)
	if err != nil {
		return err
	}
	if err := validateHostname("hostname", s.Hostname, all); err != nil {
		return err
	}
	if err := validateHostname("domainname", s.Domainname, all); err != nil {
		return err
	}
	if err := validateMounts(s.Mounts); err != nil {
		return err
	}
	if err := validateHooks(s.Hooks); err != nil {
		return err
	}
	if _, there := s.Annotations[""]; there {
		return bad(`annotations[""]`, "expected a name that is not empty")
	}
	if err := validateMappings(l, all, created); err != nil {
		return err
	}
	if err := validateNetDevices(l.NetDevices, all); err != nil {
		return err
	}
	if err := validateSysctl(l.Sysctl, all); err != nil {
		return err
	}
	if err := validateTimeOffsets(l.TimeOffsets, created); err != nil {
		return err
	}
	if l.Resources != nil {
		if err := validateDeviceRules(l.Resources.Devices); err != nil {
			return err
		}
	}
	if err := validateDevices(l.Devices); err != nil {
		return err
	}
	if err := validatePropagation(l.RootfsPropagation); err != nil {
		return err
	}
	if err := validateLabel("linux.mountLabel", l.MountLabel, `" `); err != nil {
		return err
	}
	if err := validateMemoryPolicy(l.MemoryPolicy); err != nil {
		return under("linux.memoryPolicy", err)
	}
	if err := validateIntelRdt(l.IntelRdt); err != nil {
		return under("linux.intelRdt", err)
	}
	if err := validatePersonality(l.Personality); err != nil {
		return err
	}
	if err := absolutes("linux.maskedPaths", l.MaskedPaths); err != nil {
		return err
	}
	return absolutes("linux.readonlyPaths", l.ReadonlyPaths)
}

// validateHostname checks hostname or domainname. Set without a UTS namespace
// they would rename the host.
func validateHostname(field, name string, all namespaces) error {
	switch {
	case name == "":
		return nil
	case !all.has(nsUTS):
		return bad(field, `%s: expected an entry of type "uts" in linux.namespaces`, quote(name))
	case len(name) > maxHostname:
		return bad(field, "%d bytes: expected at most %d", len(name), maxHostname)
	}
	return noNUL(field, name)
}
