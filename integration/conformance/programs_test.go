package conformance

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

const tools = "github.com/opencontainers/runtime-tools"

// toolsDir is the directory of runtime-tools in the module cache.
func toolsDir(t *testing.T) string {
	t.Helper()
	return strings.TrimSpace(goCommand(t, "list", "-m", "-f", "{{.Dir}}", tools))
}

// goCommand runs go in the module of the programs and returns its output.
func goCommand(t *testing.T, args ...string) string {
	t.Helper()
	cmd := exec.Command("go", args...)
	cmd.Dir = "programs"
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v: %v\n%s", cmd, err, stderr.Bytes())
	}
	return stdout.String()
}

// build compiles the programs of these names and runtimetest, which runs inside of the
// containers, and makes the directory that programs expect to be started in: with
// runtimetest, and the root file system as an archive.
func build(t *testing.T, names []string) (bin, work string) {
	t.Helper()
	bin, err := filepath.Abs("../../bin/conformance")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(bin, 0o755); err != nil {
		t.Fatal(err)
	}
	args := []string{"build", "-trimpath", "-buildvcs=false", "-ldflags=-s -w", "-o", bin + "/", tools + "/cmd/runtimetest"}
	for _, name := range names {
		args = append(args, tools+"/validation/"+name)
	}
	goCommand(t, args...)
	work = directory(t)
	archive := "rootfs-" + runtime.GOARCH + ".tar.gz"
	for _, file := range []string{filepath.Join(bin, "runtimetest"), filepath.Join(toolsDir(t), archive)} {
		// Copies: the programs would put a link into the bundle as a link.
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatalf("%v (runtime-tools has root file systems for 386 and amd64)", err)
		}
		if err := os.WriteFile(filepath.Join(work, filepath.Base(file)), data, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return bin, work
}

// directory is like t.TempDir, but open to containers in a user namespace.
func directory(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "runseal-conformance-")
	if err == nil {
		err = os.Chmod(dir, 0o755)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// A bench runs programs.
type bench struct{ bin, work string }

// limit is for one program: the slowest waits 10 seconds twice by itself.
const limit = 2 * time.Minute

// run executes a program with a runtime and says what came of it. What is left behind,
// containers first, is an error, and removed: the programs delete what they create.
func (b *bench) run(t *testing.T, name, binary string) (*outcome, []string, error) {
	t.Helper()
	dir := directory(t)
	state, tmp := filepath.Join(dir, "state"), filepath.Join(dir, "tmp")
	if err := os.Mkdir(tmp, 0o755); err != nil {
		return nil, nil, err
	}
	// The programs give no global flags.
	script := fmt.Sprintf("#!/bin/sh\nexec %s --root %s \"$@\"\n", binary, state)
	wrapper := filepath.Join(dir, "runtime")
	if err := os.WriteFile(wrapper, []byte(script), 0o755); err != nil {
		return nil, nil, err
	}
	cmd := exec.Command(filepath.Join(b.bin, name))
	cmd.Dir = b.work
	cmd.Env = append(os.Environ(), "RUNTIME="+wrapper, "TMPDIR="+tmp)
	// Files, since the processes of containers would keep pipes open.
	stdout, stderr := filepath.Join(dir, "stdout"), filepath.Join(dir, "stderr")
	status, err := runTo(cmd, stdout, stderr)
	left := leftovers(wrapper, state, tmp) // also of a program that was ended
	if err != nil {
		return nil, nil, fmt.Errorf("%w; left behind: %q", err, left)
	}
	out, err := os.ReadFile(stdout)
	if err != nil {
		return nil, nil, err
	}
	errs, err := os.ReadFile(stderr)
	if err != nil {
		return nil, nil, err
	}
	o, err := parse(string(out), string(errs), status)
	return o, left, err
}

func runTo(cmd *exec.Cmd, stdout, stderr string) (status int, err error) {
	o, err := os.Create(stdout)
	if err != nil {
		return 0, err
	}
	defer o.Close()
	e, err := os.Create(stderr)
	if err != nil {
		return 0, err
	}
	defer e.Close()
	cmd.Stdout, cmd.Stderr = o, e
	if err := cmd.Start(); err != nil {
		return 0, err
	}
	timer := time.AfterFunc(limit, func() { cmd.Process.Kill() })
	err = cmd.Wait()
	if !timer.Stop() {
		return 0, fmt.Errorf("%s did not end within %v", cmd.Path, limit)
	}
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.Exited() {
		return exit.ExitCode(), nil
	}
	return 0, err
}

// leftovers lists containers and mounts that the program has left, and removes them.
// Bundles are no matter: some programs leave theirs.
func leftovers(wrapper, state, tmp string) (left []string) {
	entries, _ := os.ReadDir(state)
	for _, e := range entries {
		left = append(left, "container "+e.Name())
		if out, err := exec.Command(wrapper, "delete", "--force", e.Name()).CombinedOutput(); err != nil {
			left = append(left, fmt.Sprintf("delete --force %s: %v: %s", e.Name(), err, out))
		}
	}
	data, _ := os.ReadFile("/proc/self/mountinfo")
	for line := range strings.Lines(string(data)) {
		if f := strings.Fields(line); len(f) > 4 && strings.HasPrefix(f[4], tmp) {
			left = append(left, "mount "+f[4])
			unix.Unmount(f[4], unix.MNT_DETACH)
		}
	}
	return left
}
