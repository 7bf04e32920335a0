package state

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/runseal/runseal/runtime/spec"
	"golang.org/x/sys/unix"
)

// maxFile bounds state.json: config.json's limit, and as much for the rest
// (annotations are in both).
const maxFile = 2 * spec.MaxSize

// Load reads state.json. Whatever is wrong with it (missing, not a regular file
// of the runtime's own user, too large, not JSON, members missing or of another
// type, another container's id) is an error with errors.Is(err, ErrDamaged). A file of
// runc's is none of these: the error is ErrForeign. Nor is it damaged where descriptors or
// memory are too few to read it (Scarce).
func (d *Dir) Load() (*State, error) {
	data, err := d.readFile(stateName, maxFile)
	var s *State
	if err == nil {
		s, err = decode(data)
	}
	if err == nil && s.ID != d.id {
		err = fmt.Errorf("id: %s: expected the directory's name", quote(s.ID))
	}
	switch {
	case err == nil:
		return s, nil
	case Scarce(err):
		return nil, &fs.PathError{Op: "read", Path: d.path + "/" + stateName, Err: err}
	}
	kind := ErrDamaged
	if errors.Is(err, errRunc) {
		kind = ErrForeign
	}
	return nil, &containerError{kind: kind, id: d.id, why: fmt.Errorf("%s: %w", stateName, err)}
}

// readFile returns the content of a regular file of the runtime's own user.
func (d *Dir) readFile(name string, limit int64) ([]byte, error) {
	// O_NONBLOCK: a FIFO in the file's place does not block the open.
	fd, err := open(d.fd, name, unix.O_RDONLY|unix.O_NOFOLLOW|unix.O_NONBLOCK|unix.O_NOCTTY)
	if err == unix.ELOOP {
		return nil, errors.New("expected a regular file, not a symbolic link")
	}
	if err != nil {
		return nil, err
	}
	defer unix.Close(fd)
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return nil, err
	}
	switch {
	case st.Mode&unix.S_IFMT != unix.S_IFREG:
		return nil, errors.New("expected a regular file")
	case int(st.Uid) != os.Geteuid() || st.Mode&0o022 != 0:
		return nil, fmt.Errorf("owner %d and mode %04o, expected owner %d and nobody else allowed to write", st.Uid, st.Mode&0o7777, os.Geteuid())
	case st.Size > limit:
		return nil, fmt.Errorf("%d bytes, expected at most %d", st.Size, limit)
	}
	// A file never changes (Save makes a new one), so its size is final.
	data := make([]byte, st.Size)
	for n := 0; n < len(data); {
		m, err := unix.Read(fd, data[n:])
		switch {
		case err == unix.EINTR:
		case err != nil:
			return nil, err
		case m == 0:
			return nil, errors.New("the file has become shorter")
		default:
			n += m
		}
	}
	return data, nil
}

// Save writes state.json under another name and renames it, so that a reader,
// or whoever comes after a crash of runseal, sees a whole file. There is no
// fsync: the root is on a tmpfs, and what the state describes does not
// outlive the machine either. The directory must be locked.
func (d *Dir) Save(s *State) error {
	if !d.locked {
		return fmt.Errorf("saving the state of container %s: the directory is not locked", quote(d.id))
	}
	if s.ID != d.id {
		return fmt.Errorf("saving the state of container %s: it has the id %s", quote(d.id), quote(s.ID))
	}
	data := s.encode()
	size := 0
	for _, part := range data {
		size += len(part)
	}
	if size > maxFile {
		return fmt.Errorf("saving the state of container %s: %d bytes, expected at most %d", quote(d.id), size, maxFile)
	}
	if err := d.replace(data); err != nil {
		unix.Unlinkat(d.fd, tempName, 0)
		return fmt.Errorf("saving the state of container %s: %w", quote(d.id), err)
	}
	return nil
}

func (d *Dir) replace(data [][]byte) error {
	err := d.write(tempName, data)
	if errors.Is(err, fs.ErrExist) { // left by a Save that was killed
		if err = unix.Unlinkat(d.fd, tempName, 0); err == nil {
			err = d.write(tempName, data)
		}
	}
	if err != nil {
		return err
	}
	if err := unix.Renameat(d.fd, tempName, d.fd, stateName); err != nil {
		return &fs.PathError{Op: "rename", Path: d.path + "/" + stateName, Err: err}
	}
	return nil
}
