package cgroup

import (
	"fmt"
	"strconv"

	"github.com/opencontainers/runtime-spec/specs-go"
)

// Largest device numbers of the kernel (linux/kdev_t.h: MINORBITS is 20).
const (
	maxMajor = 1<<12 - 1
	maxMinor = 1<<20 - 1
)

// Kinds of access to a device, with the values of BPF_DEVCG_ACC_*.
const (
	accMknod = 1 << iota
	accRead
	accWrite
	accAll = accMknod | accRead | accWrite
)

// deviceRule is one exception of a devicePolicy.
type deviceRule struct {
	kind         byte  // 'b' or 'c'
	major, minor int64 // -1 for any
	access       uint8 // accRead ...
}

// covers says whether every device of o is one of r's.
func (r deviceRule) covers(o deviceRule) bool {
	return r.kind == o.kind && (r.major == -1 || r.major == o.major) && (r.minor == -1 || r.minor == o.minor)
}

// overlaps says whether some device is in both.
func (r deviceRule) overlaps(o deviceRule) bool {
	return r.kind == o.kind &&
		(r.major == -1 || o.major == -1 || r.major == o.major) &&
		(r.minor == -1 || o.minor == -1 || r.minor == o.minor)
}

// String is the form that devices.allow takes: "c 1:3 rwm".
func (r deviceRule) String() string {
	number := func(n int64) string {
		if n == -1 {
			return "*"
		}
		return strconv.FormatInt(n, 10)
	}
	s := string(r.kind) + " " + number(r.major) + ":" + number(r.minor) + " "
	if r.access&accRead != 0 {
		s += "r"
	}
	if r.access&accWrite != 0 {
		s += "w"
	}
	if r.access&accMknod != 0 {
		s += "m"
	}
	return s
}

// devicePolicy is what a list of rules comes to: a default and exceptions, the
// form that version 1 has in the kernel and that version 2's program is made
// from. An access is granted by default-deny if one exception has all of it, and
// refused by default-allow if one exception has any of it.
type devicePolicy struct {
	allow  bool
	except []deviceRule
}

// newDevicePolicy applies linux.resources.devices in order, later rules over
// earlier ones, to a policy that denies everything; then it allows the default
// devices of the specification (null, zero, full, random, urandom, tty, ptmx and
// the pseudo terminals) and making nodes of any device, as runc does: without
// them no container works, and a node alone gives no access. So an empty list
// means exactly those.
//
// Two differences from runc, both on the strict side. A rule that denies a
// default device is kept, while runc's defaults come last and undo it. A rule
// without type, or with type "a", that has a number or only part of the access
// means what it says, for block and character devices; runc takes it for all
// devices and all access.
//
// What version 1 cannot express is an error: denying a device after allowing a
// wider range that it is part of, or the reverse.
func newDevicePolicy(rules []specs.LinuxDeviceCgroup) (devicePolicy, error) {
	var p devicePolicy
	defaults := defaultDevices()
	for i := range rules {
		list, err := parseDeviceRule(i, &rules[i])
		if err != nil {
			return devicePolicy{}, err
		}
		if list == nil {
			p = devicePolicy{allow: rules[i].Allow}
			defaults = defaultDevices()
			continue
		}
		for _, r := range list {
			if err := p.apply(r, rules[i].Allow); err != nil {
				return devicePolicy{}, fmt.Errorf("linux.resources.devices[%d]: %s: %w", i, r, err)
			}
			if rules[i].Allow {
				continue
			}
			for j := range defaults {
				if r.covers(defaults[j]) {
					defaults[j].access &^= r.access
				}
			}
		}
	}
	if !p.allow {
		for _, r := range defaults {
			if r.access != 0 {
				p.add(r)
			}
		}
	}
	return p, nil
}

// defaultDevices: the specification's "Default Devices", pseudo terminals, and
// mknod; and /dev/net/tun, which is not made, but which a bind mount alone is to make
// usable, as under runc: Kubernetes has no other way to give it to a pod. What can be done
// with it takes CAP_NET_ADMIN in the network namespace.
func defaultDevices() []deviceRule {
	return []deviceRule{
		{'c', -1, -1, accMknod},
		{'b', -1, -1, accMknod},
		{'c', 1, 3, accAll},    // null
		{'c', 1, 5, accAll},    // zero
		{'c', 1, 7, accAll},    // full
		{'c', 1, 8, accAll},    // random
		{'c', 1, 9, accAll},    // urandom
		{'c', 5, 0, accAll},    // tty
		{'c', 5, 2, accAll},    // ptmx
		{'c', 10, 200, accAll}, // net/tun
		{'c', 136, -1, accAll}, // pts/*
	}
}

// parseDeviceRule checks one entry. A nil list stands for all devices with all
// access.
func parseDeviceRule(i int, d *specs.LinuxDeviceCgroup) ([]deviceRule, error) {
	bad := func(field string, value any, expected string) error {
		return fmt.Errorf("linux.resources.devices[%d].%s: %v: expected %s", i, field, value, expected)
	}
	r := deviceRule{major: -1, minor: -1}
	for _, a := range d.Access {
		switch a {
		case 'r':
			r.access |= accRead
		case 'w':
			r.access |= accWrite
		case 'm':
			r.access |= accMknod
		default:
			return nil, bad("access", strconv.Quote(cut(d.Access)), "letters of rwm")
		}
	}
	if r.access == 0 {
		return nil, bad("access", `""`, "at least one letter of rwm")
	}
	// -1 is written by engines for "any".
	if d.Major != nil && *d.Major != -1 {
		if r.major = *d.Major; r.major < 0 || r.major > maxMajor {
			return nil, bad("major", r.major, "0 to "+strconv.Itoa(maxMajor)+", or -1 for any")
		}
	}
	if d.Minor != nil && *d.Minor != -1 {
		if r.minor = *d.Minor; r.minor < 0 || r.minor > maxMinor {
			return nil, bad("minor", r.minor, "0 to "+strconv.Itoa(maxMinor)+", or -1 for any")
		}
	}
	switch d.Type {
	case "", "a":
		if r.access == accAll && r.major == -1 && r.minor == -1 {
			return nil, nil
		}
		b, c := r, r
		b.kind, c.kind = 'b', 'c'
		return []deviceRule{b, c}, nil
	case "b", "c":
		r.kind = d.Type[0]
		return []deviceRule{r}, nil
	}
	return nil, bad("type", strconv.Quote(cut(d.Type)), `"a", "b" or "c"`)
}

// apply changes the policy by one rule.
func (p *devicePolicy) apply(r deviceRule, allow bool) error {
	if allow != p.allow {
		p.add(r)
		return nil
	}
	// The rule takes back exceptions: those inside it go, but a part cannot be
	// cut out of a wider one.
	for i := range p.except {
		e := &p.except[i]
		if e.access&r.access == 0 || !e.overlaps(r) {
			continue
		}
		if !r.covers(*e) {
			return fmt.Errorf("an earlier rule covers %s, and cgroups cannot make an exception to that", e)
		}
		e.access &^= r.access
	}
	kept := p.except[:0]
	for _, e := range p.except {
		if e.access != 0 {
			kept = append(kept, e)
		}
	}
	p.except = kept
	return nil
}

// add puts an exception in, together with one for the same devices.
func (p *devicePolicy) add(r deviceRule) {
	for i := range p.except {
		e := &p.except[i]
		if e.kind == r.kind && e.major == r.major && e.minor == r.minor {
			e.access |= r.access
			return
		}
	}
	p.except = append(p.except, r)
}
