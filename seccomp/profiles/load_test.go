package profiles

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/opencontainers/runtime-spec/specs-go"

	"github.com/runseal/runseal/seccomp"
	"github.com/runseal/runseal/seccomp/profiles/docker"
)

const (
	ociText    = `{"defaultAction":"SCMP_ACT_ERRNO","syscalls":[{"names":["read"],"action":"SCMP_ACT_ALLOW"}]}`
	dockerText = `{"defaultAction":"SCMP_ACT_ERRNO","defaultErrno":"ENOSYS","syscalls":[
		{"names":["read"],"action":"SCMP_ACT_ALLOW"},
		{"names":["mount"],"action":"SCMP_ACT_ALLOW","includes":{"caps":["CAP_SYS_ADMIN"]}}]}`
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

func TestLoadDefault(t *testing.T) {
	for _, caps := range [][]string{nil, docker.Capabilities(), {"CAP_SYS_ADMIN"}} {
		o := Options{Host: docker.Host{Caps: caps, Kernel: "4.7"}}
		want, err := docker.Default(o.Host)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"runtime/default", "docker/default"} {
			got, err := Load(name, o)
			if err != nil || !reflect.DeepEqual(got, want) {
				t.Errorf("%s for %v differs from docker's, error %v", name, caps, err)
				continue
			}
			if _, err := seccomp.Compile(got, seccomp.Options{}); err != nil {
				t.Errorf("%s for %v: %v", name, caps, err)
			}
		}
	}
}

func TestLoadNothing(t *testing.T) {
	for _, name := range []string{"", "unconfined"} {
		if p, err := Load(name, Options{Root: "/nonexistent"}); p != nil || err != nil {
			t.Errorf("%q: %v, %v, want neither", name, p, err)
		}
	}
}

func TestLoadUnknown(t *testing.T) {
	const expected = "expected runtime/default, docker/default, crio/default, localhost/NAME or unconfined"
	for _, name := range []string{"default", "runtime/defaults", "Unconfined", "RuntimeDefault", "docker/", "/docker/default", "localhost", "*",
		"unconfined ", "crio/default/", "profile.json"} {
		_, err := Load(name, Options{})
		if want := `seccomp profile "` + name + `": unknown, ` + expected; err == nil || err.Error() != want {
			t.Errorf("%v, want %s", err, want)
		}
	}
	for root, dir := range map[string]string{"": DefaultRoot, "/etc/profiles": "/etc/profiles"} {
		_, err := Load("containerd/default", Options{Root: root})
		want := `only sealctl has it; "sealctl resolve containerd/default > ` + dir + `/containerd.json" writes it to a file, whose name is localhost/containerd.json; ` + expected
		if err == nil || err.Error() != `seccomp profile "containerd/default": `+want {
			t.Errorf("containerd/default: %v, want %s", err, want)
		}
	}
	if _, err := Load("docker/default", Options{Host: docker.Host{Kernel: "six"}}); err == nil ||
		!strings.HasPrefix(err.Error(), `seccomp profile "docker/default": docker's default seccomp profile: kernel version "six"`) {
		t.Errorf("an impossible kernel: %v", err)
	}
}

// A caller adds names and cannot replace those that are here.
func TestLoadExtra(t *testing.T) {
	made := &specs.LinuxSeccomp{DefaultAction: specs.ActTrap}
	host := docker.Host{Caps: []string{"CAP_CHOWN"}, Kernel: "4.7"}
	load := func(h docker.Host) (*specs.LinuxSeccomp, error) {
		if !reflect.DeepEqual(h, host) {
			return nil, errors.New("another host")
		}
		return made, nil
	}
	o := Options{Host: host, Extra: map[string]Loader{"containerd/default": load, "docker/default": load, "crio/other": load}}
	for _, name := range []string{"containerd/default", "crio/other"} {
		if p, err := Load(name, o); p != made || err != nil {
			t.Errorf("%s: %v, %v", name, p, err)
		}
	}
	if p, err := Load("docker/default", o); err != nil || p == made {
		t.Errorf("docker/default was replaced, or %v", err)
	}
	_, err := Load("containerd/defaults", o)
	const want = "unknown, expected runtime/default, docker/default, crio/default, containerd/default, crio/other, docker/default, localhost/NAME or unconfined"
	if err == nil || !strings.HasSuffix(err.Error(), want) {
		t.Errorf("an unknown name: %v, want %s", err, want)
	}
	o.Host.Kernel = ""
	if _, err := Load("containerd/default", o); err == nil || err.Error() != `seccomp profile "containerd/default": another host` {
		t.Errorf("an error of the loader: %v", err)
	}
}

