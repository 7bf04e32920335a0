// Package archive takes packages from Debian's archive without installing them:
//
//	cache := archive.Cache{Dir: dir}
//	path, err := cache.File(ctx, pin)         // a .deb, checked by its sha256
//	pins, err := cache.Resolve(ctx, source)   // what the archive has now
//
// A [Pin] names one file by its path in the archive and its sha256, so what is
// fetched is known without trusting the way it came. Resolve asks the archive
// itself, through a private apt configuration: its own sources, lists and
// status, the archive's signature checked with Debian's keyring, nothing
// installed and nothing of the machine's apt touched.
//
// No address of a mirror is written here. It is the one that the machine's own
// apt is configured with, so this works where apt works: Debian, with the
// package debian-archive-keyring for suites that are newer than the machine.
package archive

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
)

// Pin is one file of the archive.
type Pin struct {
	Package string `json:"package"`
	Version string `json:"version"`
	Archive string `json:"archive"` // label of the archive: "Debian" or "Debian-Security"
	Path    string `json:"path"`    // below the mirror's root, "pool/main/..."
	SHA256  string `json:"sha256"`  // hexadecimal
	Size    int64  `json:"size"`    // bytes
}

// Cache keeps fetched files in Dir. Several processes may use one directory at
// the same time: a file appears under its name only when it is complete.
type Cache struct{ Dir string }

// ErrGone is returned by [Cache.File] for a file that the mirror does not have:
// Debian keeps only what its suites name, so a pin ages with every update.
var ErrGone = errors.New("the archive has no such file any more")

// File returns the path of the file that p names, which it fetches if it is not
// there yet.
func (c Cache) File(ctx context.Context, p Pin) (string, error) {
	path := filepath.Join(c.Dir, "deb", p.SHA256[:12]+"-"+filepath.Base(p.Path))
	if sum, err := hash(path); err == nil && sum == p.SHA256 {
		return path, nil
	}
	mirror, err := Mirror(p.Archive)
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return "", err
	}
	part := fmt.Sprintf("%s.%d.part", path, os.Getpid())
	defer os.Remove(part)
	// apt's own downloader knows the machine's proxy and checks the sum.
	uri := mirror + strings.ReplaceAll(strings.ReplaceAll(p.Path, "+", "%2b"), "~", "%7e")
	out, err := exec.CommandContext(ctx, "/usr/lib/apt/apt-helper", "-o", "APT::Sandbox::User=root",
		"download-file", uri, part, "SHA256:"+p.SHA256).CombinedOutput()
	if err != nil {
		if strings.Contains(string(out), "404") {
			return "", fmt.Errorf("%s %s: %w", p.Package, p.Version, ErrGone)
		}
		return "", fmt.Errorf("fetch %s: %w\n%s", p.Path, err, out)
	}
	if sum, err := hash(part); err != nil || sum != p.SHA256 {
		return "", fmt.Errorf("fetch %s: sha256 %s, expected %s (%v)", p.Path, sum, p.SHA256, err)
	}
	return path, os.Rename(part, path)
}

func hash(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// mirrors maps an archive's label to its address, as the machine's apt has it.
var mirrors = sync.OnceValues(func() (map[string]string, error) {
	out, err := exec.Command("apt-get", "indextargets", "--format", "$(ORIGIN)\t$(LABEL)\t$(REPO_URI)", "Created-By: Packages").Output()
	if err != nil {
		return nil, fmt.Errorf("apt-get indextargets (a Debian machine is needed): %w", err)
	}
	found := make(map[string]string)
	for line := range strings.Lines(string(out)) {
		f := strings.Split(strings.TrimSpace(line), "\t")
		if len(f) == 3 && f[0] == "Debian" && found[f[1]] == "" {
			found[f[1]] = f[2]
		}
	}
	return found, nil
})

// Mirror returns the address of the archive with this label, ending in a slash.
func Mirror(label string) (string, error) {
	all, err := mirrors()
	if err != nil {
		return "", err
	}
	uri := all[label]
	if uri == "" {
		return "", fmt.Errorf("apt on this machine has no source with label %q: is it Debian, and has `apt-get update` been run?", label)
	}
	return strings.TrimSuffix(uri, "/") + "/", nil
}
