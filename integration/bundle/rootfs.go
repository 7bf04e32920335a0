package bundle

import (
	"bytes"
	"debug/elf"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
)

// The package that has the static busybox, named in errors.
const busyboxPackage = "busybox-static"

// busybox finds the host's busybox, checks that it is static, reads it and asks
// it for its applets: once per process, because every bundle needs it.
var busybox = sync.OnceValues(func() (*busyboxFile, error) {
	path, err := exec.LookPath("busybox")
	if err != nil {
		return nil, fmt.Errorf("no busybox in PATH (Debian package %s)", busyboxPackage)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	if err := checkStatic(data); err != nil {
		return nil, fmt.Errorf("%s: %w (Debian package %s has a static one)", path, err, busyboxPackage)
	}
	list, err := exec.Command(path, "--list").Output()
	if err != nil {
		return nil, fmt.Errorf("%s --list: %w", path, err)
	}
	applets := strings.Fields(string(list))
	if len(applets) == 0 {
		return nil, fmt.Errorf("%s --list: no applets", path)
	}
	return &busyboxFile{data: data, applets: applets}, nil
})

type busyboxFile struct {
	data    []byte
	applets []string
}

// checkStatic returns an error for what is not an ELF file that runs without a
// dynamic loader, as there is no library in the root file system.
func checkStatic(data []byte) error {
	f, err := elf.NewFile(bytes.NewReader(data))
	if err != nil {
		return fmt.Errorf("not an ELF file: %w", err)
	}
	defer f.Close()
	for _, p := range f.Progs {
		if p.Type == elf.PT_INTERP {
			return errors.New("needs a dynamic loader, expected a static program")
		}
	}
	return nil
}

// populate fills the root file system: the directories that the specification's
// default mounts go on, a few files below /etc, busybox and a link per applet.
//
// busybox itself is a copy: root in a container could write to the host's program
// through a hard link. The applets are hard links to that copy, because on some
// file systems 250 new inodes for symbolic links take twenty times as long.
func (b *Bundle) populate() error {
	bb, err := busybox()
	if err != nil {
		return err
	}
	// A container in a user namespace reaches its root as an unprivileged user
	// of the host, which the mode 0700 of os.MkdirTemp would not allow.
	if err := os.Chmod(b.Dir, 0o755); err != nil {
		return err
	}
	for _, d := range []string{"bin", "dev", "etc", "home", "mnt", "proc", "root", "run", "sys", "tmp", "usr/bin", "var"} {
		if err := os.MkdirAll(filepath.Join(b.Rootfs(), d), 0o755); err != nil {
			return err
		}
	}
	if err := os.Chmod(filepath.Join(b.Rootfs(), "tmp"), os.ModeSticky|0o777); err != nil {
		return err
	}
	for name, text := range map[string]string{
		"/etc/passwd":   "root:x:0:0:root:/root:/bin/sh\nuser:x:1000:1000:user:/home:/bin/sh\n",
		"/etc/group":    "root:x:0:\nuser:x:1000:\n",
		"/etc/hosts":    "127.0.0.1 localhost\n",
		"/etc/hostname": "bundle\n",
	} {
		if err := b.AddFile(name, []byte(text), 0o644); err != nil {
			return err
		}
	}
	bin := filepath.Join(b.Rootfs(), "bin")
	if err := place(filepath.Join(bin, "busybox"), "busybox", bb.data); err != nil {
		return err
	}
	for _, a := range bb.applets {
		if a == "busybox" {
			continue
		}
		if err := os.Link(filepath.Join(bin, "busybox"), filepath.Join(bin, a)); err != nil {
			return err
		}
	}
	return nil
}
