// Package busybox makes the image that engines under test run: the busybox of the host.
package busybox

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"syscall"

	"github.com/runseal/runseal/integration/bundle"
)

// An Image is a busybox root file system that an engine imports as Name.
type Image struct {
	Name     string            // such as localhost/busybox:test
	Cmd      []string          // what runs if nothing else is asked for
	Programs map[string]string // Go packages of this module that are built into it, by path
}

// Write writes a Docker archive with one layer.
func (i *Image) Write(name string) error {
	b, err := bundle.Empty()
	if err != nil {
		return err
	}
	defer b.Remove()
	for path, pkg := range i.Programs {
		if err := b.AddProgram(path, pkg); err != nil {
			return err
		}
	}
	layer, err := tarOf(b.Rootfs())
	if err != nil {
		return err
	}
	config, err := json.Marshal(map[string]any{
		"architecture": runtime.GOARCH, "os": "linux",
		"config": map[string]any{"Env": []string{"PATH=/bin"}, "Cmd": i.Cmd, "WorkingDir": "/"},
		"rootfs": map[string]any{"type": "layers", "diff_ids": []string{fmt.Sprintf("sha256:%x", sha256.Sum256(layer))}},
	})
	if err != nil {
		return err
	}
	manifest, err := json.Marshal([]map[string]any{{"Config": "config.json", "RepoTags": []string{i.Name}, "Layers": []string{"layer.tar"}}})
	if err != nil {
		return err
	}
	var out bytes.Buffer
	w := tar.NewWriter(&out)
	for _, f := range []struct {
		name string
		data []byte
	}{{"config.json", config}, {"layer.tar", layer}, {"manifest.json", manifest}} {
		if err := w.WriteHeader(&tar.Header{Name: f.name, Mode: 0o644, Size: int64(len(f.data))}); err != nil {
			return err
		}
		if _, err := w.Write(f.data); err != nil {
			return err
		}
	}
	if err := w.Close(); err != nil {
		return err
	}
	return os.WriteFile(name, out.Bytes(), 0o644)
}

// tarOf is a layer with the content of a directory. Hard links stay hard links: with a
// copy of busybox for each applet the layer has half a gigabyte, as has every snapshot.
func tarOf(dir string) ([]byte, error) {
	var out bytes.Buffer
	w := tar.NewWriter(&out)
	first := map[uint64]string{} // names by inode; a directory of ours is on one file system
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || path == dir {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		link := ""
		if info.Mode()&fs.ModeSymlink != 0 {
			if link, err = os.Readlink(path); err != nil {
				return err
			}
		}
		h, err := tar.FileInfoHeader(info, link)
		if err != nil {
			return err
		}
		if h.Name, err = filepath.Rel(dir, path); err != nil {
			return err
		}
		if st, ok := info.Sys().(*syscall.Stat_t); ok && info.Mode().IsRegular() {
			if name := first[st.Ino]; name != "" {
				h.Typeflag, h.Linkname, h.Size = tar.TypeLink, name, 0
			}
			first[st.Ino] = h.Name
		}
		if err := w.WriteHeader(h); err != nil || h.Typeflag != tar.TypeReg {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		_, err = w.Write(data)
		return err
	})
	if err != nil {
		return nil, err
	}
	return out.Bytes(), w.Close()
}
