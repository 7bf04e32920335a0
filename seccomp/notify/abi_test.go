//go:build linux && (amd64 || arm64 || riscv64 || s390x || loong64)

package notify

import (
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
)

// TestNumbers computes the ioctl numbers from the structures' sizes, as linux/seccomp.h
// does with _IOW and _IOWR.
func TestNumbers(t *testing.T) {
	const write, readWrite = 1, 3
	number := func(direction, nr, size uintptr) uintptr { return direction<<30 | size<<16 | '!'<<8 | nr }
	for _, c := range []struct {
		name           string
		got, dir, size uintptr
	}{
		{"RECV", unix.SECCOMP_IOCTL_NOTIF_RECV, readWrite, unsafe.Sizeof(request{})},
		{"SEND", unix.SECCOMP_IOCTL_NOTIF_SEND, readWrite, unsafe.Sizeof(response{})},
		{"ID_VALID", unix.SECCOMP_IOCTL_NOTIF_ID_VALID, write, unsafe.Sizeof(uint64(0))},
		{"ADDFD", unix.SECCOMP_IOCTL_NOTIF_ADDFD, write, unsafe.Sizeof(addFD{})},
		{"SET_FLAGS", unix.SECCOMP_IOCTL_NOTIF_SET_FLAGS, write, unsafe.Sizeof(uint64(0))},
	} {
		if want := number(c.dir, c.got&0xff, c.size); c.got != want {
			t.Errorf("%s: %#x, want %#x", c.name, c.got, want)
		}
	}
}

func TestLayout(t *testing.T) {
	var d data
	var r request
	var p response
	var a addFD
	for name, pair := range map[string][2]uintptr{
		"seccomp_data":                     {unsafe.Sizeof(d), 64},
		"seccomp_data.arch":                {unsafe.Offsetof(d.arch), 4},
		"seccomp_data.instruction_pointer": {unsafe.Offsetof(d.ip), 8},
		"seccomp_data.args":                {unsafe.Offsetof(d.args), 16},
		"seccomp_notif":                    {unsafe.Sizeof(r), 80},
		"seccomp_notif.pid":                {unsafe.Offsetof(r.pid), 8},
		"seccomp_notif.flags":              {unsafe.Offsetof(r.flags), 12},
		"seccomp_notif.data":               {unsafe.Offsetof(r.data), 16},
		"seccomp_notif_resp":               {unsafe.Sizeof(p), 24},
		"seccomp_notif_resp.val":           {unsafe.Offsetof(p.val), 8},
		"seccomp_notif_resp.error":         {unsafe.Offsetof(p.error), 16},
		"seccomp_notif_resp.flags":         {unsafe.Offsetof(p.flags), 20},
		"seccomp_notif_addfd":              {unsafe.Sizeof(a), 24},
		"seccomp_notif_addfd.flags":        {unsafe.Offsetof(a.flags), 8},
		"seccomp_notif_addfd.srcfd":        {unsafe.Offsetof(a.srcFD), 12},
		"seccomp_notif_addfd.newfd":        {unsafe.Offsetof(a.newFD), 16},
		"seccomp_notif_addfd.newfd_flags":  {unsafe.Offsetof(a.newFDFlags), 20},
		"seccomp_notif_sizes":              {unsafe.Sizeof(sizes{}), 6},
	} {
		if pair[0] != pair[1] {
			t.Errorf("%s: %d, want %d", name, pair[0], pair[1])
		}
	}
}
