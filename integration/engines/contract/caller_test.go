package contract

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/integration/internal/box"
	"github.com/runseal/runseal/integration/internal/room"
)

// A caller is an engine as the runtime sees it.
type caller struct {
	name  string
	env   []string // all that there is
	flags []string // before the subcommand; ROOT and LOG stand for paths
	// leaks are the sockets that the engine's processes have open at 3 and beyond.
	leaks int
	// stderr says that errors are read from there and not from a log.
	stderr bool
}

const path = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

var callers = []caller{
	{name: "containerd", flags: []string{"--root", "ROOT", "--log", "LOG", "--log-format", "json"}, leaks: 2,
		env: []string{path, "HOME=/root", "GOMAXPROCS=4", "TTRPC_ADDRESS=/run/containerd/containerd.sock.ttrpc", "MAX_SHIM_VERSION=2"}},
	{name: "conmon of podman", flags: []string{"--log-format=json", "--log", "LOG", "--root=ROOT"}, leaks: 1,
		env: []string{path, "XDG_RUNTIME_DIR=", "_OCI_SYNCPIPE=7", "_OCI_STARTPIPE=6", "_OCI_ATTACHPIPE=8"}},
	{name: "conmon of CRI-O", flags: []string{"--root=ROOT"}, env: []string{path}, stderr: true},
}

// each runs a test as every engine.
func each(t *testing.T, test func(t *testing.T, c *call)) {
	for _, who := range callers {
		t.Run(who.name, func(t *testing.T) {
			b := box.New(t, "/bin/sh", "-c", "trap 'exit 5' TERM; echo > /tmp/ready; while :; do sleep 0.02; done")
			test(t, &call{caller: who, t: t, b: b, log: filepath.Join(t.TempDir(), "log.json"), pidFile: filepath.Join(t.TempDir(), "pid")})
		})
	}
}

// A call is an engine with a container.
type call struct {
	caller
	t            *testing.T
	b            *box.Box
	log, pidFile string
}

// do runs a command of the runtime as the engine does.
func (c *call) do(args ...string) room.Result {
	c.t.Helper()
	return c.with(nil, args...)
}

func (c *call) with(prepare func(*exec.Cmd), args ...string) room.Result {
	c.t.Helper()
	var argv []string
	for _, f := range c.flags {
		argv = append(argv, strings.NewReplacer("ROOT", c.b.Root, "LOG", c.log).Replace(f))
	}
	return c.plain(prepare, append(argv, args...)...)
}

// plain is a command without global flags.
func (c *call) plain(prepare func(*exec.Cmd), argv ...string) room.Result {
	c.t.Helper()
	cmd := exec.Command(box.Binary(), argv...)
	cmd.Env = append(c.env[:len(c.env):len(c.env)], c.b.Mark())
	cmd.Dir = c.b.Dir
	for range c.leaks {
		pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
		if err != nil {
			c.t.Fatal(err)
		}
		for _, fd := range pair {
			f := os.NewFile(uintptr(fd), "leak")
			defer f.Close()
			if len(cmd.ExtraFiles) < c.leaks {
				cmd.ExtraFiles = append(cmd.ExtraFiles, f)
			}
		}
	}
	// Files: the container's process inherits them and would keep a pipe open.
	out, err := os.Create(filepath.Join(c.t.TempDir(), "out"))
	if err != nil {
		c.t.Fatal(err)
	}
	defer out.Close()
	said, err := os.Create(filepath.Join(c.t.TempDir(), "err"))
	if err != nil {
		c.t.Fatal(err)
	}
	defer said.Close()
	cmd.Stdout, cmd.Stderr = out, said
	if prepare != nil {
		prepare(cmd)
	}
	if err := cmd.Start(); err != nil {
		c.t.Fatal(err)
	}
	timer := time.AfterFunc(box.Limit, func() { cmd.Process.Kill() })
	cmd.Wait()
	if !timer.Stop() {
		c.t.Fatalf("%q: no end within %v", cmd.Args, box.Limit)
	}
	r := room.Result{Status: cmd.ProcessState.ExitCode()}
	for file, text := range map[string]*string{out.Name(): &r.Stdout, said.Name(): &r.Stderr} {
		data, err := os.ReadFile(file)
		if err != nil {
			c.t.Fatal(err)
		}
		*text = string(bytes.ReplaceAll(data, []byte("\r"), nil))
	}
	return r
}

// quiet is do for a command that succeeds without a word, in the log neither.
func (c *call) quiet(args ...string) {
	c.t.Helper()
	if r := c.do(args...); r.Status != 0 || r.Stdout+r.Stderr != "" {
		c.t.Errorf("%q: exit status %d, stdout %q, stderr %q; expected silence", args, r.Status, r.Stdout, r.Stderr)
	}
	if text, err := os.ReadFile(c.log); err == nil && len(text) > 0 {
		c.t.Errorf("%q: log %q, expected nothing", args, text)
	}
}

// create makes the container and returns the first process's id.
func (c *call) create(flags ...string) int {
	c.t.Helper()
	c.writeConfig()
	c.quiet(append(append([]string{"create", "--bundle", c.b.Dir, "--pid-file", c.pidFile}, flags...), c.b.ID)...)
	return c.pid()
}

// pid reads the pid file: the number, and nothing else.
func (c *call) pid() int {
	c.t.Helper()
	text, err := os.ReadFile(c.pidFile)
	if err != nil {
		c.t.Fatal(err)
	}
	pid, err := strconv.Atoi(string(text))
	if err != nil || strconv.Itoa(pid) != string(text) {
		c.t.Fatalf("pid file: %q, expected a decimal number and nothing else", text)
	}
	return pid
}

func (c *call) writeConfig() {
	c.t.Helper()
	c.b.WriteConfig(c.b.Config())
}
