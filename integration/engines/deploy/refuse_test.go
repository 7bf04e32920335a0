package deploy

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestInstallRefuses(t *testing.T) {
	good := map[string]string{"1": "version = 2\n" + cri1, "2": "version = 3\n" + cri2}
	for _, c := range containerds() {
		for _, r := range []struct {
			name, config, text string
			env                []string
			prepare            func(n *node)
		}{
			{name: "not TOML", config: "version = 2\n[plugins\n", text: "containerd does not accept /etc/containerd/config.toml as it is"},
			{name: "version 1", config: "oom_score = 5\n", text: `no line "version = 2"`},
			{name: "an import that is not TOML", config: "version = 2\n" + imports, text: "as it is", prepare: func(n *node) {
				write(n.t, n.path("etc/containerd/conf.d/a.toml"), "]")
			}},
			{name: "another runseal", config: good[c.name] + map[string]string{
				"1": "[plugins.\"io.containerd.grpc.v1.cri\".containerd.runtimes.runseal]\nruntime_type = \"io.containerd.runc.v2\"\n",
				"2": strings.ReplaceAll(cri2, "other", "runseal"),
			}[c.name], text: "this program has not written"},
			{name: "a symbolic link", config: good[c.name], text: "symbolic link", prepare: func(n *node) {
				os.Rename(n.path("etc/containerd/config.toml"), n.path("etc/real.toml"))
				os.Symlink("../real.toml", n.path("etc/containerd/config.toml"))
			}},
			{name: "no containerd", config: good[c.name], text: "no containerd in its PATH", prepare: func(n *node) { os.Remove(n.path("usr/bin/containerd")) }},
			{name: "SYSTEMD_CGROUP", config: good[c.name], text: `SYSTEMD_CGROUP is "yes", expected true or false`, env: []string{"SYSTEMD_CGROUP=yes"}},
			{name: "another sum", config: good[c.name], text: "is not the file of", prepare: func(n *node) { write(n.t, filepath.Join(n.from, "runseal"), "#!/bin/sh\n") }},
			{name: "not for this machine", config: good[c.name], text: "does not run on this node", prepare: func(n *node) { n.offer([]byte("\x7fELF\x01")) }},
			{name: "containerd does not restart", config: good[c.name], text: "did not come back", env: []string{"CONTAINERD_RESTART=false"}},
			{name: "no systemd", config: good[c.name], text: "systemd has no running unit containerd; set CONTAINERD_UNIT", env: []string{"CONTAINERD_RESTART="}},
		} {
			t.Run(c.name+"/"+r.name, func(t *testing.T) {
				t.Parallel()
				n := newNode(t, c, r.config)
				if r.prepare != nil {
					r.prepare(n)
				}
				n.refuses("install", r.text, r.env...)
			})
		}
	}
}

// What the installer cannot do without is looked for before anything is written.
func TestNothingIsWritten(t *testing.T) {
	for _, r := range []struct {
		name, text string
		env        []string
		prepare    func(n *node)
	}{
		{"no systemctl", "set CONTAINERD_UNIT", []string{"CONTAINERD_RESTART="}, nil},
		{"no systemd", "set CONTAINERD_UNIT", []string{"CONTAINERD_RESTART="}, func(n *node) {
			n.systemctl("echo 'System has not been booted with systemd' >&2; exit 1")
		}},
		{"systemctl in a chroot", "set CONTAINERD_UNIT", []string{"CONTAINERD_RESTART="}, func(n *node) { n.systemctl("exit 0") }},
		{"the unit does not run", "no running unit other;", []string{"CONTAINERD_RESTART=", "CONTAINERD_UNIT=other"}, func(n *node) { n.systemctl("echo 0") }},
		{"no containerd", "no containerd in its PATH", []string{"CONTAINERD_RESTART="}, func(n *node) { os.Remove(n.path("usr/bin/containerd")) }},
		{"no program", "runseal is missing beside install.sh", nil, func(n *node) { os.Remove(filepath.Join(n.from, "runseal")) }},
		{"no sum", "runseal.sha256 is missing beside install.sh", nil, func(n *node) { os.Remove(filepath.Join(n.from, "runseal.sha256")) }},
		{"no configurations", "containerd is missing beside install.sh", nil, func(n *node) { os.RemoveAll(filepath.Join(n.from, "containerd")) }},
	} {
		t.Run(r.name, func(t *testing.T) {
			t.Parallel()
			n := newNode(t, containerd1, "version = 2\n"+cri1)
			if r.prepare != nil {
				r.prepare(n)
			}
			before := n.contents("opt")
			n.refuses("install", r.text, r.env...)
			if now := n.contents("opt"); now != before {
				t.Errorf("left:\n%s", now)
			}
		})
	}
}

