package scenario

import (
	"fmt"
	"strings"
)

// exitStatus is what the end of a process looks like from outside.
func exitStatus(r *Run) {
	c := r.New("run")
	for _, code := range []int{0, 1, 42, 255} {
		c.Argv = Sh(fmt.Sprintf("exit %d", code))
		r.Want(fmt.Sprintf("exit %d", code), r.Foreground(r, c), code, "")
	}
	// Statuses that engines, shells and runtimes give a meaning of their own.
	id := r.Up(r.New("exec", "/bin/sleep", "600"))
	for _, code := range []int{0, 2, 125, 126, 127, 128, 129, 137, 143, 254, 255} {
		r.Want(fmt.Sprintf("exec of exit %d", code), r.Exec(r, id, Process{Argv: Sh(fmt.Sprintf("exit %d", code))}), code, "")
	}
	r.Want("exec that a signal ends", r.Exec(r, id, Process{Argv: Sh("kill -9 $$")}), 137, "")
	r.OK("kill", r.Signal(r, id, "KILL"))
	if status := r.Wait(r, id); status != 137 {
		r.Errorf("after SIGKILL the exit status is %d", status)
	}
	r.Remove(r, id)
	if got := r.Status(r, id); got != Gone {
		r.Errorf("after its removal the container is %q", got)
	}
}

// streams are standard input, output and error of the first process and of another one.
func streams(r *Run) {
	c := r.New("run", Sh("echo out; echo err >&2")...)
	res := r.Foreground(r, c)
	r.Want("both", res, 0, "out\n")
	if !strings.Contains(res.Stderr, "err\n") {
		r.Errorf("standard error: %q", res.Stderr)
	}
	// More than any pipe or buffer on the way holds; logs of lines have a last one only.
	const size = 3 << 20
	c.Argv = Sh(fmt.Sprintf("head -c %d /dev/zero | tr '\\0' x; echo", size))
	res = r.Foreground(r, c)
	if res.Status != 0 || res.Stdout != strings.Repeat("x", size)+"\n" {
		r.Errorf("exit status %d, %d bytes of output, stderr %q; expected %d bytes", res.Status, len(res.Stdout), clip(res.Stderr), size)
	}
	id := r.Up(r.New("exec", "/bin/sleep", "600"))
	line := strings.Repeat("0123456789abcdef", 8<<10) + "\n"
	r.Want("exec with input", r.Exec(r, id, Process{Argv: []string{"/bin/cat"}, Stdin: line}), 0, line)
	res = r.Exec(r, id, Process{Argv: Sh("echo out; echo err >&2; exit 3")})
	r.Want("exec", res, 3, "out\n")
	if !strings.Contains(res.Stderr, "err\n") {
		r.Errorf("standard error of exec: %q", res.Stderr)
	}
}
