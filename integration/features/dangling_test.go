package features

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/runseal/runseal/integration/internal/box"
)

// Engines bind files and directories onto paths that are symlinks of the image
// and lead nowhere yet: /etc/resolv.conf of an image built under systemd.
func TestBindOnADanglingLink(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	must(t, os.WriteFile(file, []byte("of the host\n"), 0o644))
	dir := t.TempDir()
	must(t, os.WriteFile(filepath.Join(dir, "in"), []byte("in the directory\n"), 0o644))
	// A name that the host has nowhere.
	unique := fmt.Sprintf("runseal-it-%d", os.Getpid())
	for i, c := range []struct {
		name        string
		links       [][2]string // link, target
		destination string
		real        string // where it is inside the root
	}{
		{"relative", [][2]string{{"etc/resolv.conf", "../run/U/resolv.conf"}}, "/etc/resolv.conf", "/run/U/resolv.conf"},
		{"absolute", [][2]string{{"etc/resolv.conf", "/run/U/resolv.conf"}}, "/etc/resolv.conf", "/run/U/resolv.conf"},
		{"beyond the top", [][2]string{{"etc/resolv.conf", "../../../../../../run/U/resolv.conf"}}, "/etc/resolv.conf", "/run/U/resolv.conf"},
		{"chain", [][2]string{{"etc/resolv.conf", "/var/run/U/a"}, {"var/run", "../run"}, {"run/U", "/tmp/U"}}, "/etc/resolv.conf", "/tmp/U/a"},
		{"a parent", [][2]string{{"etc/conf", "/run/U"}}, "/etc/conf/deep/resolv.conf", "/run/U/deep/resolv.conf"},
		{"last of a missing parent", [][2]string{{"etc/resolv.conf", "/U/x/y/z"}}, "/etc/resolv.conf", "/U/x/y/z"},
	} {
		for j, over := range []string{"", "/run", "/tmp"} { // a tmpfs that is mounted before
			t.Run(c.name+" "+over, func(t *testing.T) {
				for k, kind := range []string{"file", "directory"} {
					if !box.Sampled(i + j + 2*k) {
						continue
					}
					b := box.New(t)
					real := named(c.real, unique)
					if kind == "file" {
						b.Spec.Process.Args = []string{"/bin/cat", c.destination, real}
					} else {
						b.Spec.Process.Args = []string{"/bin/cat", c.destination + "/in", real + "/in"}
					}
					for _, l := range c.links {
						if over != "" && filepath.Dir(l[0]) == over[1:] {
							continue // it would be hidden
						}
						must(t, os.Symlink(named(l[1], unique), b.Path(named(l[0], unique))))
					}
					if c.name == "chain" && over == "/run" {
						b.Spec.Process.Args = b.Spec.Process.Args[:2] // without the second link it is elsewhere
					}
					if over != "" {
						b.Mount("tmpfs", "tmpfs", over, "mode=755")
					}
					source, want := file, "of the host\n"
					if kind == "directory" {
						source, want = dir, "in the directory\n"
					}
					if len(b.Spec.Process.Args) == 3 {
						want += want
					}
					b.Mount("bind", source, c.destination, "bind,ro")
					if out := output(t, b); out != want {
						t.Errorf("%s: inside is %q, expected %q", kind, out, want)
					}
					for _, host := range []string{"/run/" + unique, "/tmp/" + unique, "/" + unique, "/var/run/" + unique} {
						absent(t, host)
					}
					if over != "" && filepath.Dir(filepath.Dir(real)) == over {
						absent(t, b.Path(real))
					}
					// The links are what they were.
					for _, l := range c.links {
						if over != "" && filepath.Dir(l[0]) == over[1:] {
							continue
						}
						if got, err := os.Readlink(b.Path(named(l[0], unique))); err != nil || got != named(l[1], unique) {
							t.Errorf("%s: link %s is now %q (%v)", kind, l[0], got, err)
						}
					}
				}
			})
		}
	}
}

// A host's directory that a dangling link of the root would reach by the host's
// rules gets nothing.
func TestDanglingLinkToADirectoryOfTheHost(t *testing.T) {
	dir, check := secrets(t)
	file := filepath.Join(t.TempDir(), "file")
	must(t, os.WriteFile(file, []byte("of the host\n"), 0o644))
	for _, target := range []string{dir + "/new", "../../../../../../../.." + dir + "/new", dir + "/secret"} {
		b := box.New(t, "/bin/cat", "/etc/link")
		must(t, os.Symlink(target, b.Path("etc/link")))
		b.Mount("bind", file, "/etc/link", "bind")
		if out := output(t, b); out != "of the host\n" {
			t.Errorf("%s: inside is %q", target, out)
		}
		check()
	}
}

// named puts the unique name into a pattern's component U.
func named(pattern, unique string) string {
	parts := strings.Split(pattern, "/")
	for i, p := range parts {
		if p == "U" {
			parts[i] = unique
		}
	}
	return strings.Join(parts, "/")
}
