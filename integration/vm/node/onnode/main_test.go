package onnode

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/runseal/runseal/integration/internal/busybox"
	"github.com/runseal/runseal/integration/internal/containerd"
)

const (
	socket    = "/run/containerd/containerd.sock"
	namespace = "node"
	image     = "localhost/busybox:test"

	viewPackage = "integration/vm/node/onnode/view"
	viewPath    = "/bin/view"

	// limit of one ctr command: a hundred times what it takes under emulation, for hosts that run more than this.
	limit = 150 * time.Second
)

// node is what the tests share.
var node struct {
	runseal string // path of the runtime under test
	events  *events
}

func TestMain(m *testing.M) {
	if os.Getenv("RUNSEAL_VM") == "" {
		fmt.Println("SKIP: these tests are for a node that integration/vm boots (make test-vm KERNEL=forky)")
		return
	}
	os.Exit(run(m))
}

func run(m *testing.M) int {
	if list := os.Args[1:]; len(list) == 1 && strings.HasPrefix(list[0], "-test.list") {
		return m.Run()
	}
	if err := check(); err != nil {
		fmt.Fprintln(os.Stderr, "no node:", err)
		return 1
	}
	var err error
	if node.events, err = watch(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer node.events.close()
	return m.Run()
}

// check looks at what the tests take for granted.
func check() error {
	first, err := os.ReadFile("/proc/1/comm")
	if err != nil || string(first) != "systemd\n" {
		return fmt.Errorf("process 1 is %q, expected systemd (%v)", first, err)
	}
	if _, err := os.Stat("/sys/fs/cgroup/cgroup.controllers"); err != nil {
		return fmt.Errorf("expected cgroup version 2 alone: %w", err)
	}
	for _, name := range []string{"ctr", "runc", "crun", "busybox"} {
		if _, err := exec.LookPath(name); err != nil {
			return err
		}
	}
	if node.runseal = os.Getenv("RUNSEAL"); node.runseal == "" {
		return fmt.Errorf("RUNSEAL does not name the runtime under test")
	}
	return nil
}

// client is ctr for a test.
func client(t testing.TB) *containerd.Client {
	return containerd.NewClient(t, socket, namespace, func() string {
		text, _ := os.ReadFile("/var/log/containerd.log")
		return string(text[max(0, len(text)-4000):])
	}).For(t, limit)
}

// imported brings the image of busybox into containerd.
func imported(t *testing.T) {
	t.Helper()
	archive := filepath.Join(t.TempDir(), "image.tar")
	i := busybox.Image{Name: image, Cmd: []string{"/bin/sh"}, Programs: map[string]string{viewPath: viewPackage}}
	if err := i.Write(archive); err != nil {
		t.Fatal(err)
	}
	client(t).Ctr("images", "import", archive)
	// The watcher had to be there before the first event, and now it is seen to be.
	node.events.waitAny(t, "/images/create")
}
