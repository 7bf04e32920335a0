package cri

import (
	"io"
	"net/http"
	"strings"
	"testing"

	cri "k8s.io/cri-api/pkg/apis/runtime/v1"

	"github.com/runseal/runseal/integration/internal/box"
)

// attach is kubectl attach, to pipes and to a terminal.
func attach(s *subject) {
	pod := s.pod(s, s.runtime)
	echo := pod.up(s, []string{"/bin/sh", "-c", "while read x; do echo out $x; echo err $x >&2; done; exit 9"}, func(c *cri.ContainerConfig) {
		c.Stdin, c.StdinOnce = true, true
	})
	// Two who watch; one of them types.
	a, b := s.attach(s, echo, true, false), s.attach(s, echo, false, false)
	a.Type("one\n")
	a.Sees("out one\n")
	a.End()
	// Attach has no exit status of the container's: that is in its status.
	if r := a.Wait(); r.Stdout != "out one\n" || r.Stderr != "err one\n" {
		s.Errorf("the first: %+v", r)
	}
	b.Wait()
	if got := s.ended(s, echo).ExitCode; got != 9 {
		s.Errorf("exit status %d, expected 9", got)
	}
	stdout, stderr := s.output(s, echo)
	if stdout != "out one\n" || stderr != "err one\n" {
		s.Errorf("the log: %q, %q", stdout, stderr)
	}

	shell := pod.up(s, []string{"/bin/sh"}, func(c *cri.ContainerConfig) { c.Stdin, c.Tty = true, true })
	x := s.attach(s, shell, true, true)
	x.Resize(40, 100)
	x.Type("tty\n")
	x.Sees("/dev/pts/0\n") // and now the size has come, too
	if !box.Eventually(func() bool { x.Type("stty size\n"); return strings.Contains(x.Shown(), "40 100\n") }) {
		s.Errorf("the terminal has no 40 lines: %q", x.Shown())
	}
	x.Type("kept=yes; echo k''ept\n")
	x.Sees("kept\n")
	x.Close()
	x = s.attach(s, shell, true, true)
	x.Type("echo $kept $kept; exit 11\n")
	x.Sees("yes yes\n")
	x.Wait()
	if got := s.ended(s, shell).ExitCode; got != 11 {
		s.Errorf("exit status %d, expected 11", got)
	}
}

// forward is a connection to a port in a pod: what it answers until its end, and what the
// server has against it.
func (s *sandbox) forward(t testing.TB, port, text string) (answer, problem string) {
	t.Helper()
	r, err := call(s.PortForward, &cri.PortForwardRequest{PodSandboxId: s.id})
	if err != nil {
		t.Fatal(err)
	}
	conn, err := s.connect(r.Url, "portforward.k8s.io")
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	headers := http.Header{"Port": {port}, "Requestid": {"0"}, "Streamtype": {"error"}}
	errs, err := conn.CreateStream(headers)
	if err != nil {
		t.Fatal(err)
	}
	errs.Close()
	headers = headers.Clone()
	headers.Set("Streamtype", "data")
	data, err := conn.CreateStream(headers)
	if err != nil {
		t.Fatal(err)
	}
	io.WriteString(data, text)
	data.Close()
	got, err := io.ReadAll(data)
	if err != nil {
		t.Error(err)
	}
	why, err := io.ReadAll(errs)
	if err != nil {
		t.Error(err)
	}
	return string(got), string(why)
}

// portForward is kubectl port-forward, to a server in a network of the pod.
func portForward(s *subject) {
	pod := s.pod(s, s.runtime, networked)
	pod.up(s, []string{"/bin/nc", "-ll", "-p", "8080", "-e", "/bin/cat"})
	text := strings.Repeat("a line for the other side\n", 10_000)
	var answer, problem string
	// nc may not listen yet.
	box.Eventually(func() bool { answer, problem = pod.forward(s, "8080", text); return problem == "" })
	if answer != text || problem != "" {
		s.Errorf("%d bytes, %q, %q; expected %d bytes", len(answer), clip(answer), problem, len(text))
	}
	answer, problem = pod.forward(s, "8081", "hello")
	if answer != "" || !strings.Contains(problem, "connection refused") {
		s.Errorf("a port that nobody listens on: %q, %q", answer, problem)
	}
}
