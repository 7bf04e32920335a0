package deploy

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/runseal/runseal/integration/internal/box"
)

// A node is the root directory of a machine that has a containerd, and what is to be
// installed on it.
type node struct {
	t    testing.TB
	root string
	from string
	env  []string
}

// A containerd is a version under test.
type containerd struct {
	name string
	path func(testing.TB) string
	// merges: an imported file is added to a plugin's section, and does not replace it.
	merges bool
}

// containerds are what the tests run with. The build of containerd 2 takes two minutes of
// processor time, so make test leaves it to make test-engines.
func containerds() []containerd {
	list := []containerd{containerd1}
	if os.Getenv("RUNSEAL_IT_CONTAINERD2") != "" {
		list = append(list, containerd{"2", containerd2, true})
	}
	return list
}

var containerd1 = containerd{"1", func(t testing.TB) string {
	path, err := exec.LookPath("containerd")
	if err != nil {
		t.Fatalf("%v (Debian package containerd)", err)
	}
	return path
}, false}

var built = sync.OnceValues(func() (string, error) {
	dir, err := filepath.Abs("../../../bin")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "containerd2")
	cmd := exec.Command("go", "build", "-ldflags", "-s -w", "-o", path, ".")
	cmd.Dir = "../../containerd2"
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build: %w\n%s", err, out)
	}
	return path, nil
})

func containerd2(t testing.TB) string {
	t.Helper()
	path, err := built()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// newNode makes a node. config is its config.toml; "" is none.
func newNode(t testing.TB, c containerd, config string) *node {
	t.Helper()
	n := &node{t: t, root: t.TempDir(), from: t.TempDir(), env: []string{"CONTAINERD_RESTART=true"}}
	for _, dir := range []string{"usr/bin", "opt", "etc", "tmp", "run", "proc"} {
		if err := os.MkdirAll(n.path(dir), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	n.program(c.path(t), "usr/bin/containerd")
	n.program("/bin/busybox", "usr/bin/busybox")
	if err := os.Symlink("busybox", n.path("usr/bin/sh")); err != nil {
		t.Fatal(err)
	}
	if config != "" {
		write(t, n.path("etc/containerd/config.toml"), config)
	}
	copyFile(t, source("node/install.sh"), filepath.Join(n.from, "install.sh"), 0o755)
	for _, name := range []string{"1.x.toml", "2.x.toml"} {
		write(t, filepath.Join(n.from, "containerd", name), read(t, source("containerd/"+name)))
	}
	n.offer([]byte(read(t, box.Binary())))
	return n
}

func (n *node) path(name string) string { return filepath.Join(n.root, name) }

// offer makes data the program to install.
func (n *node) offer(data []byte) {
	n.t.Helper()
	write(n.t, filepath.Join(n.from, "runseal"), string(data))
	write(n.t, filepath.Join(n.from, "runseal.sha256"), fmt.Sprintf("%x  runseal\n", sha256.Sum256(data)))
}

// program copies a program of the host with the libraries that it names.
func (n *node) program(path, to string) {
	n.t.Helper()
	copyFile(n.t, path, n.path(to), 0o755)
	out, _ := exec.Command("ldd", path).Output() // fails for a static program
	for f := range strings.FieldsSeq(string(out)) {
		if strings.HasPrefix(f, "/") {
			copyFile(n.t, f, n.path(f), 0o755)
		}
	}
}

// systemctl gives the node one, which is a script.
func (n *node) systemctl(script string) {
	n.t.Helper()
	write(n.t, n.path("usr/bin/systemctl"), "#!/usr/bin/sh\n"+script+"\n")
	if err := os.Chmod(n.path("usr/bin/systemctl"), 0o755); err != nil {
		n.t.Fatal(err)
	}
}

func copyFile(t testing.TB, from, to string, mode os.FileMode) {
	t.Helper()
	write(t, to, read(t, from))
	if err := os.Chmod(to, mode); err != nil {
		t.Fatal(err)
	}
}

// try runs the installer, by busybox's shell and tools alone, as in the image.
func (n *node) try(verb string, env ...string) (string, error) {
	// A node has a procfs; in a mount namespace of its own it goes by itself.
	script := `mount --rbind /proc "$1/proc" && exec busybox sh "$2/install.sh" "$3"`
	cmd := exec.Command("unshare", "--mount", "sh", "-euc", script, "sh", n.root, n.from, verb)
	cmd.Env = append(append([]string{"HOST_ROOT=" + n.root}, n.env...), env...)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func (n *node) must(verb string, env ...string) string {
	n.t.Helper()
	out, err := n.try(verb, env...)
	if err != nil {
		n.t.Fatalf("%s: %v\n%s", verb, err, out)
	}
	return out
}

// refuses: the installer fails with a text, and containerd's configuration stays as it is.
func (n *node) refuses(verb, text string, env ...string) {
	n.t.Helper()
	before := n.contents("etc")
	out, err := n.try(verb, env...)
	if err == nil || !strings.Contains(out, text) {
		n.t.Errorf("%s: %v, expected an error with %q\n%s", verb, err, text, out)
	}
	if now := n.contents("etc"); now != before {
		n.t.Errorf("%s has failed and left\n%s\nexpected\n%s", verb, now, before)
	}
}

// dump is the configuration as containerd understands it.
func (n *node) dump() string {
	n.t.Helper()
	argv := []string{"chroot", n.root, "/usr/bin/containerd", "--config", "/etc/containerd/config.toml", "config", "dump"}
	if _, err := os.Stat(n.path("etc/containerd/config.toml")); err != nil {
		argv = []string{"chroot", n.root, "/usr/bin/containerd", "config", "default"}
	}
	var lines []string
	for l := range strings.Lines(run(n.t, argv...)) {
		if !strings.HasPrefix(l, "imports = ") {
			lines = append(lines, l)
		}
	}
	return strings.Join(lines, "")
}

// tree is all that there is below directories of the node: names, modes, inodes
// (a file that is replaced has another) and content.
func (n *node) tree(dirs ...string) string {
	n.t.Helper()
	var out bytes.Buffer
	for _, dir := range dirs {
		err := filepath.WalkDir(n.path(dir), func(path string, d fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			info, err := d.Info()
			if err != nil {
				return err
			}
			fmt.Fprintf(&out, "%s %v", strings.TrimPrefix(path, n.root), info.Mode())
			if info.Mode().IsRegular() {
				fmt.Fprintf(&out, " %d %x", info.Sys().(*syscall.Stat_t).Ino, sha256.Sum256([]byte(read(n.t, path))))
			}
			out.WriteByte('\n')
			return nil
		})
		if err != nil {
			n.t.Fatal(err)
		}
	}
	return out.String()
}

// contents is tree without inodes: uninstall restores what files say, not which they are.
func (n *node) contents(dirs ...string) string {
	var out []string
	for l := range strings.Lines(n.tree(dirs...)) {
		if f := strings.Fields(l); len(f) == 4 {
			l = f[0] + " " + f[1] + " " + f[3] + "\n"
		}
		out = append(out, l)
	}
	return strings.Join(out, "")
}
