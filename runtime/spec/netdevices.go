package spec

import (
	"maps"
	"slices"
	"strings"

	"github.com/opencontainers/runtime-spec/specs-go"
)

// maxDeviceName is the longest name of a network device in bytes (IFNAMSIZ less the
// NUL, netdevice(7)).
const maxDeviceName = 15

// NetDeviceField is the path of an entry of linux.netDevices.
func NetDeviceField(host string) string {
	return under("linux", under("netDevices", under(member(host), bad("", "")))).(*FieldError).Field
}

// validateNetDevices checks linux.netDevices. Which devices there are is known by those
// who move them.
func validateNetDevices(devices map[string]specs.LinuxNetDevice, all namespaces) error {
	if len(devices) == 0 {
		return nil
	}
	if !all.has(nsNetwork) {
		return bad("linux.netDevices", `%d entries without a network namespace: expected an entry of type "network" in linux.namespaces`, len(devices))
	}
	taken := make(map[string]string, len(devices)) // name in the container -> entry
	for _, host := range slices.Sorted(maps.Keys(devices)) {
		field, name := NetDeviceField(host), host
		if !deviceName(host) {
			return bad(field, "expected the name of a device, 1 to %d bytes without spaces, \"/\", \":\" and \"%%\"", maxDeviceName)
		}
		if n := devices[host].Name; n != "" {
			field, name = field+".name", n
		}
		// The kernel puts the lowest number that is free in the place of %d.
		base, template := strings.CutSuffix(name, "%d")
		switch {
		case template && deviceName(base+"00"):
			continue // as often as one likes
		case !deviceName(name):
			return bad(field, "%s: expected 1 to %d bytes without spaces, \"/\", \":\" and \"%%\" (but for %%d at the end)", quote(name), maxDeviceName)
		case taken[name] != "":
			return bad(field, "%s: is the name of %s already, expected every name only once", quote(name), taken[name])
		}
		taken[name] = NetDeviceField(host)
	}
	return nil
}

// deviceName tells whether a network device can have this name, by the kernel's rules
// (dev_valid_name in net/core/dev.c; 0xa0 is a space to it). A percent sign is none of
// them, but no device can be given one.
func deviceName(name string) bool {
	if name == "" || len(name) > maxDeviceName || name == "." || name == ".." {
		return false
	}
	for i := range len(name) {
		switch c := name[i]; c {
		case 0, '/', ':', '%', ' ', '\t', '\n', '\v', '\f', '\r', 0xa0:
			return false
		}
	}
	return true
}
