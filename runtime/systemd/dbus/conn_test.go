package dbus

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	godbus "github.com/godbus/dbus/v5"
	"golang.org/x/sys/unix"
)

// peer listens on a socket for one connection, authenticates it as the other
// implementation's clients are used to, and then does as it is told. It returns
// the socket's path.
func peer(t *testing.T, serve func(c *net.UnixConn)) string {
	t.Helper()
	return listen(t, func(c *net.UnixConn) {
		want := "\x00AUTH EXTERNAL "
		for _, b := range []byte(strconv.Itoa(os.Geteuid())) {
			want += "3" + string(b)
		}
		want += "\r\nBEGIN\r\n"
		got := make([]byte, len(want))
		if _, err := io.ReadFull(c, got); err != nil || string(got) != want {
			t.Errorf("authentication %q (%v), want %q", got, err, want)
		}
		c.Write([]byte("OK 1234deadbeef\r\n"))
		serve(c)
	})
}

func listen(t *testing.T, serve func(c *net.UnixConn)) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "bus")
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		c, err := l.AcceptUnix()
		if err != nil {
			return
		}
		defer c.Close()
		serve(c)
	}()
	t.Cleanup(func() { l.Close(); <-done })
	return path
}

func dial(t *testing.T, path string, within time.Duration) *Conn {
	t.Helper()
	c, err := Dial(path, time.Now().Add(within))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// serial reads a call and returns its serial.
func serial(t *testing.T, c *net.UnixConn) uint32 {
	m, err := godbus.DecodeMessage(c)
	if err != nil {
		t.Error(err)
		return 0
	}
	return m.Serial()
}

const limit = 20 * time.Second

// TestCall: signals in between, answers to something else, an answer that comes a
// byte at a time.
func TestCall(t *testing.T) {
	path := peer(t, func(c *net.UnixConn) {
		n := serial(t, c)
		c.Write(signal(t, binary.LittleEndian, "one"))
		c.Write(reply(t, n+5, "another's"))
		for _, b := range reply(t, n, "the answer") {
			c.Write([]byte{b})
		}
		c.Write(signal(t, binary.BigEndian, "two"))
		n = serial(t, c)
		c.Write(failure(t, n, "org.x.Error", "in words", uint32(3)))
		n = serial(t, c)
		c.Write(failure(t, n, "org.x.Error"))
	})
	c := dial(t, path, limit)
	c.Listen("org.freedesktop.systemd1.Manager", "JobRemoved")
	m, err := c.Call("", "/x", "org.x.I", "Get", "", nil)
	if err != nil {
		t.Fatal(err)
	}
	if d := m.Decoder("s"); d.String() != "the answer" || d.Err() != nil {
		t.Errorf("%+v", m)
	}
	for _, want := range []string{"one", "two"} {
		m, err := c.Signal()
		if err != nil {
			t.Fatal(err)
		}
		d := m.Decoder("uoss")
		d.Uint32()
		_, _ = d.String(), d.String()
		if got := d.String(); got != want || d.Err() != nil {
			t.Errorf("signal %q, want %q", got, want)
		}
	}
	for _, want := range []string{"in words", "org.x.Error"} {
		var e *Error
		if _, err = c.Call("", "/x", "org.x.I", "Get", "", nil); !errors.As(err, &e) || e.Name != "org.x.Error" || e.Error() != want {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

// TestOtherSignals: what nobody listens for is passed over, however large, and so
// is a signal of the right name that is too large.
func TestOtherSignals(t *testing.T) {
	path := peer(t, func(c *net.UnixConn) {
		n := serial(t, c)
		c.Write(bytes.Replace(signal(t, binary.LittleEndian, "x"), []byte("JobRemoved"), []byte("JobIsMoved"), 1))
		c.Write(bytes.Replace(signal(t, binary.LittleEndian, strings.Repeat("x", 3*maxBody)), []byte("JobRemoved"), []byte("JobIsMoved"), 1))
		c.Write(signal(t, binary.LittleEndian, strings.Repeat("x", maxSignal)))
		c.Write(message(t, &godbus.Message{Type: godbus.TypeSignal, Headers: map[godbus.HeaderField]godbus.Variant{
			godbus.FieldPath:      godbus.MakeVariant(godbus.ObjectPath("/" + strings.Repeat("x", maxSignal))),
			godbus.FieldInterface: godbus.MakeVariant("org.freedesktop.systemd1.Manager"),
			godbus.FieldMember:    godbus.MakeVariant("JobRemoved"),
		}}, binary.LittleEndian))
		c.Write(reply(t, n))
		c.Write(signal(t, binary.LittleEndian, "done"))
	})
	c := dial(t, path, limit)
	c.Listen("org.freedesktop.systemd1.Manager", "JobRemoved")
	if _, err := c.Call("", "/x", "org.x.I", "Get", "", nil); err != nil {
		t.Fatal(err)
	}
	if len(c.signals) != 0 {
		t.Errorf("%d signals are kept", len(c.signals))
	}
	if m, err := c.Signal(); err != nil || len(m.Body) > 100 {
		t.Errorf("%v", err)
	}
	if len(c.space) > 2*maxBody {
		t.Errorf("the buffer has %d bytes", len(c.space))
	}
}

// TestSignalFlood: of many signals before an answer the last ones are kept.
func TestSignalFlood(t *testing.T) {
	path := peer(t, func(c *net.UnixConn) {
		n := serial(t, c)
		one := signal(t, binary.LittleEndian, "more")
		for range 3 * maxSignals {
			c.Write(one)
		}
		c.Write(signal(t, binary.LittleEndian, "last"))
		c.Write(reply(t, n))
	})
	c := dial(t, path, limit)
	c.Listen("org.freedesktop.systemd1.Manager", "JobRemoved")
	if _, err := c.Call("", "/x", "org.x.I", "Get", "", nil); err != nil {
		t.Fatal(err)
	}
	if len(c.signals) != maxSignals || !bytes.Contains(c.signals[maxSignals-1].Body, []byte("last")) {
		t.Errorf("%d signals", len(c.signals))
	}
}

// TestHostile: whatever the other side does ends in an error, in time.
func TestHostile(t *testing.T) {
	for _, c := range []struct {
		name, want string
		serve      func(c *net.UnixConn)
	}{
		{"closes without an answer", "closed", func(c *net.UnixConn) { serial(t, c) }},
		{"no message", "not a D-Bus message", func(c *net.UnixConn) { serial(t, c); c.Write([]byte("HTTP/1.1 200 OK\r\n\r\n")) }},
		{"an answer cut short", "closed", func(c *net.UnixConn) { c.Write(reply(t, serial(t, c), "x")[:36]) }},
		{"too large an answer", "an answer of", func(c *net.UnixConn) { c.Write(reply(t, serial(t, c), strings.Repeat("x", maxBody))) }},
		{"silence", "timeout", func(c *net.UnixConn) { io.Copy(io.Discard, c) }},
		{"endless signals", "timeout", func(c *net.UnixConn) {
			one := bytes.Repeat(signal(t, binary.LittleEndian, "x"), 50)
			for {
				if _, err := c.Write(one); err != nil {
					return
				}
			}
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := peer(t, c.serve)
			conn, err := Dial(path, time.Now().Add(300*time.Millisecond))
			if err == nil {
				conn.Listen("org.freedesktop.systemd1.Manager", "JobRemoved")
				_, err = conn.Call("", "/x", "org.x.I", "Get", "", nil)
				conn.Close()
			}
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, want %q", err, c.want)
			}
		})
	}
}

func TestAuthentication(t *testing.T) {
	for _, c := range []struct{ answer, want string }{
		{"REJECTED EXTERNAL\r\n", `"REJECTED EXTERNAL\r\n", expected OK`},
		{"OK", "closed"},
		{strings.Repeat("x", 600), "not a line"},
	} {
		path := listen(t, func(conn *net.UnixConn) {
			conn.Write([]byte(c.answer))
			conn.CloseWrite()
			io.Copy(io.Discard, conn)
		})
		conn, err := Dial(path, time.Now().Add(limit))
		if err == nil {
			conn.Close()
		}
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: %v, want %q", c.answer, err, c.want)
		}
	}
	if _, err := Dial(filepath.Join(t.TempDir(), "none"), time.Now().Add(limit)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no socket: %v", err)
	}
}

// FuzzRead: any stream of bytes ends in an error or the stream's end, and no
// message has more than the stream.
func FuzzRead(f *testing.F) {
	f.Add(signal(f, binary.LittleEndian, "done"))
	f.Add(signal(f, binary.BigEndian, "done"))
	f.Add(reply(f, 1, "x", uint32(5), godbus.MakeVariant("v")))
	f.Add(append(failure(f, 2, "org.x.Error", "words"), reply(f, 3)...))
	f.Fuzz(func(t *testing.T, data []byte) {
		fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
		if err != nil {
			t.Fatal(err)
		}
		data = data[:min(len(data), 64<<10)] // what fits into the socket
		c := &Conn{fd: fds[0], deadline: time.Now().Add(limit)}
		c.Listen("org.freedesktop.systemd1.Manager", "JobRemoved")
		defer c.Close()
		if _, err := unix.Write(fds[1], data); err != nil && len(data) > 0 {
			t.Fatal(err)
		}
		unix.Close(fds[1])
		for total := 0; ; {
			m, err := c.read()
			if err != nil {
				return
			}
			if total += len(m.Body); total > len(data) {
				t.Fatalf("%d bytes of bodies from %d", total, len(data))
			}
			for _, sig := range []string{m.Signature, "uoss"} {
				d := m.Decoder(sig)
				d.Uint32()
				_ = d.String() + d.VariantString() + d.String()
			}
		}
	})
}
