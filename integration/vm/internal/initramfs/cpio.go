// Package initramfs writes the initial file system of a Linux kernel: a cpio
// archive in the "newc" format (Documentation/driver-api/early-userspace/
// buffer-format.rst in the kernel's source).
//
// A kernel cuts an archive that does not fit into half of its memory without a
// word, so the caller gives the machine at least three times the archive's size.
package initramfs

import (
	"bufio"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// Writer appends entries to an archive. Names are absolute paths in the machine;
// directories above a name are made. The first error sticks and is returned by
// Close.
type Writer struct {
	w    *bufio.Writer
	n    int64
	ino  int
	dirs map[string]bool
	err  error
}

// New starts an archive.
func New(w io.Writer) *Writer {
	return &Writer{w: bufio.NewWriterSize(w, 1<<20), dirs: map[string]bool{"": true}}
}

// Dir makes a directory with the mode 0755.
func (w *Writer) Dir(name string) {
	name = strings.Trim(filepath.Clean(name), "/")
	if w.dirs[name] || name == "." {
		return
	}
	w.parents(name)
	w.dirs[name] = true
	w.entry(name, unix.S_IFDIR|0o755, nil)
}

// Data makes a file.
func (w *Writer) Data(name string, data []byte, mode fs.FileMode) {
	name = strings.Trim(filepath.Clean(name), "/")
	w.parents(name)
	w.entry(name, unix.S_IFREG|uint32(mode.Perm()), data)
}

// Symlink makes a symbolic link.
func (w *Writer) Symlink(name, target string) {
	name = strings.Trim(filepath.Clean(name), "/")
	w.parents(name)
	w.entry(name, unix.S_IFLNK|0o777, []byte(target))
}

// File copies a file of the host.
func (w *Writer) File(name, path string) {
	data, err := os.ReadFile(path)
	if err != nil {
		w.fail(err)
		return
	}
	st, err := os.Stat(path)
	if err != nil {
		w.fail(err)
		return
	}
	w.Data(name, data, st.Mode())
}

// Tree copies a directory of the host: its directories, files and symbolic links.
func (w *Writer) Tree(name, path string) {
	w.Dir(name)
	w.fail(filepath.WalkDir(path, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		to := filepath.Join(name, strings.TrimPrefix(p, path))
		switch d.Type() {
		case fs.ModeDir:
			w.Dir(to)
		case fs.ModeSymlink:
			target, err := os.Readlink(p)
			if err != nil {
				return err
			}
			w.Symlink(to, target)
		case 0:
			w.File(to, p)
		}
		return nil
	}))
}

// Size is how many bytes have been written.
func (w *Writer) Size() int64 { return w.n }

// Close ends the archive. It does not close the underlying writer.
func (w *Writer) Close() error {
	w.entry("TRAILER!!!", 0, nil)
	w.fail(w.w.Flush())
	return w.err
}

func (w *Writer) parents(name string) {
	if dir := filepath.Dir(name); dir != "." {
		w.Dir(dir)
	}
}

func (w *Writer) fail(err error) {
	if w.err == nil {
		w.err = err
	}
}

func (w *Writer) entry(name string, mode uint32, data []byte) {
	w.ino++
	head := fmt.Sprintf("070701%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%s\x00",
		w.ino, mode, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(name)+1, 0, name)
	w.pad([]byte(head))
	w.pad(data)
}

// pad writes data and fills up to a multiple of four bytes.
func (w *Writer) pad(data []byte) {
	for len(data)%4 != 0 {
		data = append(data[:len(data):len(data)], 0)
	}
	if w.err != nil {
		return
	}
	n, err := w.w.Write(data)
	w.n += int64(n)
	w.fail(err)
}
