package cri

import (
	"crypto/sha256"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	cri "k8s.io/cri-api/pkg/apis/runtime/v1"

	"github.com/runseal/runseal/integration/internal/box"
	"github.com/runseal/runseal/integration/internal/busybox"
	"github.com/runseal/runseal/integration/internal/containerd"
	"github.com/runseal/runseal/integration/internal/room"
)

const (
	etc       = "/etc/containerd"
	installed = "/opt/runseal/bin/runseal"
	socket    = "/run/containerd/containerd.sock"
)

// machine is this one, a node of integration/vm: its containerd is a service of systemd,
// with the CRI plugin. deploy/node/install.sh installs runseal there.
type machine struct {
	*node
	t    *testing.T
	from string // directory of install.sh, as the image of deploy/ has it
}

func newMachine(t *testing.T) *machine {
	t.Helper()
	m := &machine{node: &node{Daemon: &containerd.Daemon{Room: room.New(t, "installed", "runseal.slice")}}, t: t}
	m.Client = containerd.NewClient(t, socket, "k8s.io", func() string { return "" })
	m.dial(t, socket)
	m.recovered(t)
	i := busybox.Image{Name: image, Cmd: []string{"/bin/sleep", "600"}, Programs: map[string]string{"/bin/call": "./integration/demo/call"}}
	if err := i.Write(m.Path("image.tar")); err != nil {
		t.Fatal(err)
	}
	m.Ctr("images", "import", m.Path("image.tar"))
	m.knows(t, image)

	m.from = m.Path("runseal")
	for _, name := range []string{"node/install.sh", "containerd/1.x.toml", "containerd/2.x.toml"} {
		m.write(t, filepath.Join(m.from, strings.TrimPrefix(name, "node/")), m.read("../../deploy/"+name), 0o755)
	}
	program := m.read(box.Binary())
	m.write(t, m.from+"/runseal", program, 0o755)
	m.write(t, m.from+"/runseal.sha256", fmt.Sprintf("%x  runseal\n", sha256.Sum256([]byte(program))), 0o644)
	return m
}

func (m *machine) read(name string) string {
	m.t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		m.t.Fatal(err)
	}
	return string(data)
}

// must is the output of a command that has to succeed.
func (m *machine) must(argv ...string) string {
	m.t.Helper()
	out, err := exec.Command(argv[0], argv[1:]...).CombinedOutput()
	if err != nil {
		m.t.Fatalf("%q: %v\n%s", argv, err, out)
	}
	return strings.TrimSpace(string(out))
}

// install runs install.sh and returns what it says, in which text has to be.
func (m *machine) install(verb, text string, succeeds bool) string {
	m.t.Helper()
	cmd := exec.Command("/bin/sh", m.from+"/install.sh", verb)
	cmd.Env = append(os.Environ(), "HOST_ROOT=/")
	began := time.Now()
	out, err := cmd.CombinedOutput()
	m.t.Logf("%s after %.1f s: %v\n%s", verb, time.Since(began).Seconds(), err, out)
	if (err == nil) != succeeds || !strings.Contains(string(out), text) {
		m.t.Fatalf("expected success: %v, and %q", succeeds, text)
	}
	// Whatever it has done, there is a containerd when it ends, and its CRI plugin.
	if m.serving() == "0" {
		m.t.Fatal("containerd does not run")
	}
	if _, err := call(m.Version, &cri.VersionRequest{}); err != nil {
		m.t.Fatal(err)
	}
	return string(out)
}

// serving is containerd's process, another one after each restart; 0 if it does not run.
func (m *machine) serving() string {
	m.t.Helper()
	return m.must("systemctl", "show", "-p", "MainPID", "--value", "containerd")
}

// configuration is what there is in containerd's directory and in /opt: names and modes,
// and what is in the files of the first. In its own work directory the installer may leave
// what people want to look at when it has failed.
func (m *machine) configuration() string {
	m.t.Helper()
	return m.must("sh", "-c", "find "+etc+" /opt -path /opt/runseal/work -prune -o -printf '%p %m\\n' | sort; find "+etc+" -type f -exec cat {} +")
}

// left says what there is of pods after their end that package room does not look for.
func (m *machine) left() {
	m.t.Helper()
	r, err := call(m.ListPodSandbox, &cri.ListPodSandboxRequest{})
	if err != nil || len(r.Items) > 0 {
		m.t.Errorf("pods: %v, %v", r, err)
	}
	for _, pattern := range []string{"io.containerd.runtime.v2.task/k8s.io/*", "io.containerd.grpc.v1.cri/*/*", "runc/k8s.io/*"} {
		if names, _ := filepath.Glob("/run/containerd/" + pattern); len(names) > 0 {
			m.t.Errorf("left: %q", names)
		}
	}
	for _, pattern := range []string{"/run/netns/*", "/run/systemd/transient/cri-containerd-*"} {
		if names, _ := filepath.Glob(pattern); len(names) > 0 {
			m.t.Errorf("left: %q", names)
		}
	}
	if text := m.read("/proc/self/mountinfo"); strings.Contains(text, "/k8s.io/") || strings.Contains(text, "/sandboxes/") {
		m.t.Errorf("mounts are left: %s", text)
	}
}
