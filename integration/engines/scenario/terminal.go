package scenario

import (
	"strings"
	"time"

	"github.com/runseal/runseal/integration/internal/box"
)

// sized waits until the terminal has a size, which some engines set after the start, and
// prints it.
const sized = `until s=$(stty size 2>/dev/null) && [ "$s" ]; do sleep 0.05; done; echo size $s; `

// seesSized waits for what follows the size. The client tells it once by itself, which an
// engine that is not ready for it may lose.
func seesSized(s Session, text string) {
	box.Eventually(func() bool {
		s.Resize(24, 80)
		return strings.Contains(s.Shown(), text)
	})
	s.Sees(text)
}

// terminal is somebody in front of a container.
func terminal(r *Run) {
	c := r.New("run", Sh(sized+`tty; test -t 0 && test -t 1 && test -t 2 && echo all
		trap 'echo now $(stty size); exit 7' INT
		echo ready; while :; do read x && echo "got $x"; done`)...)
	s := r.Open(r, c)
	seesSized(s, "size 24 80\n/dev/pts/0\nall\nready\n")
	s.Type("hello\n")
	s.Sees("got hello\n")
	// The engine passes it on when it likes, and not at all before it listens to SIGWINCH.
	if !box.Eventually(func() bool {
		s.Resize(30, 99)
		s.Resize(30, 100)
		return strings.TrimSpace(r.Exec(r, c.ID, Process{Argv: Sh("stty size < /proc/1/fd/0")}).Stdout) == "30 100"
	}) {
		r.Errorf("the terminal's size after a resize: %q", s.Shown())
	}
	s.Type("\x03")
	s.Sees("now 30 100\n")
	if res := s.Wait(); res.Status != 7 {
		r.Errorf("exit status %d, expected 7; it shows %q", res.Status, res.Stdout)
	}
	r.Destroy(r, c.ID)

	id := r.Up(r.New("exec", "/bin/sleep", "600"))
	s = r.ExecOpen(r, id, Process{Argv: Sh(sized + `tty; read x; echo "got $x"; sleep 0.1; exit 9`), User: "1000:1000"})
	seesSized(s, "size 24 80\n/dev/pts/0\n")
	s.Type("there\n")
	s.Sees("got there\n")
	if res := s.Wait(); res.Status != 9 {
		r.Errorf("exec: exit status %d, expected 9; it shows %q", res.Status, res.Stdout)
	}
}

// attach goes to a container that runs already.
func attach(r *Run) {
	c := r.New("", Sh(`while read x; do echo "got $x"; [ "$x" = end ] && exit 3; done`)...)
	c.TTY = true
	id := r.Up(c)
	s := r.Attach(r, id)
	// What is typed before it is there, the engine may lose.
	box.Eventually(func() bool {
		s.Type("one\n")
		time.Sleep(100 * time.Millisecond)
		return strings.Contains(s.Shown(), "got one\n")
	})
	s.Sees("got one\n")
	s.Type("end\n")
	s.Sees("got end\n")
	s.Wait()
	if status := r.Wait(r, id); status != 3 {
		r.Errorf("exit status %d, expected 3", status)
	}
}
