package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/runseal/runseal/integration/internal/box"
)

// A runtime is runseal or the oracle, with a state directory and a container.
type runtime struct {
	t       *testing.T
	program string
	root    string
	box     *box.Box
}

// answer is what a command did: its exit status, both its streams, and the container's
// status afterwards, "" where there is none.
type answer struct {
	code           int
	stdout, stderr string
	after          string
}

// do runs a command. Its output goes to files: a container inherits them.
func (r *runtime) do(args ...string) (code int, stdout, stderr string) {
	r.t.Helper()
	dir := r.t.TempDir()
	var files [2]*os.File
	for i, name := range []string{"out", "err"} {
		f, err := os.Create(filepath.Join(dir, name))
		must(r.t, err)
		defer f.Close()
		files[i] = f
	}
	ctx, cancel := context.WithTimeout(context.Background(), box.Limit)
	defer cancel()
	cmd := exec.CommandContext(ctx, r.program, append([]string{"--root", r.root}, args...)...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = r.box.Dir, files[0], files[1]
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) || ctx.Err() != nil {
		r.t.Fatalf("%s %q: %v, %v", r.program, args, err, ctx.Err())
	}
	read := func(f *os.File) string {
		text, err := os.ReadFile(f.Name())
		must(r.t, err)
		return string(text)
	}
	return cmd.ProcessState.ExitCode(), read(files[0]), read(files[1])
}

// status is the container's.
func (r *runtime) status() string {
	r.t.Helper()
	code, out, _ := r.do("state", r.box.ID)
	if code != 0 {
		return ""
	}
	var s struct{ Status string }
	must(r.t, json.Unmarshal([]byte(out), &s))
	return s.Status
}

// ways lead from nothing to a status.
var ways = map[string][][]string{
	"":        nil,
	"created": {{"create", "ID"}},
	"running": {{"create", "ID"}, {"start", "ID"}},
	"paused":  {{"create", "ID"}, {"start", "ID"}, {"pause", "ID"}},
	"stopped": {{"create", "ID"}, {"start", "ID"}, {"kill", "ID", "KILL"}},
}

// become brings the container to a status.
func (r *runtime) become(status string) {
	r.t.Helper()
	if r.status() == status {
		return
	}
	r.delete()
	for _, args := range ways[status] {
		if code, _, stderr := r.do(r.fill(args)...); code != 0 {
			r.t.Fatalf("%s %q: exit status %d, %s", r.program, args, code, stderr)
		}
	}
	if !box.Eventually(func() bool { return r.status() == status }) {
		r.t.Fatalf("%s: the container is %q, expected %q", r.program, r.status(), status)
	}
}

func (r *runtime) delete() {
	if code, _, stderr := r.do("delete", "--force", r.box.ID); code != 0 {
		r.t.Errorf("%s delete --force: exit status %d, %s", r.program, code, stderr)
	}
}

// fill puts this runtime's names in.
func (r *runtime) fill(args []string) []string {
	out := make([]string, len(args))
	for i, a := range args {
		out[i] = strings.NewReplacer("ID", r.box.ID, "DIR", r.box.Dir).Replace(a)
	}
	return out
}

func (r *runtime) ask(args []string) (a answer) {
	r.t.Helper()
	a.code, a.stdout, a.stderr = r.do(r.fill(args)...)
	a.after = r.status()
	return a
}

// matched are the texts by which engines know errors.
var matched = []string{
	"container not running", "does not exist", // containerd, podman, CRI-O
	"no such file or directory", "executable file not found", "permission denied", // Docker, podman: 127, 126
}

func texts(stderr string) (found []string) {
	for _, text := range matched {
		if strings.Contains(strings.ToLower(stderr), text) {
			found = append(found, text)
		}
	}
	return found
}

// TestLikeRunc: what runc's callers are answered, runseal's are. See oracle for the lines.
func TestLikeRunc(t *testing.T) {
	runc, err := exec.LookPath("runc")
	if err != nil {
		t.Skip("runc is not installed")
	}
	theirs := &runtime{t, runc, t.TempDir(), sleeper(t)}
	ours := &runtime{t, box.Binary(), t.TempDir(), sleeper(t)}
	for _, r := range []*runtime{theirs, ours} {
		must(t, os.WriteFile(filepath.Join(r.box.Dir, "config.json"), r.box.Config(), 0o600))
		r.box.File("/not-executable", "", 0o644)
		defer r.delete()
	}
	for _, c := range oracle {
		theirs.become(c.status)
		ours.become(c.status)
		args := strings.Fields(c.line)
		for i, a := range args {
			args[i] = strings.NewReplacer("EMPTY", "", "_", " ").Replace(a)
		}
		want, got := theirs.ask(args), ours.ask(args)
		if strings.Contains(c.line, "--detach") {
			ours.box.ReapOrphans() // or the container's first process could not end
		}
		// What a signal does takes a moment.
		for end := time.Now().Add(2 * time.Second); want.after != got.after && time.Now().Before(end); {
			want.after, got.after = theirs.status(), ours.status()
		}
		differs := same
		switch {
		case (want.code == 0) != (got.code == 0) || c.exact && want.code != got.code:
			differs = inExit
		case want.after != got.after:
			differs = inContainer
		case strings.Join(texts(want.stderr), "; ") != strings.Join(texts(got.stderr), "; "):
			differs = inText
		}
		both := fmt.Sprintf("runc    %d %q %q %v\nrunseal %d %q %q %v", want.code, want.after, want.stderr, texts(want.stderr), got.code, got.after, got.stderr, texts(got.stderr))
		if differs != c.differs {
			t.Errorf("%q %s: what differs is %q, expected %q (%s)\n%s", c.status, c.line, differs, c.differs, c.why, both)
		} else {
			t.Logf("%q %s\n%s", c.status, c.line, both)
		}
		if got.code != 0 && !c.exact && (got.stdout != "" || !strings.HasPrefix(got.stderr, "runseal: ") || strings.Count(got.stderr, "\n") > 2) {
			t.Errorf("%q %s: stdout %q, stderr %q; expected one line on stderr, and one about the usage", c.status, c.line, got.stdout, got.stderr)
		}
	}
}
