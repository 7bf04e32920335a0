package netdev

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"

	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"
)

// Conn is a socket to the devices and addresses of one network namespace.
type Conn struct {
	handle *nl.SocketHandle
	ns     int // the namespace
}

// Dial connects to the network namespace of the calling thread. It belongs to this one
// ever after, and keeps it alive.
func Dial() (*Conn, error) {
	const name = "/proc/thread-self/ns/net"
	ns, err := unix.Open(name, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, &os.PathError{Op: "open", Path: name, Err: err}
	}
	s, err := nl.Subscribe(unix.NETLINK_ROUTE)
	if err != nil {
		unix.Close(ns)
		return nil, fmt.Errorf("rtnetlink socket: %w", err)
	}
	_ = s.SetExtAck(true) // errors in words; without them there is the errno
	return &Conn{&nl.SocketHandle{Socket: s}, ns}, nil
}

// Close closes the socket.
func (c *Conn) Close() {
	c.handle.Close()
	unix.Close(c.ns)
}

// maxInterrupted bounds how often a list is asked for that changed while it was read.
const maxInterrupted = 8

// request sends one message and returns the answers of a type (0: there is none but the
// acknowledgement).
func (c *Conn) request(kind int, flags int, answer uint16, body []byte) (list [][]byte, err error) {
	for range maxInterrupted {
		req := nl.NewNetlinkRequest(kind, flags)
		req.Sockets = map[int]*nl.SocketHandle{unix.NETLINK_ROUTE: c.handle}
		req.AddRawData(body)
		if list, err = req.Execute(unix.NETLINK_ROUTE, answer); !errors.Is(err, nl.ErrDumpInterrupted) {
			break
		}
	}
	return list, err
}

// link looks a device up by its name. The error is ENODEV if there is none.
func (c *Conn) link(name string) (link, error) {
	body := appendAttr(ifInfo(0, 0, 0), unix.IFLA_IFNAME, append([]byte(name), 0))
	list, err := c.request(unix.RTM_GETLINK, 0, unix.RTM_NEWLINK, body)
	if err != nil {
		return link{}, err
	}
	if len(list) != 1 {
		return link{}, fmt.Errorf("%w: %d devices of one name", errMalformed, len(list))
	}
	return parseLink(list[0])
}

// names lists the devices.
func (c *Conn) names() (map[string]bool, error) {
	list, err := c.request(unix.RTM_GETLINK, unix.NLM_F_DUMP, unix.RTM_NEWLINK, ifInfo(0, 0, 0))
	if err != nil {
		return nil, err
	}
	names := make(map[string]bool, len(list))
	for _, msg := range list {
		l, err := parseLink(msg)
		if err != nil {
			return nil, err
		}
		names[l.name] = true
	}
	return names, nil
}

// addresses lists those of all devices and families.
func (c *Conn) addresses() ([]address, error) {
	list, err := c.request(unix.RTM_GETADDR, unix.NLM_F_DUMP, unix.RTM_NEWADDR, make([]byte, unix.SizeofIfAddrmsg))
	if err != nil {
		return nil, err
	}
	addresses := make([]address, len(list))
	for i, msg := range list {
		if addresses[i], err = parseAddress(msg); err != nil {
			return nil, err
		}
	}
	return addresses, nil
}

// move moves a device to another namespace and gives it a name there. If only the latter
// fails, it is there with its old name.
func (c *Conn) move(index int32, to *Conn, name string) error {
	body := appendAttr(ifInfo(index, 0, 0), unix.IFLA_NET_NS_FD, binary.NativeEndian.AppendUint32(nil, uint32(to.ns)))
	body = appendAttr(body, unix.IFLA_IFNAME, append([]byte(name), 0))
	_, err := c.request(unix.RTM_NEWLINK, unix.NLM_F_ACK, 0, body)
	return err
}

func (c *Conn) up(index int32) error {
	_, err := c.request(unix.RTM_NEWLINK, unix.NLM_F_ACK, 0, ifInfo(index, unix.IFF_UP, unix.IFF_UP))
	return err
}

func (c *Conn) add(a *address) error {
	_, err := c.request(unix.RTM_NEWADDR, unix.NLM_F_ACK|unix.NLM_F_CREATE|unix.NLM_F_EXCL, 0, a.message())
	return err
}
