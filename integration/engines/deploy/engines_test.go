package deploy

import (
	"encoding/json"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/BurntSushi/toml"

	"github.com/runseal/runseal/integration/internal/box"
	"github.com/runseal/runseal/integration/internal/room"
)

// at is a configuration with the path of the program under test.
func at(t *testing.T, name string) string {
	t.Helper()
	text := read(t, source(name))
	if !strings.Contains(text, `/usr/local/sbin/runseal`) {
		t.Fatalf("%s does not name the place of make install", name)
	}
	return strings.ReplaceAll(text, "/usr/local/sbin/runseal", box.Binary())
}

// Each file as it is, imported by a configuration that says nothing else.
func TestContainerdDropIns(t *testing.T) {
	for _, c := range containerds() {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			write(t, dir+"/conf.d/runseal.toml", read(t, source("containerd/"+c.name+".x.toml")))
			config := write(t, dir+"/config.toml", "version = "+map[string]string{"1": "2", "2": "3"}[c.name]+"\nimports = [\""+dir+"/conf.d/*.toml\"]\n")
			out := strings.ReplaceAll(run(t, c.path(t), "--config", config, "config", "dump"), "'", `"`)
			for _, want := range []string{
				`containerd.runtimes.runseal]`, `containerd.runtimes.runc]`, `default_runtime_name = "runc"`,
				`BinaryName = "/usr/local/sbin/runseal"`,
			} {
				if !strings.Contains(out, want) {
					t.Errorf("containerd config dump has no %s:\n%s", want, out)
				}
			}
		})
	}
}

const podmanCgroup = "runseal-test-podman-deploy"

// podman reads the file as a drop-in beside its own configuration, and asks runseal for
// JSON.
func TestPodman(t *testing.T) {
	if _, err := exec.LookPath("podman"); err != nil {
		t.Fatalf("%v (Debian package podman)", err)
	}
	etc := t.TempDir()
	write(t, etc+"/containers.conf.d/10-runseal.conf", at(t, "podman/10-runseal.conf"))
	write(t, etc+"/policy.json", `{"default":[{"type":"insecureAcceptAnything"}]}`)
	// The host's own directory is left alone: /etc/containers is ours in a mount namespace.
	// So is the storage, which must not outlive the test.
	podman := func(args ...string) *exec.Cmd {
		dir := t.TempDir()
		script := `mount -t tmpfs tmpfs "$2" && mount --bind "$1" /etc/containers && shift 2 && exec "$@"`
		argv := append([]string{"unshare", "--mount", "sh", "-c", script, "sh", etc, dir,
			"podman", "--root", dir + "/root", "--runroot", dir + "/run", "--cgroup-manager", "cgroupfs", "--events-backend", "file", "--tmpdir", dir + "/tmp",
			"--storage-driver", "vfs", "--runtime", "runseal"}, args...)
		return exec.Command(argv[0], argv[1:]...)
	}
	out, err := podman("info", "--format", "{{json .Host.OCIRuntime}}").Output()
	if err != nil {
		t.Fatalf("podman info: %v\n%s", err, stderr(err))
	}
	var info struct{ Name, Path string }
	if err := json.Unmarshal(out, &info); err != nil || info.Name != "runseal" || info.Path != box.Binary() {
		t.Errorf("podman info has the runtime %s, expected runseal at %s (%v)", out, box.Binary(), err)
	}
	t.Cleanup(func() {
		for _, pattern := range []string{"/sys/fs/cgroup/" + podmanCgroup, "/sys/fs/cgroup/*/" + podmanCgroup} {
			dirs, _ := filepath.Glob(pattern)
			for _, dir := range dirs {
				// rmdir of a cgroup's files is refused and needless: directories only.
				if !box.Eventually(func() bool {
					return exec.Command("find", dir, "-depth", "-type", "d", "-exec", "rmdir", "{}", "+").Run() == nil
				}) {
					t.Errorf("%s is left", dir)
				}
			}
		}
	})
	rootfs := t.TempDir()
	data, err := podman("run", "--ulimit", "nofile=1024:1024", "--ulimit", "nproc=4096:4096", "--rm", "--network", "none", "--cgroup-parent", "/"+podmanCgroup, "--rootfs", rootfs, "/nothing").CombinedOutput()
	if err == nil {
		t.Errorf("podman has run a program that is not there:\n%s", data)
	}
	// Not asked for JSON, runseal puts its name before the message, and podman puts it there again.
	if !strings.Contains(string(data), `Error: runseal: exec: "/nothing"`) {
		t.Errorf("podman does not ask runseal for JSON:\n%s", data)
	}
}

