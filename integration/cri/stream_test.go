package cri

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"
	cri "k8s.io/cri-api/pkg/apis/runtime/v1"
	"k8s.io/streaming/pkg/httpstream"
	"k8s.io/streaming/pkg/httpstream/spdy"

	"github.com/runseal/runseal/integration/internal/box"
	"github.com/runseal/runseal/integration/internal/room"
)

// connect opens what the URL of a streaming call is for: streams over SPDY, as the kubelet
// or kubectl do. The server listens on the loopback of the daemon's network.
func (n *node) connect(address, protocol string) (httpstream.Connection, error) {
	u, err := url.Parse(address)
	if err != nil {
		return nil, err
	}
	var conn net.Conn
	if err := inNetworkOf(n.Process().Pid(), func() (err error) {
		conn, err = net.Dial("tcp", u.Host)
		return err
	}); err != nil {
		return nil, err
	}
	req, err := http.NewRequest(http.MethodPost, address, nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set(httpstream.HeaderConnection, httpstream.HeaderUpgrade)
	req.Header.Set(httpstream.HeaderUpgrade, spdy.HeaderSpdy31)
	req.Header.Set(httpstream.HeaderProtocolVersion, protocol)
	if err := req.Write(conn); err != nil {
		return nil, err
	}
	resp, err := http.ReadResponse(bufio.NewReader(conn), req)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode != http.StatusSwitchingProtocols {
		body, _ := io.ReadAll(resp.Body)
		conn.Close()
		return nil, fmt.Errorf("%s: %s, %q", address, resp.Status, body)
	}
	return spdy.NewClientConnection(conn)
}

// inNetworkOf does something in the network namespace of a process.
func inNetworkOf(pid int, do func() error) error {
	result := make(chan error)
	go func() {
		runtime.LockOSThread() // for ever: the thread ends with the goroutine
		f, err := os.Open(fmt.Sprintf("/proc/%d/ns/net", pid))
		if err == nil {
			err = errors.Join(unix.Setns(int(f.Fd()), unix.CLONE_NEWNET), f.Close())
		}
		if err == nil {
			err = do()
		}
		result <- err
	}()
	return <-result
}

// A session is the client's end of Exec or Attach.
type session struct {
	t                    testing.TB
	conn                 httpstream.Connection
	stdin, size, outcome httpstream.Stream
	copied               sync.WaitGroup

	mu          sync.Mutex
	out, errOut strings.Builder
}

// open connects with all streams that the URL has been asked for. protocol version 4 gives
// the exit status as a document on a stream of its own.
func (n *node) open(t testing.TB, address string, stdin, tty bool) *session {
	t.Helper()
	conn, err := n.connect(address, "v4.channel.k8s.io")
	if err != nil {
		t.Fatal(err)
	}
	s := &session{t: t, conn: conn}
	stream := func(kind string) httpstream.Stream {
		st, err := conn.CreateStream(http.Header{"Streamtype": {kind}})
		if err != nil {
			t.Fatalf("stream %s: %v", kind, err)
		}
		return st
	}
	collect := func(kind string, to *strings.Builder) {
		st := stream(kind)
		s.copied.Go(func() { io.Copy(writer{s, to}, st) })
	}
	s.outcome = stream("error")
	if stdin {
		s.stdin = stream("stdin")
		go io.Copy(io.Discard, s.stdin) // the server closes it
	}
	collect("stdout", &s.out)
	if tty {
		s.size = stream("resize")
		s.Resize(24, 80)
	} else {
		collect("stderr", &s.errOut)
	}
	return s
}

type writer struct {
	s  *session
	to *strings.Builder
}

func (w writer) Write(p []byte) (int, error) {
	w.s.mu.Lock()
	defer w.s.mu.Unlock()
	return w.to.Write(p)
}

// Type writes to standard input.
func (s *session) Type(text string) {
	s.t.Helper()
	if _, err := io.WriteString(s.stdin, text); err != nil {
		s.t.Errorf("write to standard input: %v", err)
	}
}

// End is that of standard input.
func (s *session) End() { s.stdin.Close() }

// Resize tells the terminal's size.
func (s *session) Resize(rows, columns int) {
	s.t.Helper()
	if err := json.NewEncoder(s.size).Encode(map[string]int{"Width": columns, "Height": rows}); err != nil {
		s.t.Errorf("resize: %v", err)
	}
}

// Shown is the standard output so far, without carriage returns.
func (s *session) Shown() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.ReplaceAll(s.out.String(), "\r", "")
}

// Sees waits for a text in the output.
func (s *session) Sees(text string) {
	s.t.Helper()
	if !box.Eventually(func() bool { return strings.Contains(s.Shown(), text) }) {
		s.t.Errorf("the session shows %q, expected %q", s.Shown(), text)
	}
}

// Close goes away.
func (s *session) Close() { s.conn.Close() }

// Wait waits for the end of the process, or of what is attached. An error of the server's
// is on standard error, with exit status 1.
func (s *session) Wait() room.Result {
	s.t.Helper()
	timer := time.AfterFunc(room.Limit, s.Close)
	data, err := io.ReadAll(s.outcome)
	s.copied.Wait()
	if !timer.Stop() || err != nil {
		s.t.Fatalf("no end of the session: %v; it shows %q", err, s.Shown())
	}
	s.Close()
	// k8s.io/apimachinery's Status, of which these members count.
	var status struct {
		Status, Message, Reason string
		Details                 struct {
			Causes []struct{ Reason, Message string }
		}
	}
	if err := json.Unmarshal(data, &status); err != nil {
		s.t.Fatalf("status of the session: %v in %q", err, data)
	}
	r := room.Result{Stdout: s.Shown(), Stderr: s.errOut.String()}
	switch {
	case status.Status == "Success":
	case status.Reason == "NonZeroExitCode" && len(status.Details.Causes) == 1:
		if r.Status, err = strconv.Atoi(status.Details.Causes[0].Message); err != nil {
			s.t.Fatalf("status of the session: %s", data)
		}
	default:
		r.Status = 1
		r.Stderr += status.Message
	}
	return r
}

// exec is a session of Exec.
func (n *node) exec(t testing.TB, id string, argv []string, stdin, tty bool) *session {
	t.Helper()
	r, err := call(n.Exec, &cri.ExecRequest{ContainerId: id, Cmd: argv, Stdin: stdin, Stdout: true, Stderr: !tty, Tty: tty})
	if err != nil {
		t.Fatal(err)
	}
	return n.open(t, r.Url, stdin, tty)
}

// attach is a session of Attach.
func (n *node) attach(t testing.TB, id string, stdin, tty bool) *session {
	t.Helper()
	r, err := call(n.Attach, &cri.AttachRequest{ContainerId: id, Stdin: stdin, Stdout: true, Stderr: !tty, Tty: tty})
	if err != nil {
		t.Fatal(err)
	}
	return n.open(t, r.Url, stdin, tty)
}
