package lifecycle

import (
	"io"
	"os"
	"os/exec"
	"testing"

	specs "github.com/opencontainers/runtime-spec/specs-go"
)

// Programs that log to /dev/stdout open it again, as the container's user and
// not as the one who made the pipe.
func TestStandardStreamsCanBeOpenedAgain(t *testing.T) {
	for _, verb := range []string{"run", "exec"} {
		t.Run(verb, func(t *testing.T) {
			const script = "echo one >/dev/stdout; echo two >/dev/stderr; cat /dev/stdin"
			b := sh(t, script)
			b.Spec.Process.User = specs.User{UID: 1000, GID: 1000}
			args := []string{"run", "--bundle", b.Dir, b.ID}
			if verb == "exec" {
				b.Spec.Process.Args = []string{"/bin/sleep", "600"}
				b.Up()
				args = []string{"exec", b.ID, "/bin/sh", "-c", script}
			} else {
				b.WriteConfig(b.Config())
			}
			r, w, err := os.Pipe()
			if err != nil {
				t.Fatal(err)
			}
			inR, inW, err := os.Pipe()
			if err != nil {
				t.Fatal(err)
			}
			defer r.Close()
			p := b.Start(func(c *exec.Cmd) { c.Stdin, c.Stdout, c.Stderr = inR, w, w }, args...)
			inR.Close()
			w.Close()
			if _, err := inW.WriteString("three\n"); err != nil {
				t.Fatal(err)
			}
			inW.Close()
			res := p.Wait()
			out, err := io.ReadAll(r)
			if err != nil || res.Status != 0 || string(out) != "one\ntwo\nthree\n" {
				t.Errorf("exit status %d, output %q (%v); expected one, two and three", res.Status, out, err)
			}
		})
	}
}
