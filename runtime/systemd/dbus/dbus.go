// Package dbus is the part of D-Bus that a program needs which calls some
// methods of one service and waits for one signal: a blocking connection over a
// local socket, without goroutines, with a deadline.
//
//	c, err := dbus.Dial("/run/systemd/private", time.Now().Add(10*time.Second))
//	defer c.Close()
//	var e dbus.Encoder
//	e.String("a.scope")
//	m, err := c.Call("", "/org/freedesktop/systemd1", "org.freedesktop.systemd1.Manager", "GetUnit", "s", e.Bytes())
//	d := m.Decoder("o")
//	path := d.String()
//	err = d.Err()
//
// The wire format and the terms are those of the D-Bus specification: a message
// is a header (a fixed part and an array of fields) and a body, whose types a
// signature names. Calls are written by [Encoder], without reflection; what comes
// in is read by [Decoder].
//
// # Why not a library
//
// A runtime is started several times for each container, and github.com/godbus/dbus
// makes the program 240 kB larger, github.com/coreos/go-systemd on top of it 270 kB.
// It also starts goroutines and the network poller of the Go runtime where one
// thread waits for one answer.
//
// # What the other side can do
//
// It is systemd or the system's bus, and yet nothing that it sends is trusted with
// memory: the header is bounded by 64 KiB, a body by 256 KiB, only the signal that is
// listened for is kept, in 4 KiB, and every length is held against what is there. On a
// bus anybody may send us a signal, so that the caller has to compare [Message.Sender]
// with that of an answer.
//
// # Limits
//
// Descriptors are not passed, calls from the other side are not answered, and of
// the types only those are there that are used.
package dbus
