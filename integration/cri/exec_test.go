package cri

import (
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/runseal/runseal/integration/engines/scenario"
	"github.com/runseal/runseal/integration/internal/box"
)

// execStatuses are all that a process can end with. Eight at once are as many as probes of
// a busy node.
func execStatuses(s *subject) {
	id := s.pod(s, s.runtime).up(s, []string{"/bin/sleep", "600"})
	step := 1
	if s.runtime == scenario.Runc {
		step = 15 // which takes ten times as long
	}
	codes := make(chan int)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for code := range codes {
				s.want(fmt.Sprint("exit ", code), s.execSync(id, 20, "/bin/sh", "-c", fmt.Sprintf("echo %d; exit %d", code, code)), code, fmt.Sprintln(code), "")
			}
		})
	}
	for code := 0; code < 256; code += step {
		codes <- code
	}
	close(codes)
	wg.Wait()
	for _, signal := range []int{1, 6, 9, 11, 15} {
		s.want(fmt.Sprint("signal ", signal), s.execSync(id, 20, "/bin/sh", "-c", fmt.Sprintf("kill -%d $$; sleep 5", signal)), 128+signal, "", "")
	}
}

// execTimeout is that of a probe. The process has to be one: containerd 1.6 kills that one,
// and then waits for as long as another has its standard output.
func execTimeout(s *subject) {
	id := s.pod(s, s.runtime).up(s, []string{"/bin/sleep", "600"})
	began := time.Now()
	r := s.execSync(id, 1, "/bin/sh", "-c", "exec sleep 601")
	if took := time.Since(began); took < time.Second || took > 10*time.Second {
		s.Errorf("the error came after %v, expected a second", took)
	}
	s.keep("error", r.Stderr)
	if !strings.Contains(r.Stderr, "DeadlineExceeded") || !strings.Contains(r.Stderr, "timeout 1s exceeded") {
		s.Errorf("%q, expected that the timeout of a second has been exceeded", r.Stderr)
	}
	if !box.Eventually(func() bool { return len(s.processes(s, id)) == 1 }) {
		s.Errorf("processes %v, expected the container's alone", s.processes(s, id))
	}
	s.want("exec afterwards", s.execSync(id, 20, "/bin/echo", "hi"), 0, "hi\n", "")
}

// execStreams is kubectl exec -i.
func execStreams(s *subject) {
	id := s.pod(s, s.runtime).up(s, []string{"/bin/sleep", "600"})
	x := s.exec(s, id, []string{"/bin/sh", "-c", "read line; echo out $line; echo err $line >&2; cat; exit 42"}, true, false)
	x.Type("one\n")
	x.Sees("out one\n")
	x.Type("two\n")
	x.Sees("two\n")
	x.End()
	s.want("streams", x.Wait(), 42, "out one\ntwo\n", "err one\n")

	// More than any buffer holds, in both directions at once.
	x = s.exec(s, id, []string{"/bin/cat"}, true, false)
	block := strings.Repeat("0123456789abcdef", 4<<10)
	for range 64 {
		x.Type(block)
	}
	x.End()
	s.want("4 MiB", x.Wait(), 0, strings.Repeat(block, 64), "")

	s.want("without input", s.exec(s, id, []string{"/bin/sh", "-c", "cat; echo $?"}, false, false).Wait(), 0, "0\n", "")
	r := s.exec(s, id, []string{"no-such-program"}, false, false).Wait()
	s.keep("a program that is missing: status", r.Status)
	if !strings.Contains(r.Stderr, "executable file not found in $PATH") {
		s.Errorf("a program that is missing: %q", r.Stderr)
	}
	// Somebody goes away: the process gets no more input.
	x = s.exec(s, id, []string{"/bin/sh", "-c", "echo here; cat; echo > /tmp/ended; sleep 0"}, true, false)
	x.Sees("here\n")
	x.Close()
	if !box.Eventually(func() bool { return len(s.processes(s, id)) == 1 }) {
		s.Errorf("processes %v after the client has gone", s.processes(s, id))
	}
}

// execTerminal is kubectl exec -it.
func execTerminal(s *subject) {
	id := s.pod(s, s.runtime).up(s, []string{"/bin/sleep", "600"})
	x := s.exec(s, id, []string{"/bin/sh"}, true, true)
	// The client's size comes a moment after the start.
	x.Type("until [ \"$(stty size)\" = \"24 80\" ]; do sleep 0.05; done; stty size; tty; test -t 0 -a -t 1 -a -t 2 && echo all; readlink /proc/self/fd/0\n")
	x.Sees("24 80\n")
	x.Sees("/dev/pts/0\n")
	x.Sees("all\n")
	x.Resize(50, 132)
	if !box.Eventually(func() bool { x.Type("stty size\n"); return strings.Contains(x.Shown(), "\n50 132\n") }) {
		s.Errorf("the terminal has no 50 lines: %q", x.Shown())
	}
	// Until the shell has executed a command the terminal is in the mode for editing lines,
	// in which ^C is a character.
	x.Type("sh -c 'echo he\"\"re; exec sleep 600'\n")
	x.Sees("\nhere\n")
	if !box.Eventually(func() bool { return len(s.processes(s, id)) == 3 }) {
		s.Errorf("processes %v, expected sleep, sh and sleep", s.processes(s, id))
	}
	x.Type("\x03")
	x.Type("echo $?.\n")
	x.Sees("\n130.\n")
	x.Type("exit 7\n")
	if r := x.Wait(); r.Status != 7 || r.Stderr != "" {
		s.Errorf("exit status %d, %q", r.Status, r.Stderr)
	}
}
