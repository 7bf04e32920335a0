package dbus

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

// Conn is a connection. It is not safe for concurrent use. After an error that
// is not an *Error it is of no use but to be closed.
type Conn struct {
	fd       int
	serial   uint32
	buf      []byte // read and not taken yet
	space    []byte // what buf is a part of
	deadline time.Time

	iface, member string // of the signal that is listened for
	signals       []*Message
}

// ErrClosed says that the other side has ended the connection. Whether it has got
// the last call is not known then.
var ErrClosed = errors.New("the other side has closed the connection")

// Error is the answer ERROR to a call.
type Error struct {
	Name    string // "org.freedesktop.systemd1.NoSuchUnit"
	Message string // for people, in one line; may be empty
}

func (e *Error) Error() string {
	if e.Message == "" {
		return e.Name
	}
	return e.Message
}

// Dial connects to the socket at path and authenticates as the effective user,
// by what the kernel tells the other side (EXTERNAL). Every operation fails that
// is not done at the deadline.
//
// The first call has to wait for the answer to the authentication: if both are in
// systemd's buffer at once, it looks at the call only when more comes in (seen
// with systemd 257).
func Dial(path string, deadline time.Time) (*Conn, error) {
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		return nil, os.NewSyscallError("socket", err)
	}
	c := &Conn{fd: fd, deadline: deadline}
	// A local socket connects at once, or not at all; EAGAIN: its queue is full.
	for {
		if err = unix.Connect(fd, &unix.SockaddrUnix{Name: path}); err != unix.EAGAIN && err != unix.EINTR {
			break
		}
		if time.Now().After(deadline) {
			err = os.ErrDeadlineExceeded
			break
		}
		time.Sleep(5 * time.Millisecond)
	}
	if err == nil {
		uid := strconv.Itoa(os.Geteuid())
		hello := append([]byte("\x00AUTH EXTERNAL "), make([]byte, 2*len(uid))...)
		for i, b := range []byte(uid) {
			hello[len(hello)-2*len(uid)+2*i], hello[len(hello)-2*len(uid)+2*i+1] = '3', b
		}
		if err = c.write(append(hello, "\r\nBEGIN\r\n"...)); err == nil {
			err = c.greet()
		}
	}
	if err != nil {
		c.Close()
		return nil, fmt.Errorf("connect to %s: %w", path, err)
	}
	return c, nil
}

// Close closes the connection.
func (c *Conn) Close() { unix.Close(c.fd) }

// Call calls a method and returns its answer. The answer ERROR is an *Error. dest
// is empty where there is no bus in between.
func (c *Conn) Call(dest, path, iface, member, signature string, body []byte) (*Message, error) {
	c.serial++
	data, err := encodeCall(c.serial, dest, path, iface, member, signature, body)
	if err == nil {
		err = c.write(data)
	}
	for err == nil {
		var m *Message
		m, err = c.read()
		switch {
		case err != nil:
		case m.kind == typeSignal:
			if len(c.signals) == maxSignals {
				c.signals = c.signals[1:]
			}
			c.signals = append(c.signals, m)
		case m.replySerial != c.serial: // of nothing that was asked here
		case m.kind == typeReturn:
			return m, nil
		case m.kind == typeError:
			e := &Error{Name: m.ErrorName}
			if len(m.Signature) > 0 && m.Signature[0] == 's' {
				e.Message = (&Decoder{buf: m.Body, order: m.order}).String()
			}
			return nil, e
		}
	}
	return nil, fmt.Errorf("%s: %w", member, err)
}

// maxSignals bounds what is kept of the signals that come between a call and its
// answer, which are few; the latest stay.
const maxSignals = 256

// Listen names the one signal that Signal returns. Whatever else the other side
// announces is passed over.
func (c *Conn) Listen(iface, member string) { c.iface, c.member = iface, member }

// Signal returns the next signal of the kind that Listen has named, if need be one
// that came while a call waited for its answer.
func (c *Conn) Signal() (*Message, error) {
	if len(c.signals) > 0 {
		m := c.signals[0]
		c.signals = c.signals[1:]
		return m, nil
	}
	for {
		if m, err := c.read(); err != nil || m.kind == typeSignal {
			return m, err
		}
	}
}

