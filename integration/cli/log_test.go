package cli

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	specs "github.com/opencontainers/runtime-spec/specs-go"

	"github.com/runseal/runseal/integration/internal/box"
)

// entry is a line as the engines decode it: the time has to be RFC 3339.
type entry struct {
	Level, Msg string
	Time       time.Time
}

// containerdReads is what its shim takes from the file: the message of the last error, and
// nothing of a file in which one line is not an object.
func containerdReads(file string) (string, error) {
	f, err := os.Open(file)
	if err != nil {
		return "", err
	}
	defer f.Close()
	last := ""
	for dec := json.NewDecoder(f); ; {
		var e entry
		switch err := dec.Decode(&e); {
		case errors.Is(err, io.EOF):
			return last, nil
		case err != nil:
			return "", err
		case e.Level == "error":
			last = strings.TrimSpace(e.Msg)
		}
	}
}

// podmanReads takes the whole file for one object.
func podmanReads(file string) (string, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return "", err
	}
	var e entry
	err = json.Unmarshal(text, &e)
	return e.Msg, err
}

// podmanStatus is the exit status that podman gives an error of this text.
func podmanStatus(msg string) int {
	switch {
	case regexp.MustCompile("(?i)permission denied|operation not permitted").MatchString(msg):
		return 126
	case regexp.MustCompile("(?i)executable file not found in|no such file or directory|open executable").MatchString(msg):
		return 127
	}
	return 125
}

// dockerStatus is the same of Docker.
func dockerStatus(msg string) int {
	switch {
	case strings.Contains(msg, "executable file not found") || strings.Contains(msg, "no such file or directory") || strings.Contains(msg, "system cannot find the file specified"):
		return 127
	case strings.Contains(msg, "permission denied"):
		return 126
	}
	return 128
}

