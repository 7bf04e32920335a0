package netdev

import (
	"bytes"
	"encoding/binary"
	"errors"
	"testing"

	"golang.org/x/sys/unix"
)

func u32(v uint32) []byte { return binary.NativeEndian.AppendUint32(nil, v) }

// addressMessage is an RTM_NEWADDR message as the kernel writes it.
func addressMessage(family, prefix, flags, scope byte, index uint32, attrs ...attr) []byte {
	b := append([]byte{family, prefix, flags, scope}, u32(index)...)
	for _, a := range attrs {
		b = appendAttr(b, a.kind, a.value)
	}
	return b
}

func TestLink(t *testing.T) {
	b := ifInfo(7, unix.IFF_UP|unix.IFF_LOOPBACK, 0)
	b = appendAttr(b, unix.IFLA_MTU, u32(1500))
	b = appendAttr(b, unix.IFLA_IFNAME, []byte("eth0\x00"))
	l, err := parseLink(b)
	if want := (link{7, unix.IFF_UP | unix.IFF_LOOPBACK, "eth0"}); err != nil || l != want {
		t.Errorf("%+v, %v, want %+v", l, err, want)
	}
	for n := range len(b) {
		l, err := parseLink(b[:n])
		if err == nil && l.name != "eth0" || err != nil && !errors.Is(err, errMalformed) {
			t.Errorf("%d bytes: %+v, %v", n, l, err)
		}
	}
}

// What is read of an address and written again is the same, without its state and with
// the new name in its label.
func TestAddress(t *testing.T) {
	four, six := []byte{10, 0, 0, 1}, append([]byte{0xfd}, append(make([]byte, 14), 9)...)
	life := make([]byte, 16)
	for _, c := range []struct {
		name     string
		in, want []byte
		text     string
	}{
		{"IPv4", addressMessage(unix.AF_INET, 24, unix.IFA_F_PERMANENT, 0, 3,
			attr{unix.IFA_ADDRESS, four}, attr{unix.IFA_LOCAL, four}, attr{unix.IFA_BROADCAST, []byte{10, 0, 0, 255}},
			attr{unix.IFA_LABEL, []byte("eth0:1\x00")}, attr{unix.IFA_FLAGS, u32(unix.IFA_F_PERMANENT | unix.IFA_F_NOPREFIXROUTE)},
			attr{unix.IFA_CACHEINFO, life}, attr{unix.IFA_RT_PRIORITY, u32(50)}),
			addressMessage(unix.AF_INET, 24, 0, 0, 9,
				attr{unix.IFA_ADDRESS, four}, attr{unix.IFA_LOCAL, four}, attr{unix.IFA_BROADCAST, []byte{10, 0, 0, 255}},
				attr{unix.IFA_LABEL, []byte("net0:1\x00")}, attr{unix.IFA_CACHEINFO, life}, attr{unix.IFA_RT_PRIORITY, u32(50)},
				attr{unix.IFA_FLAGS, u32(unix.IFA_F_NOPREFIXROUTE)}),
			"10.0.0.1/24"},
		{"IPv6", addressMessage(unix.AF_INET6, 64, unix.IFA_F_PERMANENT|unix.IFA_F_TENTATIVE|unix.IFA_F_NODAD, 0, 3,
			attr{unix.IFA_ADDRESS, six}, attr{unix.IFA_FLAGS, u32(unix.IFA_F_PERMANENT | unix.IFA_F_TENTATIVE | unix.IFA_F_NODAD)}, attr{ifaProto, []byte{5}}),
			addressMessage(unix.AF_INET6, 64, unix.IFA_F_NODAD, 0, 9,
				attr{unix.IFA_ADDRESS, six}, attr{ifaProto, []byte{5}}, attr{unix.IFA_FLAGS, u32(unix.IFA_F_NODAD)}),
			"fd00::9/64"},
		{"point to point", addressMessage(unix.AF_INET, 32, unix.IFA_F_PERMANENT, 0, 3,
			attr{unix.IFA_ADDRESS, []byte{10, 0, 0, 2}}, attr{unix.IFA_LOCAL, four}, attr{unix.IFA_LABEL, []byte("other\x00")}),
			addressMessage(unix.AF_INET, 32, 0, 0, 9,
				attr{unix.IFA_ADDRESS, []byte{10, 0, 0, 2}}, attr{unix.IFA_LOCAL, four}, attr{unix.IFA_LABEL, []byte("other\x00")}, attr{unix.IFA_FLAGS, u32(0)}),
			"10.0.0.1/32"},
		{"a family of its own", addressMessage(45, 0, unix.IFA_F_PERMANENT, 0, 3, attr{unix.IFA_LOCAL, []byte{8}}),
			addressMessage(45, 0, 0, 0, 9, attr{unix.IFA_LOCAL, []byte{8}}, attr{unix.IFA_FLAGS, u32(0)}), "of family 45"},
	} {
		a, err := parseAddress(c.in)
		if err != nil || a.index != 3 || a.flags&unix.IFA_F_PERMANENT == 0 {
			t.Errorf("%s: %+v, %v", c.name, a, err)
			continue
		}
		a.index = 9
		a.relabel("eth0", "net0")
		if got := a.message(); !bytes.Equal(got, c.want) {
			t.Errorf("%s: written as\n%x\nwant\n%x", c.name, got, c.want)
		}
		if a.String() != c.text {
			t.Errorf("%s: %s, want %s", c.name, a.String(), c.text)
		}
		for n := range len(c.in) {
			if _, err := parseAddress(c.in[:n]); err != nil && !errors.Is(err, errMalformed) {
				t.Errorf("%s, %d bytes: %v", c.name, n, err)
			}
		}
	}
}

