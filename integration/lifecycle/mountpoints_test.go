package lifecycle

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/runseal/runseal/integration/internal/box"
)

// Mount points that are not there are made, as directory or as file.
func TestMountPointsAreMade(t *testing.T) {
	dir := source(t)
	b := sh(t, "ls -d /new/deep/dir && cat /new/deep/file")
	b.Mount("tmpfs", "tmpfs", "/new/deep/dir", "")
	b.Mount("bind", filepath.Join(dir, "file"), "/new/deep/file", "bind")
	if out := output(t, b); out != "/new/deep/dir\nof the host\n" {
		t.Errorf("got %q", out)
	}
}

// Symbolic links of the root file system lead nowhere outside (CVE-2019-18837),
// whether what they point to is there inside or has to be made.
func TestCVE_2019_18837_MountThroughASymbolicLink(t *testing.T) {
	for _, there := range []bool{true, false} {
		t.Run(fmt.Sprintf("target is there: %v", there), func(t *testing.T) {
			canary := t.TempDir()
			b := box.New(t, "/bin/ls", canary)
			if there {
				if err := os.MkdirAll(b.Path(canary), 0o755); err != nil {
					t.Fatal(err)
				}
			}
			if err := os.Symlink(canary, b.Path("link")); err != nil {
				t.Fatal(err)
			}
			if err := os.Symlink("../../../../../../..", b.Path("up")); err != nil {
				t.Fatal(err)
			}
			b.Mount("tmpfs", "tmpfs", "/link/made", "")
			b.Mount("tmpfs", "tmpfs", "/up"+canary+"/second", "")
			if out := output(t, b); out != "made\nsecond\n" {
				t.Errorf("inside the root: %q", out)
			}
			if entries, err := os.ReadDir(canary); err != nil || len(entries) > 0 {
				t.Errorf("the host's directory has %v, %v", entries, err)
			}
		})
	}
}

func TestCVE_2019_19921_ProcBehindASymbolicLink(t *testing.T) {
	for _, name := range []string{"proc", "sys"} {
		b := sh(t, "true")
		if err := os.Remove(b.Path(name)); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink("tmp", b.Path(name)); err != nil {
			t.Fatal(err)
		}
		r := b.Run()
		if r.Status == 0 || !strings.Contains(r.Stderr, "mounts[") || strings.Count(r.Stderr, "\n") != 1 {
			t.Errorf("/%s: exit status %d, stderr %q; expected one line that names the mount", name, r.Status, r.Stderr)
		}
		b.NothingLeft()
	}
}
