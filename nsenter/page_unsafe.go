package nsenter

import (
	"fmt"
	"os"
	"unsafe"

	"golang.org/x/sys/unix"
)

// newPage maps the page that parent and child share, in file if there is one.
func newPage(file *os.File) ([]byte, error) {
	if file == nil {
		mem, err := unix.Mmap(-1, 0, os.Getpagesize(), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED|unix.MAP_ANONYMOUS)
		if err != nil {
			return nil, fmt.Errorf("map the page shared with the child: %w", err)
		}
		return mem, nil
	}
	// Written and not only made long: on a full file system the first access
	// would be fatal.
	if _, err := file.WriteAt(make([]byte, os.Getpagesize()), 0); err != nil {
		return nil, fmt.Errorf("make the page shared with the child: %w", err)
	}
	return mapPage(file)
}

// mapPage maps the page that newPage has made in file.
func mapPage(file *os.File) ([]byte, error) {
	st, err := file.Stat()
	if err != nil {
		return nil, fmt.Errorf("map the page shared with the child: %w", err)
	}
	// An access beyond the file's end would be fatal.
	if size := int64(os.Getpagesize()); !st.Mode().IsRegular() || st.Size() != size {
		return nil, fmt.Errorf("map the page shared with the child: %s: expected a regular file of %d bytes", file.Name(), size)
	}
	mem, err := unix.Mmap(int(file.Fd()), 0, os.Getpagesize(), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		return nil, fmt.Errorf("map the page shared with the child: %w", &os.PathError{Op: "mmap", Path: file.Name(), Err: err})
	}
	return mem, nil
}

// pageOf is the page in mapped memory.
func pageOf(mem []byte) *page { return (*page)(unsafe.Pointer(&mem[0])) }
