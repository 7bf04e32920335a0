package onnode

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// events is a `ctr events` that runs beside all tests.
type events struct {
	cmd *exec.Cmd

	mu   sync.Mutex
	out  *os.File
	read int64  // bytes of out
	rest []byte // of a line whose end has not come yet
	list []event
}

// event is one line of it: "DATE TIME ZONE ZONE NAMESPACE TOPIC JSON".
type event struct {
	topic string // "/tasks/start"
	body  struct {
		Container string `json:"container_id"`
		ID        string `json:"id"` // /tasks/exit: of the exec, or the container's
		Exec      string `json:"exec_id"`
		Pid       int    `json:"pid"`
		Status    int    `json:"exit_status"`
	}
}

func watch() (*events, error) {
	out, err := os.CreateTemp("", "events-")
	if err != nil {
		return nil, err
	}
	cmd := exec.Command("ctr", "--address", socket, "--namespace", namespace, "events")
	cmd.Stdout, cmd.Stderr = out, os.Stderr
	return &events{cmd: cmd, out: out}, cmd.Start()
}

func (e *events) close() {
	e.cmd.Process.Kill()
	e.cmd.Wait()
	os.Remove(e.out.Name())
}

// all returns what has come so far.
func (e *events) all(t testing.TB) []event {
	t.Helper()
	e.mu.Lock()
	defer e.mu.Unlock()
	// ctr writes by a descriptor whose offset is this file's, too.
	var st unix.Stat_t
	if err := unix.Fstat(int(e.out.Fd()), &st); err != nil {
		t.Fatal(err)
	}
	more := make([]byte, st.Size-e.read)
	n, err := e.out.ReadAt(more, e.read)
	if err != nil && err != io.EOF {
		t.Fatal(err)
	}
	e.read += int64(n)
	for line := range bytes.Lines(append(e.rest, more[:n]...)) {
		if e.rest = nil; !bytes.HasSuffix(line, []byte("\n")) {
			e.rest = bytes.Clone(line)
			break
		}
		ev, err := parse(string(line))
		if err != nil {
			t.Fatalf("ctr events: %v in %q", err, line)
		}
		e.list = append(e.list, ev)
	}
	return e.list
}

// parse reads a line; of topics whose fields are others the common ones are taken.
func parse(line string) (e event, err error) {
	head, body, _ := strings.Cut(line, "{")
	if f := strings.Fields(head); len(f) > 0 {
		e.topic = f[len(f)-1]
	}
	var wrong *json.UnmarshalTypeError
	if err := json.Unmarshal([]byte("{"+body), &e.body); err != nil && !errors.As(err, &wrong) {
		return e, err
	}
	return e, nil
}

func (e event) String() string {
	s := strings.TrimPrefix(e.topic, "/tasks/")
	if e.body.Exec != "" {
		s += " " + e.body.Exec
	}
	if s == "exit" {
		s += fmt.Sprintf(" of %s: %d", strings.Replace(e.body.ID, e.body.Container, "init", 1), e.body.Status)
	}
	return s
}

// of returns the events of one container's tasks.
func (e *events) of(t testing.TB, id string) (list []event) {
	t.Helper()
	for _, ev := range e.all(t) {
		if strings.HasPrefix(ev.topic, "/tasks/") && ev.body.Container == id {
			list = append(list, ev)
		}
	}
	return list
}

// wait waits for an event of a container: the topic's last word, and for execs the
// exec's id.
func (e *events) wait(t testing.TB, id, what, exec string) event {
	t.Helper()
	var found event
	eventually(t, "event "+what+" of "+id+" "+exec, func() bool {
		for _, ev := range e.of(t, id) {
			if ev.topic == "/tasks/"+what && (exec == "" || ev.body.Exec == exec || ev.body.ID == exec) {
				found = ev
				return true
			}
		}
		return false
	})
	return found
}

// waitAny waits for any event with a topic.
func (e *events) waitAny(t testing.TB, topic string) {
	t.Helper()
	eventually(t, "event "+topic, func() bool {
		for _, ev := range e.all(t) {
			if ev.topic == topic {
				return true
			}
		}
		return false
	})
}

// eventually polls until a condition holds, or fails the test.
func eventually(t testing.TB, what string, cond func() bool) {
	t.Helper()
	for end := time.Now().Add(limit / 2); !cond(); time.Sleep(100 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%s: not within %v", what, limit/2)
		}
	}
}

// deleted waits for the event of the task's end. It is the shim's last one, sent while
// containerd tells it to end, and can be lost: then containerd has to know nothing of the
// task any more, and differences_test.go leaves the event out.
func (c *container) deleted() {
	c.t.Helper()
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
		for _, e := range node.events.of(c.t, c.id) {
			if e.topic == "/tasks/delete" && e.body.Exec == "" {
				return
			}
		}
	}
	if tasks := c.Ctr("tasks", "ls"); line(tasks, c.id) != "" {
		c.t.Errorf("no event of the task's end, and ctr tasks ls has\n%s", line(tasks, c.id))
	}
	c.t.Logf("containerd's shim has not sent the last event of %s", c.id)
}
