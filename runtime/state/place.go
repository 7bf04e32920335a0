package state

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/runtime/spec"
	"github.com/runseal/runseal/runtime/spec/jsonw"
)

const placeName = "cgroup.json"

// maxPlace bounds cgroup.json, in bytes: some fifteen paths of at most 4 KiB, six times
// as long if all of it has to be escaped.
const maxPlace = 1 << 19

// Place is where a container's cgroups are: what of [State] is needed to end its processes
// when state.json cannot be read any more. It is decided once.
type Place struct {
	CgroupPaths map[string]string // as in State
	SystemdUnit string            // as in State
	Resctrl     string            // as in State
}

// SavePlace writes cgroup.json. To be called once, before the first Save: while there is no
// state.json there is nothing that it could lead to, so that the file of a create that was
// killed in the middle does not matter. The directory must be locked.
func (d *Dir) SavePlace(p Place) error {
	if !d.locked {
		return fmt.Errorf("saving the cgroups of container %s: the directory is not locked", quote(d.id))
	}
	b := append(make([]byte, 0, 1024), '{')
	b = jsonw.AppendStringMap(jsonw.AppendName(b, "cgroupPaths"), p.CgroupPaths)
	if p.SystemdUnit != "" {
		b = jsonw.AppendString(jsonw.AppendName(b, "systemdUnit"), p.SystemdUnit)
	}
	if p.Resctrl != "" {
		b = jsonw.AppendString(jsonw.AppendName(b, "resctrl"), p.Resctrl)
	}
	b = append(b, "}\n"...)
	if len(b) > maxPlace {
		return fmt.Errorf("saving the cgroups of container %s: %d bytes, expected at most %d", quote(d.id), len(b), maxPlace)
	}
	if err := d.write(placeName, [][]byte{b}); err != nil {
		return fmt.Errorf("saving the cgroups of container %s: %w", quote(d.id), err)
	}
	return nil
}

// Place reads cgroup.json under the rules of Load. errors.Is(err, fs.ErrNotExist) if there
// is none: nothing has been made for the container yet, or an older version has made it.
func (d *Dir) Place() (Place, error) {
	var p Place
	data, err := d.readFile(placeName, maxPlace)
	if err == nil {
		err = p.decode(data)
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return Place{}, &fs.PathError{Op: "open", Path: d.path + "/" + placeName, Err: unix.ENOENT}
	case Scarce(err):
		return Place{}, &fs.PathError{Op: "read", Path: d.path + "/" + placeName, Err: err}
	case err != nil:
		return Place{}, &containerError{kind: ErrDamaged, id: d.id, why: fmt.Errorf("%s: %w", placeName, err)}
	}
	return p, nil
}

func (p *Place) decode(data []byte) error {
	found := false
	d := spec.NewDecoder(data)
	err := d.Object(func(name string) (err error) {
		switch name {
		case "cgroupPaths":
			found = true
			p.CgroupPaths, err = d.StringMap()
		case "systemdUnit":
			p.SystemdUnit, err = d.String()
		case "resctrl":
			p.Resctrl, err = d.String()
		default:
			_, err = d.Skip() // of a newer version
		}
		return err
	})
	if err == nil {
		err = d.End()
	}
	if err == nil && !found {
		err = errors.New("expected cgroupPaths, which is missing")
	}
	return err
}

// write makes a file that is not there yet.
func (d *Dir) write(name string, data [][]byte) error {
	fd, err := unix.Openat(d.fd, name, unix.O_WRONLY|unix.O_CREAT|unix.O_EXCL|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0o600)
	if err != nil {
		return &os.PathError{Op: "open", Path: d.path + "/" + name, Err: err}
	}
	for len(data) > 0 {
		n, err := unix.Writev(fd, data)
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			unix.Close(fd)
			return &os.PathError{Op: "write", Path: d.path + "/" + name, Err: err}
		}
		for len(data) > 0 && n >= len(data[0]) {
			n -= len(data[0])
			data = data[1:]
		}
		if len(data) > 0 {
			data[0] = data[0][n:]
		}
	}
	if err := unix.Close(fd); err != nil {
		return &os.PathError{Op: "close", Path: d.path + "/" + name, Err: err}
	}
	return nil
}
