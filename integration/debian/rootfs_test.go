package debian

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	docker "github.com/moby/profiles/seccomp"

	"github.com/runseal/runseal/integration/internal/box"
)

// fallbackSuite is used where the host is no Debian with a code name.
const fallbackSuite = "bookworm"

// suite is the running host's.
func suite() string {
	data, _ := os.ReadFile("/etc/os-release")
	vars := map[string]string{}
	for _, l := range strings.Split(string(data), "\n") {
		if k, v, ok := strings.Cut(l, "="); ok {
			vars[k] = strings.Trim(v, `"`)
		}
	}
	if vars["ID"] == "debian" && vars["VERSION_CODENAME"] != "" {
		return vars["VERSION_CODENAME"]
	}
	return fallbackSuite
}

// master returns the cached root file system, and makes it when it is missing.
// It appears under its name only when it is complete.
func master(t *testing.T) string {
	t.Helper()
	cache := os.Getenv("XDG_CACHE_HOME")
	if cache == "" {
		cache = "/var/cache"
	}
	cache = filepath.Join(cache, "runseal-test")
	dir := filepath.Join(cache, "debian-"+suite())
	if _, err := os.Stat(filepath.Join(dir, "usr/bin/dpkg")); err == nil {
		return dir
	}
	if err := os.MkdirAll(cache, 0o755); err != nil {
		t.Fatal(err)
	}
	work, err := os.MkdirTemp(cache, "debootstrap-")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(work)
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "debootstrap", "--variant=minbase", suite(), filepath.Join(work, "root"))
	var log bytes.Buffer
	cmd.Stdout, cmd.Stderr = &log, &log
	if err := cmd.Run(); err != nil {
		text := log.String()
		t.Fatalf("debootstrap %s: %v\n%s", suite(), err, text[max(0, len(text)-2000):])
	}
	if err := os.Chmod(filepath.Join(work, "root"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(filepath.Join(work, "root"), dir); err != nil && !os.IsExist(err) {
		t.Fatal(err)
	}
	return dir
}

// debian is a box with a copy of the root file system, Docker's capabilities
// and Docker's default profile.
func debian(t *testing.T, args ...string) *box.Box {
	t.Helper()
	from := master(t)
	b := box.New(t, args...)
	b.Rootfs = filepath.Join(b.Dir, "debian")
	if out, err := exec.Command("cp", "-a", from, b.Rootfs).CombinedOutput(); err != nil {
		t.Fatalf("copy %s: %v\n%s", from, err, out)
	}
	b.Spec.Root.Path = "debian"
	b.Spec.Process.NoNewPrivileges = false // as under Docker; su and apt's sandbox change their user
	b.Spec.Process.Env = append(b.Spec.Process.Env, "DEBIAN_FRONTEND=noninteractive", "LC_ALL=C")
	profile, err := docker.GetDefaultProfile(b.Spec)
	if err != nil {
		t.Fatal(err)
	}
	b.Spec.Linux.Seccomp = profile
	return b
}

// sh runs a script inside by exec; anything but exit status 0 fails the test.
func sh(t *testing.T, b *box.Box, script string) string {
	t.Helper()
	r := b.Do("exec", b.ID, "/bin/bash", "-ec", script)
	if r.Status != 0 {
		t.Fatalf("%s: exit status %d\nstdout:\n%s\nstderr:\n%s", script, r.Status, r.Stdout, r.Stderr)
	}
	return r.Stdout
}

// expectIn fails the test unless out contains each text.
func expectIn(t *testing.T, what, out string, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if !strings.Contains(out, text) {
			t.Errorf("%s: no %q in\n%s", what, text, fmt.Sprintf("%.3000s", out))
		}
	}
}
