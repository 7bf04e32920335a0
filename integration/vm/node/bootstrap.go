package node

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"

	"github.com/runseal/runseal/integration/vm/internal/archive"
)

const (
	keyring = "/usr/share/keyrings/debian-archive-keyring.gpg"
	scripts = "/usr/share/debootstrap/scripts"
)

// bootstrap installs a minimal Debian and the recipe's packages in root. It takes a
// minute or two and downloads some 100 MB.
func bootstrap(ctx context.Context, root string, r *recipe) error {
	mirror, err := archive.Mirror("Debian")
	if err != nil {
		return err
	}
	// A debootstrap older than the suite lacks its script; that of sid is what each
	// suite has been a link to since 2007.
	script := filepath.Join(scripts, r.Suite)
	if _, err := os.Stat(script); errors.Is(err, os.ErrNotExist) {
		script = filepath.Join(scripts, "sid")
	}
	args := []string{"--variant=minbase", "--keyring=" + keyring, "--force-check-gpg",
		"--include=" + strings.Join(r.Packages, ","), r.Suite, root, mirror, script}
	return contained(ctx, "debootstrap", args...)
}

// contained runs a program to its end as process 1 of a pid namespace and in a mount
// namespace of its own: what it mounts and starts goes with it, however it ends, and
// it ends with this process.
func contained(ctx context.Context, name string, args ...string) error {
	// The signal at the parent's death is one at the end of the thread that forked
	// (prctl(2), PR_SET_PDEATHSIG).
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Env = append(os.Environ(), "DEBIAN_FRONTEND=noninteractive", "LC_ALL=C")
	if p := proxy(); p != "" {
		cmd.Env = append(cmd.Env, "http_proxy="+p)
	}
	var log bytes.Buffer
	cmd.Stdout, cmd.Stderr = &log, &log
	cmd.WaitDelay = 5 * time.Second
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:   syscall.CLONE_NEWPID,
		Unshareflags: syscall.CLONE_NEWNS, // os/exec makes all mounts private
		Pdeathsig:    syscall.SIGKILL,
	}
	err := cmd.Run()
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case errors.Is(err, exec.ErrNotFound):
		return fmt.Errorf("%w (Debian package %s)", err, name)
	}
	text := log.String()
	return fmt.Errorf("%s: %w\n%s", name, err, text[max(0, len(text)-3000):])
}

// proxy is that of the machine's apt, which debootstrap does not ask.
func proxy() string {
	out, err := exec.Command("apt-config", "dump", "--format", "%v%n", "Acquire::http::Proxy").Output()
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(out))
}

// released asks the archive for the date of a suite.
func released(ctx context.Context, dir, suite string) (time.Time, error) {
	mirror, err := archive.Mirror("Debian")
	if err != nil {
		return time.Time{}, err
	}
	path := filepath.Join(dir, suite+".InRelease")
	defer os.Remove(path)
	out, err := exec.CommandContext(ctx, "/usr/lib/apt/apt-helper", "-o", "APT::Sandbox::User=root",
		"download-file", mirror+"dists/"+suite+"/InRelease", path).CombinedOutput()
	if err != nil {
		return time.Time{}, fmt.Errorf("fetch the release file of %s: %w\n%s", suite, err, out)
	}
	return dateIn(path)
}

// releaseDate is the date of the archive's state that root was made from.
func releaseDate(root string) (time.Time, error) {
	files := glob(filepath.Join(root, "var/lib/apt/lists/*Release"))
	if len(files) == 0 {
		return time.Time{}, errors.New("debootstrap has left no release file in /var/lib/apt/lists")
	}
	return dateIn(files[0])
}

// dateIn reads the field Date of a release file.
func dateIn(path string) (time.Time, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return time.Time{}, err
	}
	for line := range strings.Lines(string(text)) {
		if value, ok := strings.CutPrefix(line, "Date:"); ok {
			// RFC 1123, as "Sat, 09 May 2026 09:47:28 UTC".
			return time.Parse(time.RFC1123, strings.TrimSpace(value))
		}
	}
	return time.Time{}, fmt.Errorf("%s: no field Date", path)
}
