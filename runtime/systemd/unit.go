package systemd

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/runseal/runseal/runtime/systemd/dbus"
)

// AliveError says that there is a unit of this name already, and that it has not
// ended.
type AliveError struct {
	Unit, State string // "active"
	Cgroup      string // "/a.slice/u.scope", or "" if it has none
}

func (e *AliveError) Error() string {
	s := fmt.Sprintf("systemd has a unit %s already, which is %s", e.Unit, e.State)
	if e.Cgroup != "" {
		s += " (cgroup " + e.Cgroup + ")"
	}
	return s
}

// Start has a transient unit started, and returns when systemd has put the
// processes into it that the property PIDs names. The error carries systemd's
// words. Of an *AliveError and of ErrUnreachable nothing has been touched; after
// any other error there may be something to Stop.
//
// A unit of the same name that has failed is forgotten, and one that is about to
// go is waited for.
func Start(unit string, props []Property) error {
	m, err := connect()
	if err != nil {
		return err
	}
	defer m.conn.Close()
	return m.start(unit, props)
}

func (m *manager) start(unit string, props []Property) error {
	props, err := m.fit(props)
	if err != nil {
		return err
	}
	for end := time.Now().Add(leaving); ; {
		var e dbus.Encoder
		e.String(unit)
		e.String("fail") // rather than to cancel somebody else's job
		appendAll(&e, props)
		e.End(e.Array(8)) // no auxiliary units
		result, err := m.job("StartTransientUnit", "ssa(sv)a(sa(sv))", &e)
		switch {
		case err == nil && result == "done":
			return nil
		case err == nil:
			return fmt.Errorf("systemd could not start the unit %s: its job has ended with %q (journalctl -u %s may tell more)", unit, result, unit)
		case is(err, errUnitExists):
			if err := m.makeRoom(unit, err, end); err != nil {
				return err
			}
		default:
			if props, err = without(props, "start the unit "+unit, err); err != nil {
				return err
			}
		}
	}
}

// makeRoom returns nil when it is worth trying again.
func (m *manager) makeRoom(unit string, exists error, end time.Time) error {
	if err := m.resetFailed(unit); err != nil {
		return err
	}
	path, err := m.find(unit)
	if err != nil || path == "" {
		return err
	}
	state, err := m.state(path)
	if err != nil {
		return err
	}
	switch state {
	case "inactive", "failed", "deactivating":
		if time.Now().Before(end) {
			time.Sleep(poll)
			return nil
		}
	case "active", "activating", "reloading", "refreshing", "maintenance":
	default:
		return fmt.Errorf("systemd could not start the unit %s: %w (it is %s)", unit, exists, state)
	}
	group, err := m.cgroup(path)
	if err != nil {
		return err
	}
	return &AliveError{Unit: unit, State: state, Cgroup: group}
}

// Stop ends a unit and returns when it is gone. A unit that does not exist is
// fine, and so is one of this name in another cgroup: it is somebody else's, and
// ours was never started. A systemd that executes itself again meanwhile, and so
// ends the connection, is asked again.
func Stop(unit, cgroup string) error {
	for end := time.Now().Add(timeout); ; {
		m, err := connect()
		if err != nil {
			return err
		}
		err = m.stop(unit, cgroup)
		m.conn.Close()
		if !errors.Is(err, dbus.ErrClosed) || time.Now().After(end) {
			return err
		}
	}
}

func (m *manager) stop(unit, cgroup string) error {
	path, err := m.find(unit)
	if err != nil || path == "" {
		return err
	}
	group, err := m.cgroup(path)
	if err != nil {
		return err
	}
	if group != "" && group != cgroup {
		return nil
	}
	var e dbus.Encoder
	e.String(unit)
	e.String("replace") // also a start that still waits
	result, err := m.job("StopUnit", "ss", &e)
	if err != nil && !is(err, errNoSuchUnit) {
		return fmt.Errorf("systemd could not stop the unit %s: %w", unit, err)
	}
	for end := time.Now().Add(leaving); ; {
		path, err := m.find(unit)
		if err != nil || path == "" {
			return err
		}
		// Inactive and yet there: another unit names it.
		state, err := m.state(path)
		if err != nil || state == "inactive" {
			return err
		}
		if time.Now().After(end) {
			return fmt.Errorf("systemd could not stop the unit %s: its job has ended with %q, and it is still %s", unit, result, state)
		}
		if err := m.resetFailed(unit); err != nil {
			return err
		}
		time.Sleep(poll)
	}
}

