package lifecycle

import (
	"os"
	"strings"
	"testing"

	"github.com/runseal/runseal/integration/internal/box"
)

// What cannot be executed, and the words that engines look for: they turn them
// into exit statuses 127 and 126.
var unexecutable = []struct {
	name, program, say string
}{
	{"missing by PATH", "no-such-program", "executable file not found"},
	{"missing by path", "/bin/no-such-program", "no such file or directory"},
	{"missing directory", "/nowhere/program", "no such file or directory"},
	{"relative path", "bin/no-such-program", "no such file or directory"},
	{"not executable", "/etc/passwd", "permission denied"},
	{"directory", "/etc", "permission denied"},
	{"directory by PATH", "directory", "executable file not found"},
	{"no format", "/bin/noformat", "exec format error"},
	{"missing interpreter", "/bin/script", "no such file or directory"},
}

func prepare(t *testing.T, b *box.Box) {
	t.Helper()
	b.File("bin/noformat", "not a program", 0o755)
	b.File("bin/script", "#!/no/such/interpreter\n", 0o755)
	if err := os.Mkdir(b.Path("bin/directory"), 0o755); err != nil {
		t.Fatal(err)
	}
}

func TestRunOfWhatCannotBeExecuted(t *testing.T) {
	for _, c := range unexecutable {
		t.Run(c.name, func(t *testing.T) {
			b := box.New(t, c.program)
			prepare(t, b)
			r := b.Run()
			if r.Status == 0 || !strings.Contains(r.Stderr, c.say) || !strings.Contains(r.Stderr, c.program) || strings.Count(r.Stderr, "\n") != 1 {
				t.Errorf("exit status %d, stderr %q; expected one line with %q and %q", r.Status, r.Stderr, c.program, c.say)
			}
			b.NothingLeft()
		})
	}
}

func TestExecOfWhatCannotBeExecuted(t *testing.T) {
	b := sh(t, "sleep 600")
	prepare(t, b)
	b.Up()
	for _, c := range unexecutable {
		r := b.Do("exec", b.ID, c.program)
		if r.Status == 0 || !strings.Contains(r.Stderr, c.say) || !strings.Contains(r.Stderr, c.program) || strings.Count(r.Stderr, "\n") != 1 {
			t.Errorf("%s: exit status %d, stderr %q; expected one line with %q and %q", c.name, r.Status, r.Stderr, c.program, c.say)
		}
	}
	if s := b.State(); s.Status != "running" {
		t.Errorf("the container is %q", s.Status)
	}
}

// cwd: what is not there is made for the container's first process, and what
// is no directory is an error that names the field.
func TestCwdIsAFile(t *testing.T) {
	b := sh(t, "true")
	b.Spec.Process.Cwd = "/etc/passwd"
	r := b.Run()
	if r.Status == 0 || !strings.Contains(r.Stderr, "process.cwd") || !strings.Contains(r.Stderr, "not a directory") {
		t.Errorf("exit status %d, stderr %q", r.Status, r.Stderr)
	}
	b.NothingLeft()
}

func TestCwdIsMade(t *testing.T) {
	b := sh(t, "pwd")
	b.Spec.Process.Cwd = "/made/for/it"
	if out := output(t, b); out != "/made/for/it\n" {
		t.Errorf("cwd is %q", out)
	}
}

// CVE-2024-21626: a cwd that is one of the runtime's own directories.
func TestCVE_2024_21626_WorkingDirectory(t *testing.T) {
	for _, cwd := range []string{"/proc/self/fd/3", "/proc/self/fd/5", "/proc/self/fd/7", "/proc/self/fd/9"} {
		b := sh(t, "pwd; ls ../../../..")
		b.Spec.Process.Cwd = cwd
		if r := b.Run(); r.Status == 0 {
			t.Errorf("cwd %s: exit status 0, output %q", cwd, r.Stdout)
		}
	}
}
