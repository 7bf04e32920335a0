package notify

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// pageSize is the least that every architecture's pages have: a read that stays
// inside such a block never meets an end of mapped memory half-way.
const pageSize = 4096

// ReadMemory reads the target's memory at addr into buf and returns the number of
// bytes. It is less than len(buf), with io.ErrUnexpectedEOF, if the memory ends before; or 0
// and EFAULT, as the kernel would say it, if there is none at addr.
//
// Memory that is mapped but that the target itself may not read is read all the same.
//
// The error is [ErrGone] if the notification is not valid any more after the
// reading: what was read may then be another process's, and buf is cleared.
func (l *Listener) ReadMemory(n *Notification, addr uint64, buf []byte) (int, error) {
	m, err := l.openMemory(n)
	if err != nil {
		return 0, err
	}
	defer m.Close()
	got, err := readAt(m, addr, buf)
	if !l.Valid(n.ID) {
		clear(buf)
		return 0, ErrGone
	}
	return got, err
}

// ReadString reads a string that ends with a NUL at addr in the target's memory, of
// at most limit bytes without the NUL. A longer one is ENAMETOOLONG, memory that ends
// before the string does EFAULT; the rest is as with ReadMemory.
func (l *Listener) ReadString(n *Notification, addr uint64, limit int) (string, error) {
	m, err := l.openMemory(n)
	if err != nil {
		return "", err
	}
	defer m.Close()
	text, err := readString(m, addr, limit)
	if !l.Valid(n.ID) {
		return "", ErrGone
	}
	return text, err
}

// openMemory opens the target's memory. The descriptor stays with that process, so that
// one look at the id after opening tells that it is the target's.
func (l *Listener) openMemory(n *Notification) (*os.File, error) {
	if n.PID <= 0 {
		return nil, fmt.Errorf("read the memory of notification %#x: its process is not in this pid namespace or below", n.ID)
	}
	m, err := os.OpenFile("/proc/"+strconv.Itoa(n.PID)+"/mem", os.O_RDONLY, 0)
	if !l.Valid(n.ID) {
		if err == nil {
			m.Close()
		}
		return nil, ErrGone
	}
	if err != nil {
		return nil, fmt.Errorf("read the memory of notification %#x: %w", n.ID, err)
	}
	return m, nil
}

// readAt reads with pread(2) on /proc/PID/mem, which gives EIO for what is not mapped.
func readAt(m *os.File, addr uint64, buf []byte) (int, error) {
	if len(buf) == 0 {
		return 0, nil
	}
	if int64(addr) < 0 { // no user's address, and no offset
		return 0, unix.EFAULT
	}
	got, err := m.ReadAt(buf, int64(addr))
	switch {
	case err == nil:
		return got, nil
	case got > 0:
		return got, io.ErrUnexpectedEOF
	case errors.Is(err, unix.EIO), err == io.EOF: // EOF: the target's memory is gone
		return 0, unix.EFAULT
	}
	return 0, err
}

func readString(m *os.File, addr uint64, limit int) (string, error) {
	var text []byte
	for len(text) <= limit {
		size := pageSize - int(addr%pageSize)
		if rest := limit - len(text); rest < size { // and one for the NUL; limit may be the largest int
			size = rest + 1
		}
		block := make([]byte, size)
		if _, err := readAt(m, addr, block); err == io.ErrUnexpectedEOF {
			return "", unix.EFAULT
		} else if err != nil {
			return "", err
		}
		if i := bytes.IndexByte(block, 0); i >= 0 {
			return string(append(text, block[:i]...)), nil
		}
		text = append(text, block...)
		addr += uint64(len(block))
	}
	return "", unix.ENAMETOOLONG
}
