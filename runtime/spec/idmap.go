package spec

import (
	"cmp"
	"slices"

	"github.com/opencontainers/runtime-spec/specs-go"
)

// maxMappings is how many lines the kernel takes in /proc/PID/uid_map since
// Linux 4.15 (user_namespaces(7)).
const maxMappings = 340

// validateMappings checks linux.uidMappings and linux.gidMappings.
//
// A new user namespace needs both. A namespace that is joined by path has its
// mappings already; containerd repeats them in the config.json of every
// container of a pod, so that they are accepted there, and it is for the one
// who joins to see that they are the same. Without a user namespace they would
// have no effect, and whoever wrote them would believe otherwise.
func validateMappings(l *specs.Linux, all, created namespaces) error {
	if !all.has(nsUser) {
		switch {
		case len(l.UIDMappings) > 0:
			return bad("linux.uidMappings", `%d entries without a user namespace: expected an entry of type "user" in linux.namespaces`, len(l.UIDMappings))
		case len(l.GIDMappings) > 0:
			return bad("linux.gidMappings", `%d entries without a user namespace: expected an entry of type "user" in linux.namespaces`, len(l.GIDMappings))
		}
		return nil
	}
	if err := validateMapping("linux.uidMappings", l.UIDMappings, created.has(nsUser)); err != nil {
		return err
	}
	return validateMapping("linux.gidMappings", l.GIDMappings, created.has(nsUser))
}

// validateMountMappings checks the mappings of an id-mapped mount. There are either both or
// none (config.md, "Mounts"); what they mean beside the options is package plan's.
func validateMountMappings(m *specs.Mount) error {
	if len(m.UIDMappings) == 0 && len(m.GIDMappings) == 0 {
		return nil
	}
	for _, list := range []struct {
		name, other string
		ids         []specs.LinuxIDMapping
	}{{"uidMappings", "gidMappings", m.UIDMappings}, {"gidMappings", "uidMappings", m.GIDMappings}} {
		if len(list.ids) == 0 {
			return bad(list.name, "empty or missing, expected at least one entry beside those of %s", list.other)
		}
		if err := validateMapping(list.name, list.ids, false); err != nil {
			return err
		}
	}
	return nil
}

// validateMapping checks one list by the rules of user_namespaces(7), which the
// kernel would answer with a bare EINVAL.
func validateMapping(field string, list []specs.LinuxIDMapping, needed bool) error {
	if needed && len(list) == 0 {
		return bad(field, "empty or missing, expected at least one entry for the new user namespace")
	}
	if len(list) > maxMappings {
		return bad(field, "%d entries: expected at most %d", len(list), maxMappings)
	}
	for i, m := range list {
		// The id 4294967295 is (uid_t)-1, "no id", and belongs to no range.
		const end = uint64(1<<32 - 1)
		switch {
		case m.Size == 0:
			return bad(index(field, i)+".size", "0: expected at least 1")
		case uint64(m.ContainerID)+uint64(m.Size) > end:
			return bad(index(field, i), "containerID %d with size %d: expected ids up to %d", m.ContainerID, m.Size, end-1)
		case uint64(m.HostID)+uint64(m.Size) > end:
			return bad(index(field, i), "hostID %d with size %d: expected ids up to %d", m.HostID, m.Size, end-1)
		}
	}
	if err := noOverlap(field, "containerID", list, func(m *specs.LinuxIDMapping) uint32 { return m.ContainerID }); err != nil {
		return err
	}
	return noOverlap(field, "hostID", list, func(m *specs.LinuxIDMapping) uint32 { return m.HostID })
}

// noOverlap checks that the ranges of the list, each beginning at first(m), have
// no id in common.
func noOverlap(field, name string, list []specs.LinuxIDMapping, first func(*specs.LinuxIDMapping) uint32) error {
	if len(list) < 2 {
		return nil
	}
	order := make([]int, len(list)) // of the ranges, as indexes into list
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		return cmp.Compare(first(&list[a]), first(&list[b]))
	})
	for k := 1; k < len(order); k++ {
		a, b := order[k-1], order[k]
		if uint64(first(&list[a]))+uint64(list[a].Size) > uint64(first(&list[b])) {
			a, b = min(a, b), max(a, b)
			return bad(index(field, b)+"."+name, "%d: range overlaps that of entry %d, expected every id only once", first(&list[b]), a)
		}
	}
	return nil
}
