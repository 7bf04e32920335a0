package main

import (
	"fmt"
	"slices"
)

// socketCalls are the calls that socketcall(2) makes, from 1 on (SYS_SOCKET and
// so on in linux/net.h).
var socketCalls = []string{
	"socket", "bind", "connect", "listen", "accept", "getsockname", "getpeername", "socketpair", "send", "recv",
	"sendto", "recvfrom", "shutdown", "setsockopt", "getsockopt", "sendmsg", "recvmsg", "accept4", "recvmmsg", "sendmmsg",
}

// ipcCalls are the calls that ipc(2) makes (SEMOP and so on in linux/ipc.h).
var ipcCalls = map[string]uint8{
	"semop": 1, "semget": 2, "semctl": 3, "semtimedop": 4,
	"msgsnd": 11, "msgrcv": 12, "msgget": 13, "msgctl": 14,
	"shmat": 21, "shmdt": 22, "shmget": 23, "shmctl": 24,
}

// muxIPC is the same as in package arch.
const muxIPC = 0x80

// muxCalls returns, by position in names, how the multiplexers select the call.
func muxCalls(names []string) ([]uint8, error) {
	calls := make([]uint8, len(names))
	set := func(name string, call uint8) error {
		at, ok := slices.BinarySearch(names, name)
		if !ok {
			return fmt.Errorf("multiplexed call %q is unknown", name)
		}
		calls[at] = call
		return nil
	}
	for i, name := range socketCalls {
		if err := set(name, uint8(i+1)); err != nil {
			return nil, err
		}
	}
	for name, call := range ipcCalls {
		if err := set(name, muxIPC|call); err != nil {
			return nil, err
		}
	}
	return calls, nil
}
