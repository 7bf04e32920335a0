package lifecycle

import (
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/runseal/runseal/integration/internal/box"
)

// found prints the variables of socket activation and the descriptors that are there.
const found = `env | grep ^LISTEN_ | sort; ` + fds + `; cat <&3; cat <&4`

// activated runs a subcommand as a service manager would: with open files from descriptor
// 3 on and the variables of sd_listen_fds(3). PID in them stands for the runtime's own.
func activated(t *testing.T, b *box.Box, files int, env []string, args ...string) *box.Process {
	t.Helper()
	b.WriteConfig(b.Config())
	return b.Start(func(c *exec.Cmd) {
		withFiles(openFiles(t, files)...)(c)
		var set strings.Builder
		for _, v := range env {
			fmt.Fprintf(&set, "export %s; ", strings.Replace(v, "=PID", "=$$", 1))
		}
		c.Path, c.Args = "/bin/sh", append([]string{"/bin/sh", "-c", set.String() + `exec "$0" "$@"`}, c.Args...)
	}, args...)
}

// Sockets of a service that calls the runtime come to the container's program.
func TestSocketActivation(t *testing.T) {
	ours := []string{"LISTEN_PID=PID", "LISTEN_FDS=2", "LISTEN_FDNAMES=a:b"}
	both := "0\n1\n2\n3\n4\nfile 3\nfile 4\n"
	for _, tc := range []struct {
		name  string
		env   []string
		flags []string
		out   string // "": nothing is passed on
	}{
		{"two", ours, nil, "LISTEN_FDNAMES=a:b\nLISTEN_FDS=2\nLISTEN_PID=1\n" + both},
		{"without names", ours[:2], nil, "LISTEN_FDS=2\nLISTEN_PID=1\n" + both},
		{"and one more", ours, []string{"--preserve-fds", "1"}, "LISTEN_FDNAMES=a:b\nLISTEN_FDS=2\nLISTEN_PID=1\n" + strings.Replace(both, "4\n", "4\n5\n", 1)},
		{"another process's", []string{"LISTEN_PID=1", "LISTEN_FDS=2"}, nil, ""},
		{"nobody's", []string{"LISTEN_FDS=2"}, nil, ""},
		{"none", []string{"LISTEN_PID=PID", "LISTEN_FDS=0"}, nil, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			script := found
			if tc.out == "" {
				script, tc.out = `env | grep ^LISTEN_ | sort; `+fds+"; true", "0\n1\n2\n"
			}
			b := sh(t, script)
			r := activated(t, b, 4, tc.env, slices.Concat([]string{"run", "--bundle", b.Dir}, tc.flags, []string{b.ID})...).Wait()
			if r.Status != 0 || r.Stdout != tc.out {
				t.Errorf("exit status %d, stdout %q, stderr %q; expected %q", r.Status, r.Stdout, r.Stderr, tc.out)
			}
		})
	}
}

// What config.json says of other sockets does not stand in the way; nor is it ever seen by
// a process of exec, which has no sockets.
func TestSocketActivationInsteadOfConfigured(t *testing.T) {
	b := sh(t, found+"; echo; sleep 600")
	b.Spec.Process.Env = append(b.Spec.Process.Env, "LISTEN_PID=7", "LISTEN_FDNAMES=x", "LISTEN_FDSTORE=1")
	p := activated(t, b, 2, []string{"LISTEN_PID=PID", "LISTEN_FDS=2"}, "create", "--bundle", b.Dir, b.ID)
	if r := p.Wait(); r.Status != 0 {
		t.Fatalf("create: exit status %d, stderr %q", r.Status, r.Stderr)
	}
	b.Must("start", b.ID)
	want := "LISTEN_FDS=2\nLISTEN_FDSTORE=1\nLISTEN_PID=1\n0\n1\n2\n3\n4\nfile 3\nfile 4\n\n"
	if !box.Eventually(func() bool { return p.Output() == want }) {
		t.Errorf("output %q, expected %q", p.Output(), want)
	}
	r := activated(t, b, 2, []string{"LISTEN_PID=PID", "LISTEN_FDS=2"}, "exec", b.ID, "/bin/sh", "-c", fds+"; true").Wait()
	if r.Status != 0 || r.Stdout != "0\n1\n2\n" {
		t.Errorf("exec: exit status %d, descriptors %q, stderr %q", r.Status, r.Stdout, r.Stderr)
	}
}

func TestSocketActivationThatIsWrong(t *testing.T) {
	for _, tc := range []struct{ fds, say string }{
		{"3", `LISTEN_FDS: 3: descriptor 5 is not open`},
		{"two", `LISTEN_FDS: "two": expected a number`},
		{"-1", `LISTEN_FDS: "-1": expected a number`},
		{"4294967296", `LISTEN_FDS: "4294967296": expected a number`},
		{"2147483647", `LISTEN_FDS: 2147483647: descriptor 5 is not open`},
	} {
		b := sh(t, "true")
		r := activated(t, b, 2, []string{"LISTEN_PID=PID", "LISTEN_FDS=" + tc.fds}, "run", "--bundle", b.Dir, b.ID).Wait()
		if r.Status != 1 || !strings.Contains(r.Stderr, tc.say) || strings.Count(r.Stderr, "\n") != 1 {
			t.Errorf("LISTEN_FDS=%s: exit status %d, stderr %q; expected %q", tc.fds, r.Status, r.Stderr, tc.say)
		}
		b.NothingLeft()
	}
}