// A label that the new name makes too long goes.
func TestLongLabel(t *testing.T) {
	a := address{attrs: []attr{{unix.IFA_LABEL, []byte("a:12345678\x00")}, {unix.IFA_LOCAL, []byte{1}}}}
	a.relabel("a", "fifteen-bytes.0")
	if len(a.attrs) != 1 || a.attrs[0].kind != unix.IFA_LOCAL {
		t.Errorf("%+v", a.attrs)
	}
}

func TestAttrs(t *testing.T) {
	for _, b := range [][]byte{{1}, {4, 0, 1}, {3, 0, 1, 0}, {0, 0, 0, 0}, {9, 0, 1, 0, 1, 2, 3, 4}, {0xff, 0xff, 0, 0}} {
		if list, err := parseAttrs(b); !errors.Is(err, errMalformed) {
			t.Errorf("%x: %+v, %v", b, list, err)
		}
	}
	// The last one need not be padded.
	list, err := parseAttrs([]byte{5, 0, 2, 0x80, 7, 0, 0, 0, 5, 0, 1, 0, 9})
	if err != nil || len(list) != 2 || list[0].kind != 2 || list[1].kind != 1 || list[1].value[0] != 9 {
		t.Errorf("%+v, %v", list, err)
	}
}

// FuzzParse: whatever the bytes, there is no panic, no attribute is longer than they are,
// and what is written of an address is read as the same.
func FuzzParse(f *testing.F) {
	f.Add(addressMessage(unix.AF_INET, 8, 128, 254, 1, attr{unix.IFA_LOCAL, []byte{127, 0, 0, 1}}, attr{unix.IFA_LABEL, []byte("lo\x00")}, attr{unix.IFA_FLAGS, u32(128)}))
	f.Add(appendAttr(ifInfo(1, 9, 0), unix.IFLA_IFNAME, []byte("lo\x00")))
	f.Fuzz(func(t *testing.T, b []byte) {
		if l, err := parseLink(b); err == nil && (l.name == "" || len(l.name) > len(b)) {
			t.Errorf("device %q of %d bytes", l.name, len(b))
		}
		a, err := parseAddress(b)
		if err != nil {
			return
		}
		_ = a.String()
		again, err := parseAddress(a.message())
		if err != nil || again.String() != a.String() || len(again.attrs) != len(a.attrs) || again.flags != a.flags&settable {
			t.Errorf("%+v is written and read as %+v, %v", a, again, err)
		}
		a.relabel("lo", "net0")
	})
}