// Where nothing can restart containerd, it is not said to have failed, and runs with the
// configuration that it has.
func TestNothingRestarts(t *testing.T) {
	n := newNode(t, containerd1, "version = 2\n"+cri1)
	n.must("install")
	n.must("install", "CONTAINERD_RESTART=") // there is nothing to be done
	for _, verb := range []string{"install", "uninstall"} {
		before := n.contents("etc", "opt")
		n.refuses(verb, "set CONTAINERD_UNIT", "CONTAINERD_RESTART=", "SYSTEMD_CGROUP=false")
		out, _ := n.try(verb, "CONTAINERD_RESTART=", "SYSTEMD_CGROUP=false")
		if strings.Contains(out, "come back") || strings.Contains(out, "either") || strings.Count(out, "set CONTAINERD_UNIT") != 1 {
			t.Errorf("%s says\n%s", verb, out)
		}
		if now := n.contents("etc", "opt"); now != before {
			t.Errorf("%s leaves\n%s\nexpected\n%s", verb, now, before)
		}
	}
	n.must("uninstall")
}

// A unit of systemd: the pid has to be another one after a restart, and one that has
// failed with what the installer has written starts again with the old configuration.
func TestUnit(t *testing.T) {
	const unit = `read -r pid </tmp/pid
case $1 in
show) echo "$pid" ;;
reset-failed) echo reset >>/tmp/said ;;
restart)
	if grep -q "$(cat /tmp/bad)" /etc/containerd/config.toml; then echo 0 >/tmp/pid; exit 1; fi
	echo $((pid + 1)) >/tmp/pid ;;
esac`
	n := newNode(t, containerd1, "version = 2\n"+cri1)
	n.systemctl(unit)
	write(t, n.path("tmp/pid"), "7\n")
	write(t, n.path("tmp/bad"), "runtimes.runseal")
	for _, name := range []string{"cat", "grep"} {
		if err := os.Symlink("busybox", n.path("usr/bin/"+name)); err != nil {
			t.Fatal(err)
		}
	}
	n.refuses("install", "containerd did not come back, so its configuration is the old one again", "CONTAINERD_RESTART=")
	if pid, said := read(t, n.path("tmp/pid")), read(t, n.path("tmp/said")); pid != "1\n" || said != "reset\n" {
		t.Errorf("pid %q, %q; expected a containerd that runs again, after a reset-failed", pid, said)
	}
	write(t, n.path("tmp/bad"), "nothing")
	n.must("install", "CONTAINERD_RESTART=")
	n.must("uninstall", "CONTAINERD_RESTART=")
	if pid := read(t, n.path("tmp/pid")); pid != "3\n" {
		t.Errorf("pid %q, expected two restarts", pid)
	}
}

// A run that is ended between the change and the restart leaves both to the next one.
func TestInterrupted(t *testing.T) {
	for _, c := range containerds() {
		n := newNode(t, c, map[string]string{"1": "version = 2\n" + cri1, "2": "version = 3\n" + cri2}[c.name])
		dump := n.dump()
		if out, err := n.try("install", "CONTAINERD_RESTART=kill -9 $PPID"); err == nil {
			t.Fatalf("the installer has survived:\n%s", out)
		}
		out := n.must("install", "CONTAINERD_RESTART=echo restarted >/tmp/restarted")
		if text := read(t, n.path("tmp/restarted")); text != "restarted\n" {
			t.Errorf("containerd was not restarted:\n%s", out)
		}
		n.expectRuntime(dump, true)
	}
}

// A container that runs keeps its runseal; containerd is left alone.
func TestUpgrade(t *testing.T) {
	n := newNode(t, containerd1, "version = 2\n"+cri1)
	n.must("install")
	old, err := os.Open(n.path("opt/runseal/bin/runseal"))
	if err != nil {
		t.Fatal(err)
	}
	defer old.Close()
	etc := n.tree("etc")
	data := read(t, filepath.Join(n.from, "runseal"))
	n.offer([]byte(data + "a later version"))
	n.must("install", "CONTAINERD_RESTART=false")
	if n.tree("etc") != etc {
		t.Error("an upgrade has changed containerd's configuration")
	}
	if now := read(t, n.path("opt/runseal/bin/runseal")); now != data+"a later version" {
		t.Error("the program is not the new one")
	}
	if info, err := old.Stat(); err != nil || info.Size() != int64(len(data)) {
		t.Errorf("the file of containers that run has %d bytes, expected %d (%v)", info.Size(), len(data), err)
	}
	n.must("uninstall")
}
