package plan

import (
	"fmt"
	"strings"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/nsenter"
)

// IDMap is a bind mount whose files have other owners in the container than on the file
// system (mount_setattr(2), MOUNT_ATTR_IDMAP, Linux 5.12). Only who has CAP_SYS_ADMIN in
// the file system's user namespace may make one, and in a user namespace of its own the
// child has not. So the parent makes the detached tree, in the child's mount namespace,
// and hands it over: before that it is mounted nowhere. With Plain it does the same for a
// bind mount whose files keep their owners.
type IDMap struct {
	Source    string // on the host, absolute
	Field     string // in config.json, for errors: mounts[3]
	About     string // that which asks for the mapping: mounts[3].uidMappings, mounts[3].options[1]
	Tree      bool   // with the mounts below the source (rbind)
	Recursive bool   // these are mapped too (ridmap)
	// An id ContainerID of the file system is HostID in the mount. Nil: the mappings of the
	// container's user namespace.
	UIDs, GIDs []specs.LinuxIDMapping
	// Plain: nothing is mapped. It is a tree whose source the root of the user namespace
	// cannot reach: the host's directories above it are closed to it.
	Plain bool
}

// idMapping understands what config.json says of a mount's mapping: the options are in
// asked ("idmap" or "ridmap", the last one counts; k is its index), and mappings without an
// option mean idmap.
func (m *mount) idMapping(asked special, k int) {
	if asked == ordinary && len(m.UIDMappings) == 0 {
		return
	}
	m.idmap = &IDMap{Field: m.field, About: m.field + ".uidMappings", Recursive: asked == ridmap, UIDs: m.UIDMappings, GIDs: m.GIDMappings}
	if asked != ordinary {
		m.idmap.About = field(m.field+".options", k)
	}
}

// checkIDMap refuses a mapping that no kernel, or not this one, can make.
func (p *planner) checkIDMap(m *mount) error {
	im := m.idmap
	switch {
	case im == nil:
		return nil
	case !m.bind || m.remount:
		return fmt.Errorf("%s: %s cannot be id-mapped, expected a bind mount", im.About, m.kind())
	case len(im.UIDs) == 0 && !p.ns.has(unix.CLONE_NEWUSER):
		return fmt.Errorf("%s: the mount has no uidMappings and gidMappings, and the container no user namespace whose mappings could be used", im.About)
	case p.ns.path(unix.CLONE_NEWNS) != "":
		// The parent resolves the source, with the host's credentials. In a copy of its own
		// mount namespace that is what the caller means; this one may be anybody's.
		return fmt.Errorf("%s: an id-mapped mount needs a new mount namespace, expected no path for the one in linux.namespaces", im.About)
	case p.in.Lacks.MountSetattr:
		return fmt.Errorf("%s: an id-mapped mount needs mount_setattr(2), Linux 5.12 or newer", im.About)
	}
	return nil
}

// kind names what is no plain bind mount.
func (m *mount) kind() string {
	if m.remount {
		return "a remount"
	}
	return fmt.Sprintf("a mount of type %q", m.fstype)
}

// mappedTree has the parent make the detached tree of an id-mapped mount.
func (p *planner) mappedTree(m *mount, source string) {
	im := m.idmap
	im.Source, im.Tree = source, m.rbind
	p.byParentTree(*im)
}

// bindTree is cloneTree for a bind mount. In a user namespace the source may lie behind
// directories that its root may not enter, and the caller may: the parent makes the tree
// then.
func (p *planner) bindTree(m *mount, source string) {
	call := p.cloneTree(source, m.rbind)
	if p.in.Unprivileged || !p.ns.has(unix.CLONE_NEWUSER) || p.ns.path(unix.CLONE_NEWNS) != "" {
		return
	}
	denied, done := p.NewLabel(), p.NewLabel()
	call.On(uint16(unix.EACCES), denied)
	p.Jump(done)
	p.Place(denied)
	p.byParentTree(IDMap{Source: source, Field: m.field, Tree: m.rbind, Plain: true})
	p.Place(done)
}

// byParentTree has the parent make a tree.
func (p *planner) byParentTree(im IDMap) {
	p.Move(RegPath, nsenter.Imm(len(p.idmaps)))
	p.idmaps = append(p.idmaps, im)
	p.Report(MarkIDMap)
	p.Parent(im.Field, "the parent: %s", &im)
	p.Take(regTree)
}

// String is the calls that make the tree, as a plan shows them.
func (im *IDMap) String() string {
	tree, all := "", ""
	if im.Tree {
		tree = "AT_RECURSIVE|"
	}
	if im.Recursive {
		all = "AT_RECURSIVE|"
	}
	if im.Plain {
		return fmt.Sprintf("open_tree(%q, %sCLONE)", im.Source, tree)
	}
	ids := "the container's ids"
	if len(im.UIDs) > 0 {
		ids = "uids " + idRanges(im.UIDs) + ", gids " + idRanges(im.GIDs)
	}
	return fmt.Sprintf("mount_setattr(open_tree(%q, %sCLONE), %sAT_EMPTY_PATH, +IDMAP %s)", im.Source, tree, all, ids)
}

// idRanges is a list of mappings in the order of /proc/PID/uid_map: id on the file system,
// id in the mount, length.
func idRanges(list []specs.LinuxIDMapping) string {
	var s []string
	for i, m := range list {
		if i == 4 {
			s = append(s, fmt.Sprintf("... %d in all", len(list)))
			break
		}
		s = append(s, fmt.Sprintf("%d %d %d", m.ContainerID, m.HostID, m.Size))
	}
	return strings.Join(s, ", ")
}