// TestLogAsEnginesRead: each engine understands the file of a command that failed, with a
// warning in it too, and takes the cause for what it is.
func TestLogAsEnginesRead(t *testing.T) {
	for name, c := range map[string]struct {
		change         func(b *box.Box)
		first          []string // commands before, which succeed
		args           []string
		want           string
		podman, docker int
	}{
		"no such program": {func(b *box.Box) { b.Spec.Process.Args = []string{"no-such-program"} }, nil,
			[]string{"create", "--bundle", "DIR", "ID"}, `"no-such-program": executable file not found in $PATH`, 127, 127},
		"no such file": {func(b *box.Box) { b.Spec.Process.Args = []string{"/no/such/file"} }, nil,
			[]string{"create", "--bundle", "DIR", "ID"}, "no such file or directory", 127, 127},
		"not executable": {func(b *box.Box) { b.File("/data", "x", 0o644); b.Spec.Process.Args = []string{"/data"} }, nil,
			[]string{"create", "--bundle", "DIR", "ID"}, "permission denied", 126, 126},
		"a directory": {func(b *box.Box) { b.Spec.Process.Args = []string{"/tmp"} }, nil,
			[]string{"run", "--bundle", "DIR", "ID"}, "permission denied", 126, 126},
		"a field": {func(b *box.Box) { b.Spec.Process.Cwd = "relative" }, nil,
			[]string{"create", "--bundle", "DIR", "ID"}, "process.cwd", 125, 128},
		"exec":       {nil, []string{"create", "start"}, []string{"exec", "--detach", "ID", "no-such-program"}, "executable file not found", 127, 127},
		"not there":  {nil, nil, []string{"kill", "--all", "ID", "9"}, "does not exist", 125, 128},
		"has ended":  {nil, []string{"create", "start", "kill"}, []string{"kill", "ID", "9"}, "container not running", 125, 128},
		"wrong flag": {nil, nil, []string{"create", "--nope", "ID"}, "create: unknown flag --nope", 125, 128},
		"checkpoint": {nil, nil, []string{"checkpoint", "--image-path", "/x", "ID"}, "CRIU is not supported", 125, 128},
		"subcommand": {nil, nil, []string{"nope"}, `unknown subcommand "nope"`, 125, 128},
	} {
		t.Run(name, func(t *testing.T) {
			b := sleeper(t)
			// A warning, which must not get into the file of a command that fails.
			b.Spec.Linux.Seccomp = box.Seccomp(specs.ActAllow, box.Errno(1, "no_such_call"))
			if c.change != nil {
				c.change(b)
			}
			must(t, os.WriteFile(filepath.Join(b.Dir, "config.json"), b.Config(), 0o600))
			for _, verb := range c.first {
				switch verb {
				case "create":
					b.Must("create", "--bundle", b.Dir, b.ID)
				case "kill":
					b.Must("kill", b.ID, "KILL")
					b.WaitFor("stopped")
				default:
					b.Must(verb, b.ID)
				}
			}
			file := filepath.Join(t.TempDir(), "log.json")
			args := []string{"--log", file, "--log-format", "json"}
			for _, a := range c.args {
				args = append(args, strings.NewReplacer("DIR", b.Dir, "ID", b.ID).Replace(a))
			}
			begin := time.Now().Truncate(time.Second)
			r := b.Do(args...)
			text, err := os.ReadFile(file)
			must(t, err)
			if r.Status == 0 || strings.Count(string(text), "\n") != 1 || !strings.HasSuffix(string(text), "\n") {
				t.Fatalf("exit status %d, stderr %q, log %q; expected a failure and one line", r.Status, r.Stderr, text)
			}
			for engine, read := range map[string]func(string) (string, error){"containerd": containerdReads, "podman": podmanReads} {
				msg, err := read(file)
				if err != nil || !strings.Contains(msg, c.want) {
					t.Errorf("%s reads %q, %v; expected %q", engine, msg, err, c.want)
				}
				// Without --log standard error is the message.
				if !strings.HasPrefix(r.Stderr, "runseal: "+msg+"\n") {
					t.Errorf("stderr %q is not what %s reads, %q", r.Stderr, engine, msg)
				}
			}
			var e entry
			must(t, json.Unmarshal(text, &e))
			if e.Level != "error" || e.Time.Before(begin) || e.Time.After(time.Now()) {
				t.Errorf("level %q, time %v", e.Level, e.Time)
			}
			if p, d := podmanStatus(e.Msg), dockerStatus(e.Msg); p != c.podman || d != c.docker {
				t.Errorf("%q: podman ends with %d, Docker with %d; expected %d and %d", e.Msg, p, d, c.podman, c.docker)
			}
		})
	}
}

// A file that several commands share: containerd reads the last error, and warnings and
// what --debug adds are lines of their own that it can read.
func TestLogOfSeveralCommands(t *testing.T) {
	file := filepath.Join(t.TempDir(), "log.json") // before the box, whose clean-up writes to it
	b := sleeper(t)
	b.Spec.Linux.Seccomp = box.Seccomp(specs.ActAllow, box.Errno(1, "no_such_call"))
	must(t, os.WriteFile(filepath.Join(b.Dir, "config.json"), b.Config(), 0o600))
	b.Global("--log", file, "--log-format", "json")
	b.Must("create", "--bundle", b.Dir, b.ID)
	if msg, err := containerdReads(file); err != nil || msg != "" {
		t.Errorf("after a success: %q, %v", msg, err)
	}
	if text, err := os.ReadFile(file); err != nil || !strings.Contains(string(text), `"level":"warning"`) {
		t.Errorf("no warning in %q, %v", text, err)
	}
	if r := b.Do("pause", "nobody"); r.Status != 1 {
		t.Errorf("%+v", r)
	}
	if r := b.Do("--debug", "resume", b.ID); r.Status != 1 {
		t.Errorf("%+v", r)
	}
	if msg, err := containerdReads(file); err != nil || !strings.Contains(msg, "container not paused") {
		t.Errorf("after two failures: %q, %v", msg, err)
	}
	// Engines read ps and features from both streams together.
	for _, args := range [][]string{{"ps", "--format", "json", b.ID}, {"features"}, {"state", b.ID}} {
		r := b.Must(args...)
		if !json.Valid([]byte(r.Stdout)) || r.Stderr != "" {
			t.Errorf("%q: stdout %q, stderr %q", args, r.Stdout, r.Stderr)
		}
	}
}