// The list of podman's drop-in has all that podman has built in.
func TestPodmanList(t *testing.T) {
	list := func(text string) []string {
		var c struct {
			Engine struct {
				List []string `toml:"runtime_supports_json"`
			}
		}
		if _, err := toml.Decode(text, &c); err != nil {
			t.Fatal(err)
		}
		return c.Engine.List
	}
	const package_ = "/usr/share/containers/containers.conf"
	_, line, ok := strings.Cut(read(t, package_), "\n#runtime_supports_json")
	if !ok {
		t.Fatalf("%s has no default of runtime_supports_json", package_)
	}
	line, _, _ = strings.Cut(line, "\n")
	own, theirs := list(read(t, source("podman/10-runseal.conf"))), list("[engine]\nruntime_supports_json"+line)
	if got, want := strings.Join(own, " "), strings.Join(append(theirs, "runseal"), " "); got != want {
		t.Errorf("runtime_supports_json is %q, expected %q", got, want)
	}
}

// Docker 20.10 has no --validate: the daemon starts with the file or says why not.
func TestDocker(t *testing.T) {
	for _, program := range []string{"dockerd", "docker"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Fatalf("%v (Debian package docker.io)", err)
		}
	}
	r := room.New(t, "dockerd", "runseal-test-dockerd")
	start := func(config string) []string {
		return []string{"dockerd", "--config-file", config, "--data-root", r.Path("root"), "--exec-root", r.Path("exec"),
			"--pidfile", r.Path("pid"), "-H", "unix://" + r.Path("sock"), "--iptables=false", "--bridge=none"}
	}
	bad := start(r.Write("bad.json", strings.Replace(at(t, "docker/daemon.json"), `"runtimes"`, `"runtime"`, 1), 0o644))
	if out, err := exec.Command(bad[0], bad[1:]...).CombinedOutput(); err == nil || !strings.Contains(string(out), "don't match any configuration option") {
		t.Errorf("a file with a wrong key: %v\n%s", err, out)
	}
	docker := func(args ...string) ([]byte, error) {
		return exec.Command("docker", append([]string{"-H", "unix://" + r.Path("sock")}, args...)...).Output()
	}
	r.Daemon("log", func() error { _, err := docker("version"); return err }, nil,
		start(r.Write("daemon.json", at(t, "docker/daemon.json"), 0o644))...)
	out, err := docker("info", "--format", "{{json .Runtimes}}")
	if err != nil {
		t.Fatalf("docker info: %v\n%s", err, stderr(err))
	}
	var runtimes map[string]struct{ Path string }
	if err := json.Unmarshal(out, &runtimes); err != nil || runtimes["runseal"].Path != box.Binary() {
		t.Errorf("docker info has the runtimes %s (%v)", out, err)
	}
}

func stderr(err error) string {
	if e, ok := err.(*exec.ExitError); ok {
		return string(e.Stderr)
	}
	return ""
}

// There is no CRI-O here: the keys are those of its runtime handlers (crio.conf(5),
// version 1.37), with their types.
func TestCRIO(t *testing.T) {
	type handler struct {
		Path        string   `toml:"runtime_path"`
		Type        string   `toml:"runtime_type"`
		Root        string   `toml:"runtime_root"`
		Monitor     string   `toml:"monitor_path"`
		Annotations []string `toml:"allowed_annotations"`
	}
	decode := func(text string) (handler, []toml.Key) {
		var c struct {
			Crio struct {
				Runtime struct {
					Runtimes map[string]handler
				}
			}
		}
		meta, err := toml.Decode(text, &c)
		if err != nil {
			t.Fatal(err)
		}
		return c.Crio.Runtime.Runtimes["runseal"], meta.Undecoded()
	}
	text := read(t, source("crio/10-runseal.conf"))
	h, unknown := decode(text)
	if len(unknown) > 0 {
		t.Errorf("CRI-O has no %v", unknown)
	}
	if h.Path != "/usr/local/sbin/runseal" || h.Type != "oci" || h.Root != "/run/runseal" {
		t.Errorf("the runtime is %+v", h)
	}
	// What is offered in comments is right, too.
	h, unknown = decode(strings.NewReplacer("# monitor_path", "monitor_path", "# allowed_annotations", "allowed_annotations").Replace(text))
	if len(unknown) > 0 || h.Monitor == "" || len(h.Annotations) == 0 {
		t.Errorf("with the comments: %+v, unknown %v", h, unknown)
	}
}
