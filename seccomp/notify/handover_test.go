package notify_test

import (
	"net"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/seccomp/notify"
)

func itoa(n int) string { return strconv.Itoa(n) }

// sender is the runtime's end of a connection, and the agent's.
func sender(t *testing.T) (runtime int, agent *net.UnixConn) {
	t.Helper()
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	f := os.NewFile(uintptr(pair[1]), "agent")
	defer f.Close()
	conn, err := net.FileConn(f)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	return pair[0], conn.(*net.UnixConn)
}

// TestReadHandover: the state may come in pieces, and the descriptor is found by its
// name; others are closed.
func TestReadHandover(t *testing.T) {
	rt, conn := sender(t)
	var pipes [2][2]int
	for i := range pipes {
		if err := unix.Pipe2(pipes[i][:], unix.O_CLOEXEC); err != nil {
			t.Fatal(err)
		}
		defer unix.Close(pipes[i][0])
	}
	first, second := pipes[0][1], pipes[1][1]
	if err := unix.Sendmsg(rt, []byte(`{"ociVersion":"1.0.2","fds":["other","seccompFd"],`), unix.UnixRights(first, second), nil, 0); err != nil {
		t.Fatal(err)
	}
	long := strings.Repeat("x", 100_000)
	go func() {
		for text := `"pid":7,"metadata":"` + long + `","state":{"id":"c"}}`; text != ""; {
			n, err := unix.Write(rt, []byte(text))
			if err != nil {
				break // the reader's error is the test's
			}
			text = text[n:]
		}
		unix.Close(rt)
	}()
	s, fd, err := notify.ReadHandover(conn)
	if err != nil {
		t.Fatal(err)
	}
	if s.Pid != 7 || s.Metadata != long || s.State.ID != "c" {
		t.Errorf("state with pid %d, id %q and %d bytes of metadata", s.Pid, s.State.ID, len(s.Metadata))
	}
	if flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0); err != nil || flags != unix.FD_CLOEXEC {
		t.Errorf("descriptor flags %d, %v", flags, err)
	}
	// The one by name is the second pipe, and the other's copy is gone.
	if _, err := unix.Write(fd, []byte("!")); err != nil {
		t.Error(err)
	}
	unix.Close(fd)
	unix.Close(first)
	unix.Close(second)
	var buf [8]byte
	if n, err := unix.Read(pipes[1][0], buf[:]); n != 1 || err != nil {
		t.Errorf("second pipe: %d, %v", n, err)
	}
	unix.SetNonblock(pipes[0][0], true)
	if n, err := unix.Read(pipes[0][0], buf[:]); n != 0 || err != nil {
		t.Errorf("first pipe: %d, %v, want its end: a copy is still open", n, err)
	}
}

func TestReadHandoverRefused(t *testing.T) {
	for _, c := range []struct {
		text string
		fds  int
		want string
	}{
		{"", 0, "container process state: unexpected end of JSON input"},
		{"{", 1, "container process state: unexpected end of JSON input"},
		{`{"fds":["seccompFd"]}`, 0, `container process state: fds: ["seccompFd"] with 0 descriptors`},
		{`{"fds":["x","seccompFd"]}`, 1, `container process state: fds: ["x" "seccompFd"] with 1 descriptors`},
		{`{"fds":[]}`, 1, `container process state: fds: [] with 1 descriptors`},
		{strings.Repeat(" ", 17<<20), 0, "read the container process state: more than 16777216 bytes"},
	} {
		rt, conn := sender(t)
		var pipe [2]int
		if err := unix.Pipe2(pipe[:], unix.O_CLOEXEC); err != nil {
			t.Fatal(err)
		}
		go func() {
			var oob []byte
			if c.fds > 0 {
				oob = unix.UnixRights(pipe[1])
			}
			for data := []byte(c.text); ; oob = nil {
				n, err := unix.SendmsgN(rt, data, oob, nil, unix.MSG_NOSIGNAL)
				if data = data[max(n, 0):]; err != nil || len(data) == 0 {
					break
				}
			}
			unix.Close(rt)
			unix.Close(pipe[1])
		}()
		s, fd, err := notify.ReadHandover(conn)
		if err == nil || !strings.HasPrefix(err.Error(), c.want) || fd != -1 {
			t.Errorf("%.40q: %v, %d, %v, want %s", c.text, s, fd, err, c.want)
		}
		conn.Close()
		// No copy of the descriptor is left with the reader.
		var buf [1]byte
		if n, err := unix.Read(pipe[0], buf[:]); n != 0 || err != nil {
			t.Errorf("%.40q: pipe: %d, %v", c.text, n, err)
		}
		unix.Close(pipe[0])
	}
}

// TestReadHandoverDeadline: a runtime that says nothing does not hang an agent that
// has set a limit.
func TestReadHandoverDeadline(t *testing.T) {
	rt, conn := sender(t)
	defer unix.Close(rt)
	conn.SetDeadline(time.Now().Add(20 * time.Millisecond))
	if _, _, err := notify.ReadHandover(conn); err == nil || !strings.Contains(err.Error(), "timeout") {
		t.Errorf("%v, want a timeout", err)
	}
}
