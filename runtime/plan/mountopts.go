package plan

import (
	"path"
	"strings"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

// option is one row of the specification's table of mount options.
type option struct {
	name        string
	set, clear  uint64 // MS_* flags of mount(2)
	recursive   bool   // an "r" option: applies to the whole tree, by mount_setattr(2)
	propagation uint64
	special     special
}

type special uint8

const (
	ordinary special = iota
	bind
	rbind
	remount
	copyUp
	idmap
	ridmap
)

const atimes = unix.MS_NOATIME | unix.MS_RELATIME | unix.MS_STRICTATIME

// options is the table, sorted by name.
var options = [...]option{
	{name: "acl", set: unix.MS_POSIXACL},
	{name: "async", clear: unix.MS_SYNCHRONOUS},
	{name: "atime", clear: unix.MS_NOATIME},
	{name: "bind", special: bind},
	{name: "defaults"},
	{name: "dev", clear: unix.MS_NODEV},
	{name: "diratime", clear: unix.MS_NODIRATIME},
	{name: "dirsync", set: unix.MS_DIRSYNC},
	{name: "exec", clear: unix.MS_NOEXEC},
	{name: "idmap", special: idmap},
	{name: "iversion", set: unix.MS_I_VERSION},
	{name: "lazytime", set: unix.MS_LAZYTIME},
	{name: "loud", clear: unix.MS_SILENT},
	{name: "mand", set: unix.MS_MANDLOCK},
	{name: "noacl", clear: unix.MS_POSIXACL},
	{name: "noatime", set: unix.MS_NOATIME, clear: atimes},
	{name: "nodev", set: unix.MS_NODEV},
	{name: "nodiratime", set: unix.MS_NODIRATIME},
	{name: "noexec", set: unix.MS_NOEXEC},
	{name: "noiversion", clear: unix.MS_I_VERSION},
	{name: "nolazytime", clear: unix.MS_LAZYTIME},
	{name: "nomand", clear: unix.MS_MANDLOCK},
	{name: "norelatime", clear: unix.MS_RELATIME},
	{name: "nostrictatime", clear: unix.MS_STRICTATIME},
	{name: "nosuid", set: unix.MS_NOSUID},
	{name: "nosymfollow", set: unix.MS_NOSYMFOLLOW},
	{name: "private", propagation: unix.MS_PRIVATE},
	{name: "ratime", clear: unix.MS_NOATIME, recursive: true},
	{name: "rbind", special: rbind},
	{name: "rdev", clear: unix.MS_NODEV, recursive: true},
	{name: "rdiratime", clear: unix.MS_NODIRATIME, recursive: true},
	{name: "relatime", set: unix.MS_RELATIME, clear: atimes},
	{name: "remount", special: remount},
	{name: "rexec", clear: unix.MS_NOEXEC, recursive: true},
	{name: "ridmap", special: ridmap},
	{name: "rnoatime", set: unix.MS_NOATIME, clear: atimes, recursive: true},
	{name: "rnodev", set: unix.MS_NODEV, recursive: true},
	{name: "rnodiratime", set: unix.MS_NODIRATIME, recursive: true},
	{name: "rnoexec", set: unix.MS_NOEXEC, recursive: true},
	{name: "rnorelatime", clear: unix.MS_RELATIME, recursive: true},
	{name: "rnostrictatime", clear: unix.MS_STRICTATIME, recursive: true},
	{name: "rnosuid", set: unix.MS_NOSUID, recursive: true},
	{name: "rnosymfollow", set: unix.MS_NOSYMFOLLOW, recursive: true},
	{name: "ro", set: unix.MS_RDONLY},
	{name: "rprivate", propagation: unix.MS_PRIVATE | unix.MS_REC},
	{name: "rrelatime", set: unix.MS_RELATIME, clear: atimes, recursive: true},
	{name: "rro", set: unix.MS_RDONLY, recursive: true},
	{name: "rrw", clear: unix.MS_RDONLY, recursive: true},
	{name: "rshared", propagation: unix.MS_SHARED | unix.MS_REC},
	{name: "rslave", propagation: unix.MS_SLAVE | unix.MS_REC},
	{name: "rstrictatime", set: unix.MS_STRICTATIME, clear: atimes, recursive: true},
	{name: "rsuid", clear: unix.MS_NOSUID, recursive: true},
	{name: "rsymfollow", clear: unix.MS_NOSYMFOLLOW, recursive: true},
	{name: "runbindable", propagation: unix.MS_UNBINDABLE | unix.MS_REC},
	{name: "rw", clear: unix.MS_RDONLY},
	{name: "shared", propagation: unix.MS_SHARED},
	{name: "silent", set: unix.MS_SILENT},
	{name: "slave", propagation: unix.MS_SLAVE},
	{name: "strictatime", set: unix.MS_STRICTATIME, clear: atimes},
	{name: "suid", clear: unix.MS_NOSUID},
	{name: "symfollow", clear: unix.MS_NOSYMFOLLOW},
	{name: "sync", set: unix.MS_SYNCHRONOUS},
	{name: "tmpcopyup", special: copyUp},
	{name: "unbindable", propagation: unix.MS_UNBINDABLE},
}

// MountOptions lists the options that runseal itself understands, on a kernel that
// lacks these things; any other is passed to the file system. Without mount_setattr(2)
// the recursive ones are done where the tree is one mount, which is no promise, and
// id-mapped mounts are refused.
func MountOptions(l Lacks) []string {
	var names []string
	for _, o := range options {
		if !l.MountSetattr || !o.recursive && o.special != idmap && o.special != ridmap {
			names = append(names, o.name)
		}
	}
	return names
}

func findOption(name string) *option {
	lo, hi := 0, len(options)
	for lo < hi {
		mid := (lo + hi) / 2
		if options[mid].name < name {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	if lo < len(options) && options[lo].name == name {
		return &options[lo]
	}
	return nil
}

// mount is one entry of config.json's mounts with its options understood.
type mount struct {
	specs.Mount
	field          string
	fstype, source string
	flags, cleared uint64 // MS_* set, and explicitly taken away
	rset, rclear   uint64 // the same for the whole tree
	propagation    []uint64
	data           string // for the file system, comma-separated
	bind, rbind    bool
	remount        bool
	copyUp         bool
	idmap          *IDMap // nil: not id-mapped
}

func parseMount(i int, s specs.Mount) *mount {
	s.Destination = path.Clean("/" + s.Destination)
	m := &mount{Mount: s, field: field("mounts", i), fstype: s.Type, source: s.Source}
	var data []string
	mapped, mappedBy := ordinary, 0
	for k, name := range s.Options {
		o := findOption(name)
		if o == nil {
			data = append(data, name)
			continue
		}
		switch o.special {
		case bind:
			m.bind = true
		case rbind:
			m.bind, m.rbind = true, true
		case remount:
			m.remount = true
		case copyUp:
			m.copyUp = true
		case idmap, ridmap:
			mapped, mappedBy = o.special, k
		}
		if o.recursive {
			m.rset, m.rclear = m.rset&^o.clear|o.set, m.rclear&^o.set|o.clear
		} else {
			m.flags, m.cleared = m.flags&^o.clear|o.set, m.cleared&^o.set|o.clear
		}
		if o.propagation != 0 {
			m.propagation = append(m.propagation, o.propagation)
		}
	}
	m.data = strings.Join(data, ",")
	if s.Type == "bind" && !m.bind {
		m.bind = true
	}
	m.idMapping(mapped, mappedBy)
	return m
}

// attrs turns MS_* flags into MOUNT_ATTR_* of mount_setattr(2). The access
// time modes are one field there: touching it means clearing it first.
func attrs(set, cleared uint64) (c change) {
	for _, x := range [...]struct{ ms, attr uint64 }{
		{unix.MS_RDONLY, unix.MOUNT_ATTR_RDONLY}, {unix.MS_NOSUID, unix.MOUNT_ATTR_NOSUID},
		{unix.MS_NODEV, unix.MOUNT_ATTR_NODEV}, {unix.MS_NOEXEC, unix.MOUNT_ATTR_NOEXEC},
		{unix.MS_NODIRATIME, unix.MOUNT_ATTR_NODIRATIME}, {unix.MS_NOSYMFOLLOW, unix.MOUNT_ATTR_NOSYMFOLLOW},
	} {
		if set&x.ms != 0 {
			c.set |= x.attr
		} else if cleared&x.ms != 0 {
			c.clear |= x.attr
		}
	}
	if (set|cleared)&atimes != 0 {
		c.clear |= unix.MOUNT_ATTR__ATIME
		switch {
		case set&unix.MS_NOATIME != 0:
			c.set |= unix.MOUNT_ATTR_NOATIME
		case set&unix.MS_STRICTATIME != 0:
			c.set |= unix.MOUNT_ATTR_STRICTATIME
		}
	}
	return c
}
