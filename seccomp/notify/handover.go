package notify

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

// maxState bounds a container process state: annotations are most of it, and a
// config.json is bounded to as much.
const maxState = 16 << 20

// maxFDs is the kernel's limit of descriptors in one message (SCM_MAX_FD).
const maxFDs = 253

// ReadHandover reads what a runtime sends to linux.seccomp.listenerPath over one
// connection: the container process state (config-linux.md of the OCI runtime
// specification, "The Container Process State"), up to the end of the stream, and the
// descriptor that its fds calls "seccompFd". It is close-on-exec and the caller's.
// The connection stays the caller's too; a deadline that it has set holds.
//
// Who may connect is for the permissions of the socket to say. Nothing of
// the state is checked here but that it is JSON; a state that came without a
// descriptor of that name is an error. Other descriptors are closed.
func ReadHandover(conn *net.UnixConn) (state *specs.ContainerProcessState, fd int, err error) {
	var fds []int
	defer func() {
		for _, other := range fds {
			if other != fd {
				unix.Close(other)
			}
		}
	}()
	var data []byte
	buf, oob := make([]byte, 32<<10), make([]byte, unix.CmsgSpace(4*maxFDs))
	for {
		n, oobn, flags, _, err := conn.ReadMsgUnix(buf, oob)
		if oobn > 0 {
			// Even after an error: what came is open.
			got, err := rights(oob[:oobn])
			fds = append(fds, got...)
			if err != nil {
				return nil, -1, err
			}
		}
		if errors.Is(err, io.EOF) || err == nil && n == 0 {
			break
		}
		if err != nil {
			return nil, -1, fmt.Errorf("read the container process state: %w", err)
		}
		if flags&unix.MSG_CTRUNC != 0 {
			return nil, -1, errors.New("read the container process state: descriptors were lost on the way (limit of open files?)")
		}
		if data = append(data, buf[:n]...); len(data) > maxState {
			return nil, -1, fmt.Errorf("read the container process state: more than %d bytes", maxState)
		}
	}
	state = new(specs.ContainerProcessState)
	if err := json.Unmarshal(data, state); err != nil {
		return nil, -1, fmt.Errorf("container process state: %w", err)
	}
	i := slices.Index(state.Fds, specs.SeccompFdName)
	if i < 0 || i >= len(fds) {
		return nil, -1, fmt.Errorf("container process state: fds: %q with %d descriptors, expected %q and its descriptor", state.Fds, len(fds), specs.SeccompFdName)
	}
	return state, fds[i], nil
}

// rights returns the descriptors in a control message.
func rights(oob []byte) (fds []int, err error) {
	msgs, err := unix.ParseSocketControlMessage(oob)
	if err != nil {
		return nil, fmt.Errorf("read the container process state: %w", err)
	}
	for i := range msgs {
		if msgs[i].Header.Level != unix.SOL_SOCKET || msgs[i].Header.Type != unix.SCM_RIGHTS {
			continue
		}
		got, err := unix.ParseUnixRights(&msgs[i])
		if err != nil {
			return fds, fmt.Errorf("read the container process state: %w", err)
		}
		fds = append(fds, got...)
	}
	return fds, nil
}
