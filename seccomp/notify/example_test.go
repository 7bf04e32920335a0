package notify_test

import (
	"context"
	"fmt"

	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/seccomp/notify"
)

// An agent that decides on the directories which a program makes. The program is
// another process, which has given its listener to the agent as a runtime does.
func Example() {
	p, err := newTarget()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer p.stop()
	agent := func(l *notify.Listener) error {
		n, err := l.Receive(context.Background())
		if err != nil {
			return err
		}
		path, err := l.ReadString(n, n.Args[1], 4096)
		switch {
		case err == notify.ErrGone:
			return nil
		case err != nil:
			return l.RespondErrno(n.ID, unix.EFAULT)
		case path == "/allowed":
			return l.Respond(n.ID, 0) // done, as far as the program can tell
		}
		return l.RespondErrno(n.ID, unix.EACCES)
	}
	for _, path := range []string{"/allowed", "/other"} {
		p.command("mkdir " + path)
		if err := agent(p.Listener); err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("mkdir %s: %s\n", path, p.result())
	}
	// Output:
	// mkdir /allowed: result 0
	// mkdir /other: EACCES
}
