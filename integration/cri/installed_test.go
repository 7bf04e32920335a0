package cri

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	cri "k8s.io/cri-api/pkg/apis/runtime/v1"

	"github.com/runseal/runseal/integration/engines/scenario"
	"github.com/runseal/runseal/integration/internal/box"
)

// TestInstall is deploy/node/install.sh on a node as people have one, and what pods are
// there in the runtime handler that it makes.
func TestInstall(t *testing.T) {
	if os.Getenv("RUNSEAL_VM") == "" {
		t.Skip("changes the machine's containerd: make test-vm KERNEL=forky RUN=TestInstall")
	}
	m := newMachine(t)
	before, pid := m.configuration(), m.serving()
	two := strings.Contains(before, "version = 3")
	into := "a block at the end of " + etc + "/config.toml"
	if two {
		into = etc + "/conf.d/runseal.toml"
	}
	m.install("install", into, true)
	first := m.serving()
	if first == pid {
		t.Error("containerd has not been restarted")
	}

	r := m.mustRun(t, pod{handler: scenario.Runseal, seccomp: runtimeDefault})
	t.Run("pod", func(t *testing.T) { testInstalled(t, r) })
	if two { // 1.7 has user namespaces without id-mapped volumes, which the kubelet refuses
		t.Run("features", func(t *testing.T) { testFeatures(t, m.node) })
		t.Run("pods", func(t *testing.T) {
			m.network(t)
			matter{"user namespace", userNamespace}.try(t, m.node)
		})
	}

	m.install("install", "configured already", true)
	m.install("uninstall", "containers run under runseal", false)
	if now := m.serving(); now != first {
		t.Error("containerd has been restarted for nothing")
	}
	m.broken()
	// Three containerds later.
	if e := m.execSync(r.container, 20, "/bin/echo", "here"); e.Stdout != "here\n" {
		t.Errorf("exec in a container from before: %v", e)
	}
	if err := (&sandbox{node: m.node, id: r.sandbox}).remove(); err != nil {
		t.Error(err)
	}
	m.left()

	m.install("uninstall", "uninstalled", true)
	if now := m.configuration(); now != before {
		t.Errorf("uninstall leaves\n%s\nexpected\n%s", now, before)
	}
	if _, err := m.sandbox(scenario.Runseal, serialName()); err == nil || !strings.Contains(err.Error(), `"runseal"`) {
		t.Errorf("a pod with the handler after uninstall: %v, expected an error with its name", err)
	}
}

// broken installs a piece that `containerd config dump` takes and containerd does not start
// with: the old configuration comes back, and containerd with it.
func (m *machine) broken() {
	m.t.Helper()
	before := m.configuration()
	for _, name := range []string{"1.x.toml", "2.x.toml"} {
		name = filepath.Join(m.from, "containerd", name)
		m.write(m.t, name, m.read(name)+"\n[timeouts]\n  \"io.containerd.timeout.runseal\" = \"soon\"\n", 0o644)
	}
	out := m.install("install", "did not come back, so its configuration is the old one again", false)
	if strings.Contains(out, "either") {
		m.t.Error("the installer has not got containerd back by itself")
	}
	if now := m.configuration(); now != before {
		m.t.Errorf("install has failed and left\n%s\nexpected\n%s", now, before)
	}
}

// testInstalled: a pod is runseal's, below systemd as those of runc, and lives on cgroup
// version 2.
func testInstalled(t *testing.T, r *running) {
	_, i := r.status(t, r.container)
	if s := stateOf(t, installed, "/run/containerd/runc/k8s.io", r.container); s.Pid != i.Pid {
		t.Errorf("state: pid %d, expected %d", s.Pid, i.Pid)
	}
	cgroup := r.Cgroup + "/cri-containerd-" + r.container + ".scope"
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/cgroup", i.Pid))
	if string(data) != "0::/"+cgroup+"\n" {
		t.Errorf("the container's cgroup is %q, %v; expected %q", data, err, cgroup)
	}
	if first, want := r.output(), seen(2, "EPERM", "0"); first != want {
		t.Errorf("the first process: %q, expected %q", first, want)
	}
	if got := seccompMode(t, i.Pid); got != "2" {
		t.Errorf("Seccomp %s in /proc/PID/status, expected 2", got)
	}
	r.updates(t, cgroup)
}

// testFeatures: what containerd has asked `runseal features` for and tells the kubelet,
// which schedules pods by it.
func testFeatures(t *testing.T, n *node) {
	r, err := call(n.Status, &cri.StatusRequest{})
	if err != nil {
		t.Fatal(err)
	}
	handlers := map[string]*cri.RuntimeHandlerFeatures{}
	for _, h := range r.RuntimeHandlers {
		handlers[h.Name] = h.Features
	}
	for _, name := range []string{scenario.Runc, scenario.Runseal} {
		if got := handlers[name]; !got.GetRecursiveReadOnlyMounts() || !got.GetUserNamespaces() {
			t.Errorf("%s: containerd has found %v, expected mounts that are read-only all the way down, and user namespaces", name, got)
		}
	}
}

// network gives the node one for its pods, which containerd notices.
func (m *machine) network(t *testing.T) {
	t.Helper()
	m.write(t, "/etc/cni/net.d/10-pods.conflist", fmt.Sprintf(network, m.Path("cni-data")), 0o644)
	if !box.Eventually(func() bool {
		r, err := call(m.Status, &cri.StatusRequest{})
		for _, c := range r.GetStatus().GetConditions() {
			if c.Type == cri.NetworkReady {
				return err == nil && c.Status
			}
		}
		return false
	}) {
		t.Fatal("containerd has no network for pods")
	}
}
