package deploy

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestPackage builds the package twice, installs it into a directory with a database of
// packages of its own, and removes it: nothing may be left.
func TestPackage(t *testing.T) {
	for _, program := range []string{"dpkg-deb", "lintian"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Fatalf("%v (Debian package of the same name)", err)
		}
	}
	// What "make deb" does, with the slow part once.
	stage := t.TempDir()
	run(t, "make", "-C", "../../..", "install", "DESTDIR="+stage, "PREFIX=/usr")
	if files := strings.Fields(run(t, "find", stage, "-type", "f")); len(files) != 10 {
		t.Errorf("make install has made %q, expected 10 files", files)
	}
	arch := strings.TrimSpace(run(t, "dpkg", "--print-architecture"))
	gone := t.TempDir()
	run(t, "cp", "-r", stage+"/.", gone)
	write(t, gone+"/usr/sbin/other", "")
	run(t, "make", "-C", "../../..", "uninstall", "DESTDIR="+gone, "PREFIX=/usr")
	if files := strings.Fields(run(t, "find", gone, "-type", "f")); len(files) != 1 {
		t.Errorf("make uninstall leaves %q, expected only usr/sbin/other", files)
	}
	deb, again := filepath.Join(t.TempDir(), "runseal.deb"), filepath.Join(t.TempDir(), "runseal.deb")
	for _, path := range []string{deb, again} {
		dir := t.TempDir()
		run(t, "cp", "-r", stage+"/.", dir) // with times of its own
		run(t, source("debian/build.sh"), dir, "1.0-1", arch, "1700000000", path)
	}
	if read(t, deb) != read(t, again) {
		t.Error("built twice, the package is not the same")
	}
	if out, err := exec.Command("lintian", "--allow-root", "--fail-on", "error", deb).CombinedOutput(); err != nil {
		t.Errorf("lintian: %v\n%s", err, out)
	}

	root := t.TempDir()
	write(t, root+"/var/lib/dpkg/status", "")
	write(t, root+"/var/lib/dpkg/info/format", "1\n")
	for _, dir := range []string{"updates", "triggers"} {
		if err := os.MkdirAll(root+"/var/lib/dpkg/"+dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	files := func() string {
		out := run(t, "find", root, "-path", root+"/var/lib/dpkg", "-prune", "-o", "-printf", "%P %y\n")
		return out
	}
	before := files()
	dpkg := func(args ...string) string {
		// dpkg's log is the host's, whatever the root is.
		return run(t, append([]string{"dpkg", "--root=" + root, "--log=" + root + "/var/lib/dpkg/log"}, args...)...)
	}
	dpkg("--install", deb)
	if status := dpkg("--status", "runseal"); !strings.Contains(status, "Status: install ok installed") || strings.Contains(status, "\nDepends:") {
		t.Errorf("dpkg --status: %s", status)
	}
	if out := dpkg("--verify", "runseal"); out != "" {
		t.Errorf("dpkg --verify: %s", out)
	}
	for program, arg := range map[string]string{"usr/sbin/runseal": "--version", "usr/bin/sealctl": "version"} {
		if out := run(t, filepath.Join(root, program), arg); !strings.HasPrefix(out, filepath.Base(program)+" ") {
			t.Errorf("%s %s: %q", program, arg, out)
		}
	}
	// The examples name the program where the package has it.
	examples := root + "/usr/share/doc/runseal/examples"
	for _, name := range []string{"containerd/1.x.toml", "containerd/2.x.toml", "crio/10-runseal.conf", "docker/daemon.json", "podman/10-runseal.conf"} {
		text := read(t, filepath.Join(examples, name))
		if !strings.Contains(text, "/usr/sbin/runseal") || strings.Contains(text, "/usr/local/sbin/runseal") != (name == "podman/10-runseal.conf") {
			t.Errorf("%s in the package:\n%s", name, text)
		}
	}
	expectLinks(t, root+"/usr/share/doc/runseal")
	for _, page := range []string{"runseal.8", "sealctl.8"} {
		if out := run(t, "gzip", "-dc", root+"/usr/share/man/man8/"+page+".gz"); !strings.Contains(out, ".TH") && !strings.Contains(out, ".Dt") {
			t.Errorf("%s is no manual page", page)
		}
	}
	// What has been changed is seen: verify looks.
	write(t, examples+"/docker/daemon.json", "{}")
	if out := dpkg("--verify", "runseal"); !strings.Contains(out, "daemon.json") {
		t.Errorf("dpkg --verify of a changed file: %q", out)
	}
	dpkg("--purge", "runseal")
	if after := files(); after != before {
		t.Errorf("the package leaves\n%s\nexpected\n%s", after, before)
	}
}

// expectLinks: what the pages below a directory link to is there, or in the web.
func expectLinks(t *testing.T, dir string) {
	t.Helper()
	link := regexp.MustCompile(`\]\(([^)#]+)(#[^)]*)?\)`)
	relative := 0
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".md") {
			return err
		}
		for _, m := range link.FindAllStringSubmatch(read(t, path), -1) {
			if strings.HasPrefix(m[1], "https://") {
				if to, ok := strings.CutPrefix(m[1], "https://github.com/runseal/runseal/blob/main/"); ok {
					if _, err := os.Stat("../../../" + to); err != nil {
						t.Errorf("%s: %v", path, err)
					}
				}
				continue
			}
			relative++
			if _, err := os.Stat(filepath.Join(filepath.Dir(path), m[1])); err != nil {
				t.Errorf("%s: %v", path, err)
			}
		}
		return nil
	})
	if err != nil || relative < 20 {
		t.Errorf("%v, %d links", err, relative)
	}
}
