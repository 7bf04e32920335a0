package lifecycle

import (
	"os"
	"os/exec"
	"strings"
	"testing"
)

// withFiles gives the command further open files, from descriptor 3 on.
func withFiles(files ...*os.File) func(*exec.Cmd) {
	return func(c *exec.Cmd) { c.ExtraFiles = files }
}

// openFiles makes n open files with the content "file 3\n", "file 4\n" ...
func openFiles(t *testing.T, n int) []*os.File {
	t.Helper()
	var list []*os.File
	for i := range n {
		f, err := os.CreateTemp(t.TempDir(), "fd")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { f.Close() })
		if _, err := f.WriteString("file " + string(rune('3'+i)) + "\n"); err != nil {
			t.Fatal(err)
		}
		if _, err := f.Seek(0, 0); err != nil {
			t.Fatal(err)
		}
		list = append(list, f)
	}
	return list
}

// fds lists the shell's descriptors, one a line, by a process of its own: the
// listing opens one more, which is not the shell's then.
const fds = `ls /proc/$$/fd`

func TestNoDescriptorLeaks(t *testing.T) {
	b := sh(t, fds+"; true")
	b.WriteConfig(b.Config())
	r := b.Start(withFiles(openFiles(t, 4)...), "run", "--bundle", b.Dir, b.ID).Wait()
	if r.Status != 0 || r.Stdout != "0\n1\n2\n" {
		t.Errorf("exit status %d, descriptors %q, stderr %q; expected 0 1 2", r.Status, r.Stdout, r.Stderr)
	}
	p := sh(t, "sleep 600")
	p.Up()
	r = p.Start(withFiles(openFiles(t, 4)...), "exec", p.ID, "/bin/sh", "-c", fds+"; true").Wait()
	if r.Status != 0 || r.Stdout != "0\n1\n2\n" {
		t.Errorf("exec: exit status %d, descriptors %q, stderr %q; expected 0 1 2", r.Status, r.Stdout, r.Stderr)
	}
}

// The waiting child of create has nothing but what it needs, and in the end
// nothing but what is its.
func TestNoDescriptorLeaksAfterCreateAndStart(t *testing.T) {
	b := sh(t, fds+"; echo; sleep 600")
	b.WriteConfig(b.Config())
	p := b.Start(withFiles(openFiles(t, 2)...), "create", "--bundle", b.Dir, b.ID)
	if r := p.Wait(); r.Status != 0 {
		t.Fatalf("create: exit status %d, stderr %q", r.Status, r.Stderr)
	}
	b.Must("start", b.ID)
	p.WaitOutput("\n\n")
	if out := p.Output(); out != "0\n1\n2\n\n" {
		t.Errorf("descriptors %q", out)
	}
}

func TestPreservedDescriptors(t *testing.T) {
	const script = fds + "; cat <&3; cat <&4"
	b := sh(t, script)
	b.WriteConfig(b.Config())
	r := b.Start(withFiles(openFiles(t, 4)...), "run", "--bundle", b.Dir, "--preserve-fds", "2", b.ID).Wait()
	if r.Status != 0 || r.Stdout != "0\n1\n2\n3\n4\nfile 3\nfile 4\n" {
		t.Errorf("exit status %d, stdout %q, stderr %q", r.Status, r.Stdout, r.Stderr)
	}
	p := sh(t, "sleep 600")
	p.Up()
	r = p.Start(withFiles(openFiles(t, 4)...), "exec", "--preserve-fds", "2", p.ID, "/bin/sh", "-c", script).Wait()
	if r.Status != 0 || r.Stdout != "0\n1\n2\n3\n4\nfile 3\nfile 4\n" {
		t.Errorf("exec: exit status %d, stdout %q, stderr %q", r.Status, r.Stdout, r.Stderr)
	}
}

func TestPreservedDescriptorThatIsNotOpen(t *testing.T) {
	b := sh(t, "true")
	r := b.Run("--preserve-fds", "3")
	if r.Status == 0 || !strings.Contains(r.Stderr, "preserve-fds") || strings.Count(r.Stderr, "\n") != 1 {
		t.Errorf("exit status %d, stderr %q; expected one line that names preserve-fds", r.Status, r.Stderr)
	}
	b.NothingLeft()
	if r := b.Run("--preserve-fds=-1"); r.Status == 0 {
		t.Error("--preserve-fds=-1 is accepted")
	}
}
