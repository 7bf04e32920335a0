package bundle

import "github.com/opencontainers/runtime-spec/specs-go"

// Option changes a configuration. Those below are the ones that several users
// share; anything else is a function literal.
type Option func(*specs.Spec)

// Args sets process.args.
func Args(args ...string) Option {
	return func(s *specs.Spec) { s.Process.Args = args }
}

// Script makes the process a shell that runs text.
func Script(text string) Option { return Args("/bin/sh", "-c", text) }

// Env adds NAME=VALUE entries to process.env.
func Env(env ...string) Option {
	return func(s *specs.Spec) { s.Process.Env = append(s.Process.Env, env...) }
}

// User sets process.user's uid, gid and additionalGids.
func User(uid, gid uint32, additional ...uint32) Option {
	return func(s *specs.Spec) {
		s.Process.User.UID, s.Process.User.GID, s.Process.User.AdditionalGids = uid, gid, additional
	}
}

// Capabilities sets the bounding, effective and permitted sets of
// process.capabilities to the same names (CAP_…), and empties the other two.
func Capabilities(names ...string) Option {
	return func(s *specs.Spec) {
		s.Process.Capabilities = &specs.LinuxCapabilities{Bounding: names, Effective: names, Permitted: names}
	}
}

// NoNewPrivileges sets process.noNewPrivileges.
func NoNewPrivileges(on bool) Option {
	return func(s *specs.Spec) { s.Process.NoNewPrivileges = on }
}

// WritableRoot clears root.readonly.
func WritableRoot() Option {
	return func(s *specs.Spec) { s.Root.Readonly = false }
}

// Mount adds an entry to mounts.
func Mount(source, destination, fstype string, options ...string) Option {
	return func(s *specs.Spec) {
		s.Mounts = append(s.Mounts, specs.Mount{Source: source, Destination: destination, Type: fstype, Options: options})
	}
}

// Seccomp sets linux.seccomp; nil means no filter.
func Seccomp(p *specs.LinuxSeccomp) Option {
	return func(s *specs.Spec) { s.Linux.Seccomp = p }
}

// CgroupsPath sets linux.cgroupsPath.
func CgroupsPath(path string) Option {
	return func(s *specs.Spec) { s.Linux.CgroupsPath = path }
}

// OCIVersion sets ociVersion: older runtimes refuse a version newer than theirs.
func OCIVersion(version string) Option {
	return func(s *specs.Spec) { s.Version = version }
}