// The order of the files, and that one which is there but unreadable is not passed
// over for a later one.
func TestFirst(t *testing.T) {
	dir := t.TempDir()
	files := []string{filepath.Join(dir, "a/seccomp.json"), filepath.Join(dir, "b/seccomp.json"), filepath.Join(dir, "c/seccomp.json")}
	if _, err := first(files, Options{}); !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), strings.Join(files, ", ")) {
		t.Errorf("none: %v, want all of the names", err)
	}
	texts := []string{`{"defaultAction":"SCMP_ACT_TRAP"}`, `{"defaultAction":"SCMP_ACT_KILL"}`, `{"defaultAction":"SCMP_ACT_LOG"}`}
	for i, want := range []specs.LinuxSeccompAction{specs.ActLog, specs.ActKill, specs.ActTrap} {
		write(t, files[2-i], texts[2-i])
		if p, err := first(files, Options{}); err != nil || p.DefaultAction != want {
			t.Errorf("%s is the first: %v, %v, want %s", files[2-i], p, err, want)
		}
	}
	write(t, files[0], `{"defaultAction":7}`)
	if _, err := first(files, Options{}); err == nil || err.Error() != files[0]+": linux.seccomp.defaultAction: 7: expected a string" {
		t.Errorf("a wrong first file: %v", err)
	}
	if err := os.Remove(files[0]); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(files[0], 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := first(files, Options{}); err == nil || err.Error() != files[0]+": a directory, expected a regular file" {
		t.Errorf("a directory in the first place: %v", err)
	}
	if err := os.Remove(files[0]); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(files[1], files[0]); err != nil { // an administrator's own
		t.Fatal(err)
	}
	if p, err := first(files, Options{}); err != nil || p.DefaultAction != specs.ActKill {
		t.Errorf("a link to %s: %v, %v", files[1], p, err)
	}
}

// crio/default is whichever file this machine has, or an error that names them all.
func TestLoadCrio(t *testing.T) {
	want := []string{"/etc/crio/seccomp.json", "/etc/containers/seccomp.json", "/usr/share/containers/seccomp.json"}
	if got := crioFiles(); !reflect.DeepEqual(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	there := ""
	for _, path := range want {
		if _, err := os.Stat(path); err == nil {
			there = path
			break
		}
	}
	p, err := Load("crio/default", Options{Host: docker.Host{Caps: docker.Capabilities()}})
	if there == "" {
		if err == nil || !strings.HasPrefix(err.Error(), `seccomp profile "crio/default": none of `+strings.Join(want, ", ")) {
			t.Errorf("without a file: %v", err)
		}
		return
	}
	if err != nil {
		t.Fatalf("%s: %v", there, err)
	}
	if _, err := seccomp.Compile(p, seccomp.Options{}); err != nil {
		t.Errorf("%s: %v", there, err)
	}
}

func TestIsName(t *testing.T) {
	for s, want := range map[string]bool{
		"": true, "unconfined": true, "runtime/default": true, "docker/default": true, "docker/x.json": true, "crio/": true,
		"containerd/default": true, "localhost/a/b.json": true,
		"-": false, "profile.json": false, "localhost": false, "runtime": false, "./docker/default": false, "/docker/default": false,
		"unconfined.json": false, "./unconfined": false, "profiles/docker/default": false, "Docker/default": false,
	} {
		if IsName(s) != want {
			t.Errorf("%q: %v", s, !want)
		}
	}
}
