// Package kernel turns Debian's kernel packages into what a virtual machine
// needs of them: the image to boot, the configuration, and the modules that are
// named, with the modules that those need, in the order to load them.
package kernel

import (
	"archive/tar"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
)

// Kernel is an unpacked kernel. All paths are the host's.
type Kernel struct {
	Dir     string
	Release string // as uname(2) has it: "6.12.117+deb13-cloud-amd64"
	Image   string // what qemu's -kernel takes
}

// wanted are the files of the packages that matter; usr/lib/modules/V/vmlinuz and
// config is where they are from 7.2 on.
var wanted = regexp.MustCompile(`^(?:boot/(?:vmlinuz|config)-.*|(?:usr/)?lib/modules/[^/]+/(?:vmlinuz|config|modules\.builtin|kernel/.*\.ko(?:\.xz|\.zst)?))$`)

// Unpack extracts packages into dir, unless an earlier call has done so.
func Unpack(dir string, debs []string) (*Kernel, error) {
	if _, err := os.Stat(dir); errors.Is(err, os.ErrNotExist) {
		part := fmt.Sprintf("%s.%d.part", dir, os.Getpid())
		defer os.RemoveAll(part)
		for _, deb := range debs {
			if err := extract(part, deb); err != nil {
				return nil, fmt.Errorf("unpack %s: %w", filepath.Base(deb), err)
			}
		}
		if err := os.Rename(part, dir); err != nil && !errors.Is(err, os.ErrExist) {
			return nil, err
		}
	}
	return open(dir)
}

func extract(dir, deb string) (err error) {
	cmd := exec.Command("dpkg-deb", "--fsys-tarfile", deb)
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, cmd.Wait()) }()
	defer io.Copy(io.Discard, out) // dpkg-deb must not end by a closed pipe
	for r := tar.NewReader(out); ; {
		h, err := r.Next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		name := strings.TrimPrefix(h.Name, "./")
		if h.Typeflag != tar.TypeReg || !wanted.MatchString(name) || !filepath.IsLocal(name) {
			continue
		}
		path := filepath.Join(dir, strings.TrimPrefix(name, "usr/"))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		f, err := os.Create(path)
		if err != nil {
			return err
		}
		_, err = io.Copy(f, r)
		if err = errors.Join(err, f.Close()); err != nil {
			return err
		}
	}
}

func open(dir string) (*Kernel, error) {
	list, err := os.ReadDir(filepath.Join(dir, "lib/modules"))
	if err != nil || len(list) != 1 {
		return nil, fmt.Errorf("%s: expected one directory in lib/modules (%v)", dir, err)
	}
	k := &Kernel{Dir: dir, Release: list[0].Name()}
	for _, name := range []string{"boot/vmlinuz-" + k.Release, "lib/modules/" + k.Release + "/vmlinuz"} {
		if path := filepath.Join(dir, name); exists(path) {
			k.Image = path
			return k, nil
		}
	}
	return nil, fmt.Errorf("%s: no vmlinuz of %s", dir, k.Release)
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// Config returns the kernel's configuration by option: "CONFIG_TIME_NS" to "y".
// An option that is off is not in it.
func (k *Kernel) Config() (map[string]string, error) {
	text, err := os.ReadFile(filepath.Join(k.Dir, "boot/config-"+k.Release))
	if err != nil {
		text, err = os.ReadFile(filepath.Join(k.Dir, "lib/modules", k.Release, "config"))
	}
	if err != nil {
		return nil, err
	}
	options := make(map[string]string)
	for line := range strings.Lines(string(text)) {
		if name, value, ok := strings.Cut(strings.TrimSpace(line), "="); ok && strings.HasPrefix(name, "CONFIG_") {
			options[name] = strings.Trim(value, `"`)
		}
	}
	return options, nil
}
