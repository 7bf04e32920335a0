package spec

import (
	"os"
	"strings"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

// Device numbers have 12 bits for the major and 20 for the minor part
// (MINORBITS of linux/kdev_t.h); mknod(2) silently cuts off what is above.
const (
	maxMajor = 1<<12 - 1
	maxMinor = 1<<20 - 1
)

// validateDevices checks linux.devices.
func validateDevices(list []specs.LinuxDevice) error {
	var byPath map[string]int // index of the first entry with the path
	if len(list) > 1 {
		byPath = make(map[string]int, len(list))
	}
	for i := range list {
		d := &list[i]
		if err := validateDevice(d); err != nil {
			return under(index("linux.devices", i), err)
		}
		if k, there := byPath[d.Path]; there && !sameDevice(&list[k], d) {
			return bad(index("linux.devices", i)+".path", "%s: expected the same device as in entry %d, which has the same path", quote(d.Path), k)
		} else if !there && byPath != nil {
			byPath[d.Path] = i
		}
	}
	return nil
}

func validateDevice(d *specs.LinuxDevice) error {
	if err := absolute("path", d.Path); err != nil {
		return err
	}
	if strings.HasSuffix(d.Path, "/") {
		return bad("path", "%s: expected the path of a file", quote(d.Path))
	}
	var kind os.FileMode // as in st_mode of stat(2)
	switch d.Type {
	case "c", "u":
		kind = unix.S_IFCHR
	case "b":
		kind = unix.S_IFBLK
	case "p":
		kind = unix.S_IFIFO
	default:
		return bad("type", "%s: expected one of c, u, b, p", quote(d.Type))
	}
	if d.Major < 0 || d.Major > maxMajor {
		return bad("major", "%d: expected an integer from 0 to %d", d.Major, maxMajor)
	}
	if d.Minor < 0 || d.Minor > maxMinor {
		return bad("minor", "%d: expected an integer from 0 to %d", d.Minor, maxMinor)
	}
	// Podman leaves the type of the file in the mode of a privileged container's devices.
	if d.FileMode != nil && *d.FileMode > 0o7777 && *d.FileMode&^0o7777 != kind {
		return bad("fileMode", "%d: expected an integer from 0 to 4095 (07777)", uint32(*d.FileMode))
	}
	if err := noMinusOne("uid", d.UID); err != nil {
		return err
	}
	return noMinusOne("gid", d.GID)
}

// noMinusOne refuses the id that chown(2) takes for "leave as it is".
func noMinusOne(field string, id *uint32) error {
	if id != nil && *id == 1<<32-1 {
		return bad(field, "%d: expected an integer from 0 to %d", *id, uint32(1<<32-2))
	}
	return nil
}

// sameDevice says whether two entries ask for the same thing. Engines merge
// lists and do not always remove duplicates.
func sameDevice(a, b *specs.LinuxDevice) bool {
	return a.Type == b.Type && a.Major == b.Major && a.Minor == b.Minor &&
		equal(permissions(a), permissions(b)) && equal(a.UID, b.UID) && equal(a.GID, b.GID)
}

// permissions is fileMode without the type of the file.
func permissions(d *specs.LinuxDevice) *os.FileMode {
	if d.FileMode == nil {
		return nil
	}
	mode := *d.FileMode & 0o7777
	return &mode
}

// validateDeviceRules checks linux.resources.devices: who may use which device,
// the last matching entry decides. A number that is absent or -1 stands for all.
func validateDeviceRules(list []specs.LinuxDeviceCgroup) error {
	for i := range list {
		if err := validateDeviceRule(&list[i]); err != nil {
			return under(index("linux.resources.devices", i), err)
		}
	}
	return nil
}

func validateDeviceRule(r *specs.LinuxDeviceCgroup) error {
	switch r.Type {
	case "", "a", "c", "b":
	default:
		return bad("type", "%s: expected one of a, c, b", quote(r.Type))
	}
	if r.Access == "" || strings.Trim(r.Access, "rwm") != "" {
		return bad("access", "%s: expected one or more of the letters r, w, m", quote(r.Access))
	}
	if r.Major != nil && (*r.Major < -1 || *r.Major > maxMajor) {
		return bad("major", "%d: expected an integer from 0 to %d, or -1 for all", *r.Major, maxMajor)
	}
	if r.Minor != nil && (*r.Minor < -1 || *r.Minor > maxMinor) {
		return bad("minor", "%d: expected an integer from 0 to %d, or -1 for all", *r.Minor, maxMinor)
	}
	return nil
}
