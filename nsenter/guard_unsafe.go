package nsenter

import (
	"fmt"
	"runtime"
	"sync/atomic"
	"unsafe"

	"golang.org/x/sys/unix"
)

// ownerDied is FUTEX_OWNER_DIED of linux/futex.h.
const ownerDied = 0x40000000

// robustList is struct robust_list_head of linux/futex.h with a list of one entry.
type robustList struct {
	next    uintptr // the first entry
	offset  int     // from an entry to its futex
	pending uintptr
	entry   uintptr // the one entry: leads back to the head
}

// headSize is that of struct robust_list_head.
const headSize = unsafe.Offsetof(robustList{}.entry)

// Guard lets a child that spins notice at once if the caller dies, even by
// SIGKILL, and end itself; otherwise it would wait for the time limit. It lasts
// until the function that it returns is called, and the goroutine is locked to
// its thread until then.
//
// A word of the shared page is made a robust futex that the thread holds: when a
// thread dies the kernel sets a bit in each of these (get_robust_list(2)). Nobody
// ever waits on it.
func (s *Spin) Guard() (done func(), err error) {
	runtime.LockOSThread()
	var old, size uintptr
	if _, _, errno := unix.RawSyscall(unix.SYS_GET_ROBUST_LIST, 0, uintptr(unsafe.Pointer(&old)), uintptr(unsafe.Pointer(&size))); errno != 0 {
		runtime.UnlockOSThread()
		return nil, fmt.Errorf("get_robust_list: %w", errno)
	}
	list := new(robustList)
	list.next = uintptr(unsafe.Pointer(&list.entry))
	list.entry = uintptr(unsafe.Pointer(list))
	list.offset = int(uintptr(unsafe.Pointer(&s.page.owner)) - list.next)
	atomic.StoreUint32(&s.page.owner, uint32(unix.Gettid()))
	if _, _, errno := unix.RawSyscall(unix.SYS_SET_ROBUST_LIST, uintptr(unsafe.Pointer(list)), headSize, 0); errno != 0 {
		runtime.UnlockOSThread()
		return nil, fmt.Errorf("set_robust_list: %w", errno)
	}
	return func() {
		// What was there before is the C library's, if there is one.
		unix.RawSyscall(unix.SYS_SET_ROBUST_LIST, old, headSize, 0)
		atomic.StoreUint32(&s.page.owner, 0)
		runtime.KeepAlive(list)
		runtime.UnlockOSThread()
	}, nil
}
