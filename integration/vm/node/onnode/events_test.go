package onnode

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// events is a `ctr events` that runs beside all tests.
type events struct {
	cmd *exec.Cmd
	out *os.File
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
	return &events{cmd, out}, cmd.Start()
}

func (e *events) close() {
	e.cmd.Process.Kill()
	e.cmd.Wait()
	os.Remove(e.out.Name())
}

// all returns what has come so far.
func (e *events) all(t testing.TB) (list []event) {
	t.Helper()
	text, err := os.ReadFile(e.out.Name())
	if err != nil {
		t.Fatal(err)
	}
	text = text[:bytes.LastIndexByte(text, '\n')+1] // whole lines
	for line := range strings.Lines(string(text)) {
		head, body, ok := strings.Cut(line, "{")
		f := strings.Fields(head)
		if !ok || len(f) == 0 {
			continue
		}
		ev := event{topic: f[len(f)-1]}
		// Of types whose fields are others the common ones are taken.
		var wrong *json.UnmarshalTypeError
		if err := json.Unmarshal([]byte("{"+body), &ev.body); err != nil && !errors.As(err, &wrong) {
			t.Fatalf("ctr events: %v in %q", err, line)
		}
		list = append(list, ev)
	}
	return list
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
	for end := time.Now().Add(limit / 2); !cond(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%s: not within %v", what, limit/2)
		}
	}
}
