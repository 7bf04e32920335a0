package runtimes

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/runseal/runseal/runtime/state"
)

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// own makes a state of runseal below root.
func own(t *testing.T, root, id string, pid int) {
	t.Helper()
	d, err := state.Create(root, id)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if err := d.Save(&state.State{ID: id, OCIVersion: "1.2.0", Bundle: "/b/" + id, Pid: pid, StartTime: 77, Config: []byte("{}")}); err != nil {
		t.Fatal(err)
	}
}

func TestContainers(t *testing.T) {
	h := Host{Root: t.TempDir(), Runseal: filepath.Join(t.TempDir(), "mine")}
	own(t, h.Runseal, "a", 10)
	own(t, filepath.Join(h.Root, "run/containerd/runc/k8s.io"), "b", 20)
	write(t, filepath.Join(h.Runseal, "a/exec.fifo"), "")
	write(t, h.Root+"/run/runc/c/state.json", `{"id":"c","init_process_pid":30,"init_process_start":5,"config":{"labels":["x=y","bundle=/b/c"],"rootfs":"/r"}}`)
	write(t, h.Root+"/run/docker/runtime-runc/moby/d/state.json", `{"init_process_pid":40,"init_process_start":6,"config":{}}`)
	write(t, h.Root+"/run/crun/e/status", `{"pid":50,"process-start-time":7,"cgroup-path":"/e","bundle":"/b/e"}`)
	// None of these is a container that is known.
	write(t, h.Root+"/run/crun/f/status", `{"pid":"50"}`)
	write(t, h.Root+"/run/runc/g/state.json", `[`)
	write(t, h.Root+"/run/runc/h/other", ``)
	write(t, h.Root+"/run/runc/i j/state.json", `{"init_process_pid":30}`)
	write(t, h.Root+"/run/runc/file", ``)
	want := []Container{
		{ID: "a", Runtime: "runseal", Pid: 10, Start: 77, Bundle: "/b/a", State: h.Runseal + "/a", Root: h.Runseal, Waiting: true},
		{ID: "b", Runtime: "runseal", Pid: 20, Start: 77, Bundle: "/b/b", State: h.Root + "/run/containerd/runc/k8s.io/b", Root: h.Root + "/run/containerd/runc/k8s.io"},
		{ID: "c", Runtime: "runc", Pid: 30, Start: 5, Bundle: "/b/c", State: h.Root + "/run/runc/c", Root: h.Root + "/run/runc"},
		{ID: "d", Runtime: "runc", Pid: 40, Start: 6, State: h.Root + "/run/docker/runtime-runc/moby/d", Root: h.Root + "/run/docker/runtime-runc/moby"},
		{ID: "e", Runtime: "crun", Pid: 50, Start: 7, Bundle: "/b/e", State: h.Root + "/run/crun/e", Root: h.Root + "/run/crun"},
	}
	if got := h.Containers(); !reflect.DeepEqual(got, want) {
		t.Errorf("got\n%+v\nwant\n%+v", got, want)
	}
	for _, root := range h.Roots()[1:] {
		if !strings.HasPrefix(root, h.Root+"/run/") {
			t.Errorf("%s is not below %s", root, h.Root)
		}
	}
}

func TestConfig(t *testing.T) {
	h := Host{Root: t.TempDir()}
	write(t, h.Root+"/b/config.json", "bundle")
	write(t, h.Root+"/run/containerd/io.containerd.runtime.v2.task/moby/one/config.json", "moby")
	write(t, h.Root+"/var/lib/containers/storage/overlay-containers/two/userdata/config.json", "storage")
	write(t, h.Root+"/secret/config.json", "secret")
	if err := os.MkdirAll(h.Root+"/run/containers/storage/overlay-containers/two/userdata/config.json", 0o700); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ id, bundle, text, path string }{
		{"one", "/b", "bundle", "/b/config.json"},
		{"one", "", "moby", "/run/containerd/io.containerd.runtime.v2.task/moby/one/config.json"},
		{"one", "/gone", "moby", "/run/containerd/io.containerd.runtime.v2.task/moby/one/config.json"},
		{"two", "", "storage", "/var/lib/containers/storage/overlay-containers/two/userdata/config.json"},
		{"three", "", "", ""},
		{"../../../../../secret", "", "", ""},
		{"*", "", "", ""},
	} {
		text, path, err := h.Config(c.id, c.bundle)
		if string(text) != c.text || strings.TrimPrefix(path, h.Root) != c.path || (err != nil) != (c.text == "") {
			t.Errorf("%s %s: %q, %s, %v", c.id, c.bundle, text, path, err)
		}
		if c.text == "" && !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: %v, want that it does not exist", c.id, err)
		}
	}
}