// Set changes properties of a unit that runs, for as long as the machine does. Of an
// error none of them has been changed, unless it is ErrClosed: a systemd that executes
// itself again meanwhile is asked again for a while.
func Set(unit string, props []Property) error {
	for end := time.Now().Add(timeout); ; {
		m, err := connect()
		if err != nil {
			return err
		}
		err = m.set(unit, props)
		m.conn.Close()
		if !errors.Is(err, dbus.ErrClosed) || time.Now().After(end) {
			return err
		}
	}
}

func (m *manager) set(unit string, props []Property) error {
	props, err := m.fit(props)
	if err != nil {
		return err
	}
	for len(props) > 0 {
		var e dbus.Encoder
		e.String(unit)
		e.Bool(true) // until the next boot
		appendAll(&e, props)
		_, err := m.call("SetUnitProperties", "sba(sv)", &e)
		if err == nil {
			return nil
		}
		if props, err = without(props, "change the unit "+unit, err); err != nil {
			return err
		}
	}
	return nil
}

// fit chooses the values that this systemd can keep. It is only asked for its
// version if that matters.
func (m *manager) fit(props []Property) ([]Property, error) {
	if !slices.ContainsFunc(props, func(p Property) bool { return p.Before257 != nil }) {
		return props, nil
	}
	text, err := m.property(managerPath, managerFace, "Version")
	if err != nil {
		return nil, fmt.Errorf("systemd did not say which version it is: %w", err)
	}
	props = slices.Clone(props)
	for i := range props {
		if props[i].Before257 != nil && version(text) < 257 {
			props[i].Value = props[i].Before257
		}
	}
	return props, nil
}

// version is the number that systemd's version begins with ("257.13-1~deb13u1",
// "v246"), or 0.
func version(text string) (n int) {
	for _, c := range []byte(strings.TrimPrefix(text, "v")) {
		if c < '0' || c > '9' || n > 1e6 {
			break
		}
		n = 10*n + int(c-'0')
	}
	return n
}

// find returns the object of a unit that is loaded, "" if there is none.
func (m *manager) find(unit string) (path string, err error) {
	var e dbus.Encoder
	e.String(unit)
	reply, err := m.call("GetUnit", "s", &e)
	if is(err, errNoSuchUnit) {
		return "", nil
	}
	if err == nil {
		d := reply.Decoder("o")
		path, err = d.String(), d.Err()
	}
	if err != nil {
		return "", fmt.Errorf("systemd did not say whether there is a unit %s: %w", unit, err)
	}
	return path, nil
}

// state returns the ActiveState of a unit. It is "inactive" also of a unit that is
// gone since it was found.
func (m *manager) state(path string) (string, error) {
	state, err := m.property(path, service+".Unit", "ActiveState")
	if is(err, errUnknownObject) {
		return "inactive", nil
	}
	if err != nil {
		return "", fmt.Errorf("systemd did not say how %s is: %w", path, err)
	}
	return state, nil
}

// cgroup returns the cgroup of a scope, "" if it has none.
func (m *manager) cgroup(path string) (string, error) {
	group, err := m.property(path, service+".Scope", "ControlGroup")
	if is(err, errUnknownObject) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("systemd did not say what cgroup %s has: %w", path, err)
	}
	return group, nil
}

func (m *manager) property(path, iface, name string) (string, error) {
	var e dbus.Encoder
	e.String(iface)
	e.String(name)
	reply, err := m.conn.Call(m.dest, path, "org.freedesktop.DBus.Properties", "Get", "ss", e.Bytes())
	if err != nil {
		return "", err
	}
	d := reply.Decoder("v")
	value := d.VariantString()
	return value, d.Err()
}

// resetFailed makes systemd forget a unit that has failed; of others it knows
// nothing else to do.
func (m *manager) resetFailed(unit string) error {
	var e dbus.Encoder
	e.String(unit)
	_, err := m.call("ResetFailedUnit", "s", &e)
	var answer *dbus.Error
	if err != nil && !errors.As(err, &answer) {
		return err // the connection's; an answer can only be that there is none
	}
	return nil
}
