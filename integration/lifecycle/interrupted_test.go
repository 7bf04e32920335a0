package lifecycle

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/integration/internal/box"
)

const heldEnv = "RUNSEAL_TEST_HELD"

// TestHeld is no test but what TestInterrupted interrupts: a created container, and a command
// with one that runs.
func TestHeld(t *testing.T) {
	if os.Getenv(heldEnv) == "" {
		return
	}
	created, running := sh(t, "sleep 600"), sh(t, "echo running; exec sleep 600")
	created.Create()
	running.WriteConfig(running.Config())
	p := running.Start(nil, "run", "--bundle", running.Dir, running.ID)
	p.WaitOutput("running\n")
	fmt.Println("ready")
	p.Wait()
}

// ^C at the tests leaves nothing: no processes, cgroups or files.
func TestInterrupted(t *testing.T) {
	tmp := t.TempDir()
	out, err := os.Create(filepath.Join(t.TempDir(), "out"))
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	cmd := exec.Command("/proc/self/exe", "-test.run", "^TestHeld$")
	cmd.Env = append(os.Environ(), heldEnv+"=1", "TMPDIR="+tmp, "RUNSEAL="+box.Binary())
	cmd.Stdout, cmd.Stderr = out, out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	text := func() string {
		data, err := os.ReadFile(out.Name())
		if err != nil {
			t.Fatal(err)
		}
		return string(data)
	}
	ready := box.Eventually(func() bool { return strings.Contains(text(), "ready\n") })
	cmd.Process.Signal(unix.SIGTERM)
	watchdog := time.AfterFunc(box.Limit, func() { cmd.Process.Kill() })
	cmd.Wait()
	watchdog.Stop()
	if !ready || cmd.ProcessState.ExitCode() != 128+int(unix.SIGTERM) {
		t.Errorf("%v; it prints\n%s", cmd.ProcessState, text())
	}
	name := fmt.Sprintf("-it-%d", cmd.Process.Pid)
	dirs, _ := filepath.Glob("/sys/fs/cgroup/*/runseal" + name)
	dirs2, _ := filepath.Glob("/sys/fs/cgroup/runseal" + name)
	files, err := os.ReadDir(tmp)
	// Where all is in memory, the programs of root file systems are there once for all tests.
	files = slices.DeleteFunc(files, func(f os.DirEntry) bool { return strings.HasPrefix(f.Name(), "program-") })
	if left := append(dirs, dirs2...); len(left) > 0 || len(files) > 0 || err != nil {
		t.Errorf("left: %v %v %v", left, files, err)
	}
	environs, _ := filepath.Glob("/proc/[0-9]*/environ")
	for _, e := range environs {
		if env, err := os.ReadFile(e); err == nil && strings.Contains(string(env), "RUNSEAL_IT=it-"+fmt.Sprint(cmd.Process.Pid)+"-") {
			t.Errorf("%s: a process of the tests is left", e)
		}
	}
}
