package netdev

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"strings"

	"golang.org/x/sys/unix"
)

// errMalformed is an answer that is not what rtnetlink(7) says.
var errMalformed = errors.New("the kernel's answer is malformed")

// link is a network device.
type link struct {
	index int32
	flags uint32 // IFF_*
	name  string
}

// ifInfo is struct ifinfomsg: the device, and which of its flags are to be what.
func ifInfo(index int32, flags, change uint32) []byte {
	b := make([]byte, unix.SizeofIfInfomsg)
	binary.NativeEndian.PutUint32(b[4:], uint32(index))
	binary.NativeEndian.PutUint32(b[8:], flags)
	binary.NativeEndian.PutUint32(b[12:], change)
	return b
}

// parseLink reads an RTM_NEWLINK message behind its header.
func parseLink(msg []byte) (l link, err error) {
	if len(msg) < unix.SizeofIfInfomsg {
		return l, fmt.Errorf("%w: a device of %d bytes", errMalformed, len(msg))
	}
	l.index = int32(binary.NativeEndian.Uint32(msg[4:]))
	l.flags = binary.NativeEndian.Uint32(msg[8:])
	attrs, err := parseAttrs(msg[unix.SizeofIfInfomsg:])
	if err != nil {
		return l, err
	}
	for _, a := range attrs {
		if a.kind == unix.IFLA_IFNAME {
			l.name, _, _ = strings.Cut(string(a.value), "\x00")
		}
	}
	if l.name == "" {
		return l, fmt.Errorf("%w: a device without a name", errMalformed)
	}
	return l, nil
}

// address is an address of a device. What has no member here is kept as it is in attrs.
type address struct {
	family, prefix, scope byte
	flags                 uint32 // IFA_F_*
	index                 int32
	attrs                 []attr
}

// settable are the flags that an address is given; the others tell of its state.
const settable = unix.IFA_F_NODAD | unix.IFA_F_HOMEADDRESS | unix.IFA_F_MANAGETEMPADDR | unix.IFA_F_NOPREFIXROUTE | unix.IFA_F_MCAUTOJOIN

// ifaProto is IFA_PROTO of linux/if_addr.h (Linux 5.18): who has made the address.
const ifaProto = 11

// parseAddress reads an RTM_NEWADDR message behind its header.
func parseAddress(msg []byte) (a address, err error) {
	if len(msg) < unix.SizeofIfAddrmsg {
		return a, fmt.Errorf("%w: an address of %d bytes", errMalformed, len(msg))
	}
	a.family, a.prefix, a.flags, a.scope = msg[0], msg[1], uint32(msg[2]), msg[3]
	a.index = int32(binary.NativeEndian.Uint32(msg[4:]))
	attrs, err := parseAttrs(msg[unix.SizeofIfAddrmsg:])
	if err != nil {
		return a, err
	}
	for _, at := range attrs {
		switch at.kind {
		case unix.IFA_FLAGS: // all 32 of them
			if len(at.value) != 4 {
				return a, fmt.Errorf("%w: flags of %d bytes", errMalformed, len(at.value))
			}
			a.flags = binary.NativeEndian.Uint32(at.value)
		case unix.IFA_ADDRESS, unix.IFA_LOCAL, unix.IFA_LABEL, unix.IFA_BROADCAST, unix.IFA_CACHEINFO, unix.IFA_RT_PRIORITY, ifaProto:
			a.attrs = append(a.attrs, at)
		}
	}
	return a, nil
}

// message makes an RTM_NEWADDR message of it.
func (a *address) message() []byte {
	b := []byte{a.family, a.prefix, byte(a.flags & settable), a.scope, 0, 0, 0, 0}
	binary.NativeEndian.PutUint32(b[4:], uint32(a.index))
	for _, at := range a.attrs {
		b = appendAttr(b, at.kind, at.value)
	}
	return appendAttr(b, unix.IFA_FLAGS, binary.NativeEndian.AppendUint32(nil, a.flags&settable))
}

// relabel makes the label of an IPv4 address, which begins with the device's name, one of
// the new name. A label that would be too long goes; the kernel then takes the name.
func (a *address) relabel(was, name string) {
	attrs := make([]attr, 0, len(a.attrs))
	for _, at := range a.attrs {
		if at.kind == unix.IFA_LABEL {
			label, _, _ := strings.Cut(string(at.value), "\x00")
			if label == was {
				label = name
			} else if suffix, ok := strings.CutPrefix(label, was+":"); ok {
				label = name + ":" + suffix
			}
			if len(label) >= unix.IFNAMSIZ {
				continue
			}
			at.value = append([]byte(label), 0)
		}
		attrs = append(attrs, at)
	}
	a.attrs = attrs
}

// String is the address as people write it, or its family if that is none of IP.
func (a *address) String() string {
	text := fmt.Sprintf("of family %d", a.family)
	for _, at := range a.attrs {
		if ip, ok := netip.AddrFromSlice(at.value); ok && (at.kind == unix.IFA_LOCAL || at.kind == unix.IFA_ADDRESS) {
			text = fmt.Sprintf("%s/%d", ip, a.prefix)
			if at.kind == unix.IFA_LOCAL { // the other one is the peer's, if there are both
				break
			}
		}
	}
	return text
}

// attr is one attribute of a message.
type attr struct {
	kind  uint16
	value []byte
}

// sizeofAttr is the size of struct rtattr, which precedes each value.
const sizeofAttr = 4

// parseAttrs splits a sequence of attributes, each padded to 4 bytes but the last one.
func parseAttrs(b []byte) (list []attr, err error) {
	for len(b) > 0 {
		if len(b) < sizeofAttr {
			return nil, fmt.Errorf("%w: %d bytes behind its attributes", errMalformed, len(b))
		}
		n := int(binary.NativeEndian.Uint16(b))
		if n < sizeofAttr || n > len(b) {
			return nil, fmt.Errorf("%w: an attribute of %d bytes in %d", errMalformed, n, len(b))
		}
		const nested, netOrder = 1 << 15, 1 << 14 // not part of the type (netlink(7))
		list = append(list, attr{binary.NativeEndian.Uint16(b[2:]) &^ (nested | netOrder), b[sizeofAttr:n:n]})
		b = b[min(padded(n), len(b)):]
	}
	return list, nil
}

// appendAttr appends an attribute, whose value must be shorter than 64 KiB.
func appendAttr(b []byte, kind uint16, value []byte) []byte {
	n := sizeofAttr + len(value)
	b = binary.NativeEndian.AppendUint16(b, uint16(n))
	b = binary.NativeEndian.AppendUint16(b, kind)
	b = append(b, value...)
	return append(b, make([]byte, padded(n)-n)...)
}

func padded(n int) int { return (n + 3) &^ 3 }
