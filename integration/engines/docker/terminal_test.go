package docker

import (
	"regexp"
	"strings"
	"time"

	"github.com/runseal/runseal/integration/internal/box"
)

// The number is another one than 0 when the engine has not closed the last terminal yet.
var ptsLine = regexp.MustCompile(`^/dev/pts/[0-9]+\r\n$`)

// execTerminal is somebody in docker exec --tty --interactive.
func execTerminal(r *run) {
	id := r.up(nil, "sleep", "600")
	x := r.terminal(r, "exec", "--tty", "--interactive", id, "/bin/sh")
	x.Sees("# ")
	x.Type("tty; echo $((6*7))\n")
	x.Sees("/dev/pts/")
	x.Sees("\n42\n")
	x.Type("until [ \"$(stty size)\" = \"33 101\" ]; do sleep 0.05; done; echo re\"\"sized\n")
	// The client passes it on when it likes, and not at all before it listens to SIGWINCH.
	box.Eventually(func() bool {
		x.Resize(33, 100)
		x.Resize(33, 101)
		time.Sleep(100 * time.Millisecond)
		return strings.Contains(x.Shown(), "\nresized\n")
	})
	x.Sees("\nresized\n")
	// The shell has the terminal in another mode until it executes a command.
	x.Type("sh -c 'echo he\"\"re; exec sleep 600'\n")
	x.Sees("\nhere\n")
	x.Type("\x03")
	x.Type("echo $?.\n")
	x.Sees("\n130.\n")
	x.Type("exit 9\n")
	if res := x.Wait(); res.Status != 9 {
		r.Errorf("exit status %d, expected 9; shown %q", res.Status, res.Stdout)
	}
	// A terminal without input.
	if out := r.docker("exec", "--tty", id, "tty"); !ptsLine.MatchString(out.Stdout) {
		r.Errorf("exec --tty: %q", out.Stdout)
	}
}

// attach is docker attach, left by its keys and by the end of the program.
func attach(r *run) {
	id := r.up([]string{"--tty", "--interactive"}, "/bin/sh")
	for _, keys := range []struct{ flags, typed string }{{"--detach-keys=ctrl-x,x", "\x18x"}, {"", "\x10\x11"}} {
		args := []string{"attach"}
		if keys.flags != "" {
			args = append(args, keys.flags)
		}
		x := r.terminal(r, append(args, id)...)
		x.Type("echo $((6*7)).\n")
		x.Sees("\n42.\n")
		x.Type(keys.typed)
		// The status of 1 is Docker's for "read escape sequence".
		if res := x.Wait(); res.Status != 0 && res.Status != 1 {
			r.Errorf("left by keys: exit status %d, shown %q", res.Status, res.Stdout)
		}
		if status := r.status(id); status != "running" {
			r.Errorf("after the keys the container is %q", status)
		}
	}
	x := r.terminal(r, "attach", id)
	x.Type("exit 7\n")
	if res := x.Wait(); res.Status != 7 {
		r.Errorf("exit status %d, expected 7; shown %q", res.Status, res.Stdout)
	}
}
