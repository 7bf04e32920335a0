package arch

// Numbers of the two multiplexers of i386 (asm/unistd_32.h).
const (
	socketcall = 102
	ipc        = 117
)

// Mux returns the second way in which i386 programs make a socket or System V
// IPC call: the multiplexer's number and the value of its first argument that
// selects the call (SYS_* of linux/net.h, and the call numbers of linux/ipc.h).
// Several of these names have no number of their own on i386.
//
// ipc(2) keeps a version in the upper 16 bits of its first argument; like
// libseccomp, callers compare the whole argument, so only version 0 matches.
func Mux(name string) (nr, call uint32, ok bool) {
	switch name {
	case "socket":
		return socketcall, 1, true
	case "bind":
		return socketcall, 2, true
	case "connect":
		return socketcall, 3, true
	case "listen":
		return socketcall, 4, true
	case "accept":
		return socketcall, 5, true
	case "getsockname":
		return socketcall, 6, true
	case "getpeername":
		return socketcall, 7, true
	case "socketpair":
		return socketcall, 8, true
	case "send":
		return socketcall, 9, true
	case "recv":
		return socketcall, 10, true
	case "sendto":
		return socketcall, 11, true
	case "recvfrom":
		return socketcall, 12, true
	case "shutdown":
		return socketcall, 13, true
	case "setsockopt":
		return socketcall, 14, true
	case "getsockopt":
		return socketcall, 15, true
	case "sendmsg":
		return socketcall, 16, true
	case "recvmsg":
		return socketcall, 17, true
	case "accept4":
		return socketcall, 18, true
	case "recvmmsg":
		return socketcall, 19, true
	case "sendmmsg":
		return socketcall, 20, true
	case "semop":
		return ipc, 1, true
	case "semget":
		return ipc, 2, true
	case "semctl":
		return ipc, 3, true
	case "semtimedop":
		return ipc, 4, true
	case "msgsnd":
		return ipc, 11, true
	case "msgrcv":
		return ipc, 12, true
	case "msgget":
		return ipc, 13, true
	case "msgctl":
		return ipc, 14, true
	case "shmat":
		return ipc, 21, true
	case "shmdt":
		return ipc, 22, true
	case "shmget":
		return ipc, 23, true
	case "shmctl":
		return ipc, 24, true
	}
	return 0, 0, false
}
