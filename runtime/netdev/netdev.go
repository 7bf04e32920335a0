// Package netdev moves network devices between network namespaces: linux.netDevices of
// config.json (runtime-spec, config-linux.md, "Network Devices").
//
//	here, err := netdev.Dial() // in the runtime's network namespace
//	there, err := netdev.Dial() // by a thread in the container's
//	m := netdev.NewMover(here, there)
//	err = m.Move(devices)
//	...
//	err = m.Back() // where that, or anything later, has failed
//
// A device is moved and renamed by one message (RTM_NEWLINK with IFLA_NET_NS_FD and
// IFLA_IFNAME). The kernel takes its addresses away on the way, sets it down, and forgets
// the routes through it and the bridge or bond that it was a port of. Move gives the
// permanent addresses of global scope back, as the specification demands, and sets it up.
//
// Whatever is in the way is looked for before the first device is moved. If a move fails
// all the same, or the rest of create does, the devices go back: with their names, all of
// their permanent addresses, and up if they were up; routes do not come back, but those that
// the kernel makes for addresses.
//
// Nothing moves them when the container ends, nor may it: with the namespace the kernel
// destroys virtual devices, and moves physical ones to the initial network namespace, under
// the names that they have then, or as dev0, dev1 ... where these are taken
// (network_namespaces(7)). The same happens if the runtime is killed half-way.
//
// The messages are those of rtnetlink(7), over the sockets of package
// github.com/vishvananda/netlink/nl. The kernel's answers are read with bounds all the same.
package netdev

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/runtime/plan"
)

// Mover moves devices from one namespace to another, and back.
type Mover struct {
	here, there *Conn
	moved       []moved
}

// moved is a device that is not where it was, with what it was like.
type moved struct {
	plan.NetDevice // Name is the one that it has there
	up             bool
	addresses      []address // permanent ones, of any scope
}

// NewMover takes over the two connections.
func NewMover(here, there *Conn) *Mover { return &Mover{here: here, there: there} }

// Move moves the devices, in this order. Errors name the field of config.json; after one,
// some devices may have been moved, until Back.
func (m *Mover) Move(devices []plan.NetDevice) error {
	links, err := m.check(devices)
	if err != nil {
		return err
	}
	addresses, err := m.here.addresses()
	if err != nil {
		return fmt.Errorf("linux.netDevices: list addresses: %w", err)
	}
	for i, d := range devices {
		d.Name = links[i].target
		was := moved{NetDevice: d, up: links[i].flags&unix.IFF_UP != 0}
		for _, a := range addresses {
			if a.index == links[i].index && a.flags&unix.IFA_F_PERMANENT != 0 {
				was.addresses = append(was.addresses, a)
			}
		}
		if err := m.one(links[i].index, was); err != nil {
			return fmt.Errorf("%s: %w", d.Field, err)
		}
	}
	return nil
}

// checked is a device that can be moved, as far as one can see.
type checked struct {
	link
	target string // the name that it will have
}

// check looks at everything before anything is changed.
func (m *Mover) check(devices []plan.NetDevice) ([]checked, error) {
	taken, err := m.there.names()
	if err != nil {
		return nil, fmt.Errorf("linux.netDevices: list the devices of the container: %w", err)
	}
	list := make([]checked, len(devices))
	for i, d := range devices {
		l, err := m.here.link(d.Host)
		switch {
		case errors.Is(err, unix.ENODEV):
			return nil, fmt.Errorf("%s: no device %q in the runtime's network namespace", d.Field, d.Host)
		case err != nil:
			return nil, fmt.Errorf("%s: look for device %q: %w", d.Field, d.Host, err)
		case l.name != d.Host:
			return nil, fmt.Errorf("%s: %q is another name of device %q, expected its own", d.Field, d.Host, l.name)
		case l.flags&unix.IFF_LOOPBACK != 0:
			return nil, fmt.Errorf("%s: %q is a loopback device, which cannot be moved", d.Field, d.Host)
		}
		list[i] = checked{l, d.Name}
		if strings.HasSuffix(d.Name, "%d") {
			continue // when all the others have their names
		}
		if taken[d.Name] {
			return nil, fmt.Errorf("%s: the container's network namespace has a device %q already", d.Field, d.Name)
		}
		taken[d.Name] = true
	}
	for i, d := range devices {
		if base, ok := strings.CutSuffix(d.Name, "%d"); ok {
			// As the kernel would choose it, which does not tell what it has chosen.
			n := 0
			for taken[base+strconv.Itoa(n)] {
				n++
			}
			list[i].target = base + strconv.Itoa(n)
			taken[list[i].target] = true
		}
	}
	return list, nil
}

// one moves one device and makes it what it was.
func (m *Mover) one(index int32, d moved) error {
	if err := m.here.move(index, m.there, d.Name); err != nil {
		err = fmt.Errorf("move device %q to the container as %q: %w", d.Host, d.Name, err)
		if l, e := m.here.link(d.Host); e != nil || l.index != index {
			// It has gone, and kept its name where it could not get the new one.
			d.Name = d.Host
			m.moved = append(m.moved, d)
		}
		return err
	}
	m.moved = append(m.moved, d)
	global := slices.Clone(d.addresses)
	global = slices.DeleteFunc(global, func(a address) bool { return a.scope != unix.RT_SCOPE_UNIVERSE })
	return m.there.configure(d.Host, d.Name, global, true)
}

// Back moves what was moved to where it came from. It goes on after an error.
func (m *Mover) Back() error {
	if m == nil {
		return nil
	}
	var errs []string
	for i := len(m.moved) - 1; i >= 0; i-- {
		d := &m.moved[i]
		l, err := m.there.link(d.Name)
		if err == nil {
			err = m.there.move(l.index, m.here, d.Host)
		}
		if err == nil {
			err = m.here.configure(d.Host, d.Host, d.addresses, d.up)
		}
		if err != nil {
			errs = append(errs, fmt.Sprintf("put device %q back: %v (config.json: %s)", d.Host, err, d.Field))
		}
	}
	m.moved = nil
	if len(errs) > 0 {
		return errors.New(strings.Join(errs, "; "))
	}
	return nil
}

// Close gives up the connections, and with them the hold on the namespaces. The devices
// stay where they are.
func (m *Mover) Close() {
	if m != nil && m.here != nil {
		m.here.Close()
		m.there.Close()
		m.here, m.there, m.moved = nil, nil, nil
	}
}

// configure gives a device, which had the name was before, addresses and sets it up.
func (c *Conn) configure(was, name string, addresses []address, up bool) error {
	l, err := c.link(name)
	if err != nil {
		return fmt.Errorf("look for device %q: %w", name, err)
	}
	for _, a := range addresses {
		a.index = l.index
		a.relabel(was, name)
		if err := c.add(&a); err != nil && !errors.Is(err, unix.EEXIST) {
			return fmt.Errorf("give device %q the address %s: %w", name, a.String(), err)
		}
	}
	if !up {
		return nil
	}
	if err := c.up(l.index); err != nil {
		return fmt.Errorf("set device %q up: %w", name, err)
	}
	return nil
}