// read returns the next message that has a meaning here: it passes over calls,
// unknown types and other signals.
func (c *Conn) read() (*Message, error) {
	for {
		if time.Now().After(c.deadline) { // also of a stream that never pauses
			return nil, os.ErrDeadlineExceeded
		}
		b, err := c.need(fixedSize)
		if err != nil {
			return nil, err
		}
		m, fields, body, err := parseFixed(b)
		if err != nil {
			return nil, malformed(err)
		}
		if b, err = c.need(fixedSize + fields); err != nil {
			return nil, err
		}
		if err = m.parseFields(b); err != nil {
			return nil, malformed(err)
		}
		c.buf = c.buf[fixedSize+fields:]
		wanted := m.kind == typeReturn || m.kind == typeError ||
			m.kind == typeSignal && m.Interface == c.iface && m.Member == c.member && fields+body <= maxSignal
		if wanted && body > maxBody {
			return nil, malformed(fmt.Errorf("an answer of %d bytes, expected at most %d", body, maxBody))
		}
		for ; body > maxBody; body -= maxBody {
			if _, err = c.need(maxBody); err != nil {
				return nil, err
			}
			c.buf = c.buf[maxBody:]
		}
		if b, err = c.need(body); err != nil {
			return nil, err
		}
		if wanted {
			m.Body = append([]byte(nil), b[:body]...)
		}
		c.buf = c.buf[body:]
		if wanted {
			return m, nil
		}
	}
}

func malformed(err error) error { return fmt.Errorf("not a D-Bus message: %w", err) }

// greet takes the line that answers the authentication: "OK GUID" or "REJECTED".
func (c *Conn) greet() error {
	for n := 1; ; n++ {
		b, err := c.need(n)
		if err != nil {
			return fmt.Errorf("authentication: %w", err)
		}
		if b[n-1] == '\n' {
			if line := string(b[:n]); len(line) < 3 || line[:3] != "OK " {
				return fmt.Errorf("authentication: the answer is %q, expected OK", line)
			}
			c.buf = c.buf[n:]
			return nil
		}
		if n == 512 {
			return errors.New("authentication: the answer is not a line")
		}
	}
}

// need returns the unread bytes, at least n of them.
func (c *Conn) need(n int) ([]byte, error) {
	for len(c.buf) < n {
		if cap(c.buf) < n || cap(c.buf) == len(c.buf) {
			if len(c.space) < n {
				c.space = make([]byte, max(n, 4096))
			}
			c.buf = c.space[:copy(c.space, c.buf)]
		}
		m, err := unix.Read(c.fd, c.buf[len(c.buf):cap(c.buf)])
		switch {
		case err == unix.EINTR:
		case err == unix.EAGAIN:
			if err := c.wait(unix.POLLIN); err != nil {
				return nil, err
			}
		case m == 0, err == unix.ECONNRESET:
			return nil, ErrClosed
		case err != nil:
			return nil, os.NewSyscallError("read", err)
		default:
			c.buf = c.buf[:len(c.buf)+m]
		}
	}
	return c.buf, nil
}

func (c *Conn) write(data []byte) error {
	for len(data) > 0 {
		n, err := unix.SendmsgN(c.fd, data, nil, nil, unix.MSG_NOSIGNAL)
		switch err {
		case nil:
			data = data[n:]
		case unix.EINTR:
		case unix.EAGAIN:
			if err := c.wait(unix.POLLOUT); err != nil {
				return err
			}
		case unix.EPIPE, unix.ECONNRESET:
			return ErrClosed
		default:
			return os.NewSyscallError("sendmsg", err)
		}
	}
	return nil
}

// wait waits until the socket is ready.
func (c *Conn) wait(events int16) error {
	for {
		left := time.Until(c.deadline)
		if left <= 0 {
			return os.ErrDeadlineExceeded
		}
		n, err := unix.Poll([]unix.PollFd{{Fd: int32(c.fd), Events: events}}, int(left/time.Millisecond)+1)
		if err != nil && err != unix.EINTR {
			return os.NewSyscallError("poll", err)
		}
		if n > 0 {
			return nil
		}
	}
}
