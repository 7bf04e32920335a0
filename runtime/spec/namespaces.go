package spec

import "github.com/opencontainers/runtime-spec/specs-go"

// namespaces is the set of namespaces that the container does not share with
// the runtime: those that are made for it and those that it joins by path. (That
// a joined one is not the host's own can only be seen in the kernel, by those who
// open the path.)
type namespaces uint8

const (
	nsMount namespaces = 1 << iota
	nsPID
	nsNetwork
	nsIPC
	nsUTS
	nsUser
	nsCgroup
	nsTime
)

func (set namespaces) has(ns namespaces) bool { return set&ns != 0 }

// namespaceByType maps linux.namespaces[].type to a bit, 0 if it is unknown.
func namespaceByType(t specs.LinuxNamespaceType) namespaces {
	switch t {
	case specs.MountNamespace:
		return nsMount
	case specs.PIDNamespace:
		return nsPID
	case specs.NetworkNamespace:
		return nsNetwork
	case specs.IPCNamespace:
		return nsIPC
	case specs.UTSNamespace:
		return nsUTS
	case specs.UserNamespace:
		return nsUser
	case specs.CgroupNamespace:
		return nsCgroup
	case specs.TimeNamespace:
		return nsTime
	}
	return 0
}

// validateNamespaces checks linux.namespaces and gives the set of all types and
// of those that are new, that is without a path.
func validateNamespaces(list []specs.LinuxNamespace) (all, created namespaces, err error) {
	const field = "linux.namespaces"
	for i := range list {
		ns := &list[i]
		bit := namespaceByType(ns.Type)
		switch {
		case bit == 0:
			return 0, 0, bad(index(field, i)+".type", "%s: expected one of cgroup, ipc, mount, network, pid, time, user, uts", quote(string(ns.Type)))
		case all.has(bit):
			return 0, 0, bad(index(field, i)+".type", "%s: duplicate, expected every type only once", quote(string(ns.Type)))
		case ns.Path == "":
			created |= bit
		default:
			if err := absolute("path", ns.Path); err != nil {
				return 0, 0, under(index(field, i), err)
			}
		}
		all |= bit
	}
	// Without its own mount namespace the container's mounts, pivot_root and
	// masks would be made on the host.
	if !all.has(nsMount) {
		return 0, 0, bad("linux.namespaces", `no entry of type "mount": expected one, because root and mounts must not be mounted on the host`)
	}
	return all, created, nil
}
