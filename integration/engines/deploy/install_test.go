package deploy

import (
	"os"
	"strings"
	"testing"
)

// cri1 and cri2 are sections of the CRI plugin that people have, in the versions of the
// configuration; both must survive.
const (
	cri1 = `
[plugins]
  [plugins."io.containerd.grpc.v1.cri"]
    sandbox_image = "localhost/pause:3.9"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.other]
      runtime_type = "io.containerd.runc.v2"
      [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.other.options]
        SystemdCgroup = true
`
	cri2 = `
[plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.other]
  runtime_type = 'io.containerd.runc.v2'
  [plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.other.options]
    SystemdCgroup = true
`
	imports = `imports = ["/etc/containerd/conf.d/*.toml"]` + "\n"
)

// A layout is a way in which a node has its configuration.
type layout struct {
	name   string
	config map[string]string // by version of containerd; a version without is not tried
	confd  bool
	dropin map[string]bool // where runseal goes to
}

var layouts = []layout{
	{name: "nothing", config: map[string]string{"1": "", "2": ""}},
	{name: "only a version", config: map[string]string{"1": "version = 2\n", "2": "version = 3\n"}},
	{name: "no new line at the end", config: map[string]string{"1": "version = 2\noom_score = -5", "2": "version = 3\noom_score = -5"}},
	{name: "CRI", config: map[string]string{"1": "version = 2\n" + cri1, "2": "version = 3\n" + cri2}},
	{name: "older form", config: map[string]string{"2": "version = 2\n" + cri1}},
	{name: "conf.d", confd: true, config: map[string]string{"1": "version = 2\n" + imports, "2": "version = 3\n" + imports},
		dropin: map[string]bool{"1": true, "2": true}},
	{name: "conf.d and CRI", confd: true, config: map[string]string{"1": "version = 2\n" + imports + cri1, "2": "version = 3\n" + imports + cri2},
		dropin: map[string]bool{"2": true}},
	{name: "conf.d that nobody imports", confd: true, config: map[string]string{"1": "version = 2\n" + cri1, "2": "version = 3\n" + cri2}},
}

func TestInstallAndUninstall(t *testing.T) {
	for _, c := range containerds() {
		for _, l := range layouts {
			config, ok := l.config[c.name]
			if !ok {
				continue
			}
			t.Run(c.name+"/"+l.name, func(t *testing.T) {
				t.Parallel()
				n := newNode(t, c, config)
				if l.confd {
					write(t, n.path("etc/containerd/conf.d/50-more.toml"), "version = 2\noom_score = -7\n")
				}
				before, dump := n.contents("etc", "opt"), n.dump()

				n.must("install")
				_, err := os.Stat(n.path("etc/containerd/conf.d/runseal.toml"))
				if got := err == nil; got != l.dropin[c.name] {
					t.Errorf("a file in conf.d: %v, expected %v", got, l.dropin[c.name])
				}
				n.expectRuntime(dump, strings.Contains(config, "SystemdCgroup = true"))

				after, etc := n.tree("etc", "opt"), n.contents("etc")
				out := n.must("install", "CONTAINERD_RESTART=false")
				if again := n.tree("etc", "opt"); again != after {
					t.Errorf("install again changes\n%s\ninto\n%s", after, again)
				}
				if !strings.Contains(out, "configured already") {
					t.Errorf("install again says %q", out)
				}

				// A change goes there and back.
				n.must("install", "SYSTEMD_CGROUP=true")
				n.expectRuntime(dump, true)
				n.must("install")
				if back := n.contents("etc"); back != etc {
					t.Errorf("SYSTEMD_CGROUP and back makes\n%s\nof\n%s", back, etc)
				}

				n.must("uninstall")
				if now := n.contents("etc", "opt"); now != before {
					t.Errorf("uninstall leaves\n%s\nexpected\n%s", now, before)
				}
				if out := n.must("uninstall"); !strings.Contains(out, "not installed") {
					t.Errorf("uninstall again says %q", out)
				}
			})
		}
	}
}

// expectRuntime compares containerd's view with that before: all of it is there, and
// runseal.
func (n *node) expectRuntime(before string, systemd bool) {
	n.t.Helper()
	now := n.dump()
	rest := now
	for l := range strings.Lines(before) {
		_, after, ok := strings.Cut(rest, l)
		if !ok {
			n.t.Fatalf("containerd's configuration has lost %q", l)
		}
		rest = after
	}
	_, own, _ := strings.Cut(now, "containerd.runtimes.runseal.options]")
	own, _, _ = strings.Cut(own, "[")
	own = strings.ReplaceAll(own, "'", `"`)
	for _, want := range []string{`BinaryName = "/opt/runseal/bin/runseal"`, "SystemdCgroup = " + map[bool]string{true: "true", false: "false"}[systemd]} {
		if !strings.Contains(own, want) {
			n.t.Errorf("containerd's options of runseal: %q, expected %q", own, want)
		}
	}
}

// A directory with somebody else's files stays, and is no error.
func TestUninstallLeavesOthers(t *testing.T) {
	n := newNode(t, containerd1, "version = 2\n"+cri1)
	for _, name := range []string{"opt/runseal/bin/sealctl", "opt/runseal/share/man/man8/sealctl.8"} {
		write(t, n.path(name), "")
	}
	before := n.contents("etc", "opt")
	n.must("install")
	for range 2 {
		if out := n.must("uninstall"); !strings.Contains(out, "/opt/runseal is not empty and stays") {
			t.Errorf("uninstall says %q", out)
		}
		if now := n.contents("etc", "opt"); now != before {
			t.Errorf("uninstall leaves\n%s\nexpected\n%s", now, before)
		}
	}
}
