// Package systemd asks systemd for the units that containers run in: it checks
// and makes up unit names, has scopes started and stopped, and says in systemd's
// words why that did not work.
//
//	scope, err := systemd.ParsePath("machine-a.slice:runseal:c1", "c1")
//	err = systemd.Start(scope.Unit, props) // props has PIDs, Slice, limits
//	...
//	err = systemd.Stop(scope.Unit, scope.Path())
//
// # Terms
//
// A unit is what systemd manages, by name. A slice (a-b.slice) is an inner node
// of its tree of cgroups, a scope is a leaf that systemd fills with processes
// which somebody else has started. A transient unit exists without a file, from
// StartTransientUnit until it has ended. A job is a change of a unit's state that
// has been asked for; systemd announces its end by the signal JobRemoved.
//
// With the property Delegate systemd leaves what is in and below the scope's
// cgroup to whom it belongs, but for the limits that are properties of the unit:
// it writes those again when it likes.
//
// # How it is reached
//
// By D-Bus over systemd's own socket, /run/systemd/private, which only root can
// connect to and which works without a bus; where there is none, over the
// system's bus. The systemd of a user, on a bus of its own, would be a third way
// into connect; [DefaultSlice] is then another.
package systemd

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/runtime/systemd/dbus"
)

const (
	booted        = "/run/systemd/system"
	privateSocket = "/run/systemd/private"
	busSocket     = "/run/dbus/system_bus_socket"

	service     = "org.freedesktop.systemd1"
	managerPath = "/org/freedesktop/systemd1"
	managerFace = "org.freedesktop.systemd1.Manager"
)

// How long systemd may take for one operation. A job waits for other units, such
// as a slice that is not there yet; a start that takes longer hangs.
const timeout = 30 * time.Second

// How long systemd may be absent: where its socket is missing, and where there is one
// that nobody answers, as long as it reads some thousand units again. How long a unit
// that is on its way out is waited for, and how often both are looked at.
const (
	absence = 2 * time.Second
	silence = 10 * time.Second
	leaving = 2 * time.Second
	poll    = 5 * time.Millisecond
)

// Running returns an error unless systemd is this machine's init (sd_booted(3)).
func Running() error {
	var st unix.Stat_t
	if err := unix.Lstat(booted, &st); err != nil || st.Mode&unix.S_IFMT != unix.S_IFDIR {
		return errors.New("systemd does not run here: there is no directory " + booted)
	}
	return nil
}

var (
	// ErrUnreachable says that systemd has not been asked for anything.
	ErrUnreachable = errors.New("systemd cannot be reached")
	// ErrClosed says that systemd has ended the connection, as it does when it
	// executes itself again. Whether it has done what it was asked for is not
	// known.
	ErrClosed = dbus.ErrClosed
)

// manager is a connection to systemd.
type manager struct {
	conn *dbus.Conn
	dest string // systemd's name on the bus; "" on its own socket
}

// connect connects to the systemd of this machine. If systemd is not there it may
// be executing itself again (systemctl daemon-reexec), which is waited for.
func connect() (*manager, error) {
	for began := time.Now(); ; time.Sleep(poll) {
		c, err := dbus.Dial(privateSocket, time.Now().Add(timeout))
		if err == nil {
			c.Listen(managerFace, "JobRemoved")
			return &manager{conn: c}, nil
		}
		m, busErr := connectBus(busSocket)
		if busErr == nil {
			return m, nil
		}
		limit := silence
		if errors.Is(err, unix.ENOENT) && errors.Is(busErr, unix.ENOENT) {
			limit = absence
		}
		if time.Since(began) > limit {
			return nil, fmt.Errorf("%w: %w; %w", ErrUnreachable, err, busErr)
		}
	}
}

// connectBus goes the way over the bus. Signals are to be asked for there: the bus
// has to let them pass, and systemd to send any at all.
func connectBus(path string) (*manager, error) {
	c, err := dbus.Dial(path, time.Now().Add(timeout))
	if err != nil {
		return nil, err
	}
	const bus = "org.freedesktop.DBus"
	c.Listen(managerFace, "JobRemoved")
	var match dbus.Encoder
	match.String("type='signal',sender='" + service + "',interface='" + managerFace + "',member='JobRemoved'")
	m := &manager{conn: c, dest: service}
	if _, err = c.Call(bus, "/org/freedesktop/DBus", bus, "Hello", "", nil); err == nil {
		if _, err = c.Call(bus, "/org/freedesktop/DBus", bus, "AddMatch", "s", match.Bytes()); err == nil {
			_, err = m.call("Subscribe", "", nil)
		}
	}
	if err != nil {
		c.Close()
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return m, nil
}

// call calls a method of the manager.
func (m *manager) call(method, signature string, body *dbus.Encoder) (*dbus.Message, error) {
	var b []byte
	if body != nil {
		b = body.Bytes()
	}
	return m.conn.Call(m.dest, managerPath, managerFace, method, signature, b)
}

// job calls a method that queues a job for a unit, and waits for the job's end.
// The result is "done", "failed", "dependency", "timeout", "canceled", ...
func (m *manager) job(method, signature string, body *dbus.Encoder) (result string, err error) {
	reply, err := m.call(method, signature, body)
	if err != nil {
		return "", err
	}
	d := reply.Decoder("o")
	job := d.String()
	if err := d.Err(); err != nil {
		return "", fmt.Errorf("the answer to %s: %w", method, err)
	}
	for {
		s, err := m.conn.Signal()
		if err != nil {
			if errors.Is(err, os.ErrDeadlineExceeded) {
				err = fmt.Errorf("the job has not ended within %s", timeout)
			}
			return "", err
		}
		// On a bus anybody can send us a signal, but only under his own name.
		if s.Sender != reply.Sender || s.Path != managerPath {
			continue
		}
		d := s.Decoder("uoss")
		d.Uint32()
		path, _ := d.String(), d.String()
		if result := d.String(); d.Err() == nil && path == job {
			return result, nil
		}
	}
}

// is says whether err is an answer of this name.
func is(err error, name string) bool {
	var e *dbus.Error
	return errors.As(err, &e) && e.Name == name
}

const (
	errUnitExists = "org.freedesktop.systemd1.UnitExists"
	errNoSuchUnit = "org.freedesktop.systemd1.NoSuchUnit"
	errUnknown    = "org.freedesktop.DBus.Error.PropertyReadOnly"
	errInvalid    = "org.freedesktop.DBus.Error.InvalidArgs"

	errUnknownObject = "org.freedesktop.DBus.Error.UnknownObject"
)

// about returns the index of the property that systemd's answer is about, which it
// does not know, or of which it does not know this value; else -1.
func about(props []Property, err error) int {
	var e *dbus.Error
	if !errors.As(err, &e) || e.Name != errUnknown && e.Name != errInvalid {
		return -1
	}
	words := strings.FieldsFunc(e.Message, func(c rune) bool { return !('a' <= c && c <= 'z' || 'A' <= c && c <= 'Z') })
	return slices.IndexFunc(props, func(p Property) bool { return slices.Contains(words, p.Name) })
}

// without returns the properties without the one that systemd's answer is about,
// if it can do without. Otherwise the error says what systemd did not do.
func without(props []Property, what string, err error) ([]Property, error) {
	i := about(props, err)
	switch {
	case i >= 0 && props[i].Optional:
		return slices.Delete(slices.Clone(props), i, i+1), nil
	case i >= 0 && props[i].Field != "":
		return nil, fmt.Errorf("%s: systemd refuses %s: %w", props[i].Field, props[i], err)
	}
	return nil, fmt.Errorf("systemd could not %s: %w", what, err)
}
