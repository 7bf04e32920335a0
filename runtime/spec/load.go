package spec

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"syscall"

	"github.com/opencontainers/runtime-spec/specs-go"
)

// ConfigName is the name of the configuration file in a bundle (bundle.md).
const ConfigName = "config.json"

// Load reads the config.json of the bundle at path bundle and parses it. It
// gives the text as well, which the runtime keeps with the container's state so
// that exec does not depend on the bundle.
//
// The file must be a regular one, or a symbolic link to one, of at most MaxSize
// bytes; a FIFO, a device or a directory in its place is an error at once and is
// not opened, because opening can block and, for a device, can have effects.
// Errors begin with the path of the file; those about its content wrap a
// *FieldError. The result has been parsed, but not validated.
func Load(bundle string) (*specs.Spec, []byte, error) {
	name := strings.TrimRight(bundle, "/") + "/" + ConfigName // tab completion adds a slash
	if bundle == "" {
		name = ConfigName
	}
	data, err := ReadFile(name, nil)
	if err != nil {
		return nil, nil, err
	}
	s, err := Parse(data)
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", name, err)
	}
	return s, data, nil
}

// ReadFile reads a regular file of at most MaxSize bytes under the rules of [Load],
// with plain system calls: package os would register the file with the poller, for
// nothing. If check is not nil it has a word about the open file too. Errors are
// *fs.PathError values or begin with the name.
func ReadFile(name string, check func(*syscall.Stat_t) error) ([]byte, error) {
	var st syscall.Stat_t
	if err := ignoreEINTR(func() error { return syscall.Stat(name, &st) }); err != nil {
		return nil, &fs.PathError{Op: "open", Path: name, Err: err}
	}
	if err := checkFile(name, &st); err != nil {
		return nil, err
	}
	// The name can have been given to another file by now. O_NONBLOCK keeps a
	// FIFO from blocking the open, O_NOCTTY a terminal from becoming ours, and
	// the check is made again on what is open.
	var fd int
	err := ignoreEINTR(func() (err error) {
		fd, err = syscall.Open(name, syscall.O_RDONLY|syscall.O_CLOEXEC|syscall.O_NONBLOCK|syscall.O_NOCTTY, 0)
		return err
	})
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: name, Err: err}
	}
	defer syscall.Close(fd)
	if err := syscall.Fstat(fd, &st); err != nil {
		return nil, &fs.PathError{Op: "stat", Path: name, Err: err}
	}
	if err := checkFile(name, &st); err != nil {
		return nil, err
	}
	if check != nil {
		if err := check(&st); err != nil {
			return nil, &fs.PathError{Op: "read", Path: name, Err: err}
		}
	}
	// One byte more than the size, so that the read which finds the end needs no
	// larger buffer. A file can also grow while it is read.
	data := make([]byte, 0, st.Size+1)
	for {
		if len(data) == cap(data) {
			data = append(data, 0)[:len(data)]
		}
		var n int
		err := ignoreEINTR(func() (err error) {
			n, err = syscall.Read(fd, data[len(data):cap(data)])
			return err
		})
		switch {
		case err != nil:
			return nil, &fs.PathError{Op: "read", Path: name, Err: err}
		case n == 0:
			return data, nil
		}
		if data = data[:len(data)+n]; len(data) > MaxSize {
			return nil, fmt.Errorf("%s: %w", name, tooLarge(int64(len(data))))
		}
	}
}

// checkFile refuses what is not a regular file of bounded size.
func checkFile(name string, st *syscall.Stat_t) error {
	kind := ""
	switch st.Mode & syscall.S_IFMT {
	case syscall.S_IFREG:
		if st.Size > MaxSize {
			return fmt.Errorf("%s: %w", name, tooLarge(st.Size))
		}
		return nil
	case syscall.S_IFDIR:
		kind = "a directory"
	case syscall.S_IFIFO:
		kind = "a FIFO"
	case syscall.S_IFSOCK:
		kind = "a socket"
	case syscall.S_IFCHR:
		kind = "a character device"
	case syscall.S_IFBLK:
		kind = "a block device"
	default:
		kind = fmt.Sprintf("of file type %#o", st.Mode&syscall.S_IFMT)
	}
	return fmt.Errorf("%s: is %s, expected a regular file", name, kind)
}

// ignoreEINTR repeats a system call that a signal has interrupted, which network
// file systems let happen even on open and read.
func ignoreEINTR(call func() error) error {
	for {
		if err := call(); !errors.Is(err, syscall.EINTR) {
			return err
		}
	}
}
