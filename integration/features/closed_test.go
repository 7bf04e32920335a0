package features

import (
	"os"
	"path/filepath"
	"strconv"
	"testing"

	specs "github.com/opencontainers/runtime-spec/specs-go"
)

// TestBindBehindAClosedDirectory: in a user namespace too the source of a bind mount may lie
// where only the caller can go.
func TestBindBehindAClosedDirectory(t *testing.T) {
	closed := t.TempDir()
	below := filepath.Join(closed, "below")
	must(t, os.MkdirAll(filepath.Join(below, "deep"), 0o755))
	must(t, os.WriteFile(filepath.Join(below, "file"), []byte("content\n"), 0o644))
	must(t, os.Chmod(closed, 0o700))
	b := sh(t, "cat /one /all/file; touch /all/x 2>/dev/null || echo read-only; sleep 600")
	usersOf(b)
	b.Mount("bind", filepath.Join(below, "file"), "/one", "bind")
	b.Mount("bind", below, "/all", "rbind,ro,nosuid")
	p := b.Create()
	b.Must("start", b.ID)
	p.WaitOutput("content\ncontent\nread-only\n")
	// The same in a user namespace that is there already, as containers of a pod have it.
	second := b.Sibling("/bin/cat", "/one")
	must(t, os.Chown(second.Rootfs, firstID, firstID))
	pid := b.State().Pid
	second.SetNamespace(specs.LinuxNamespace{Type: specs.UserNamespace, Path: "/proc/" + strconv.Itoa(pid) + "/ns/user"})
	second.Mount("bind", filepath.Join(below, "file"), "/one", "bind")
	if r := second.Run(); r.Status != 0 || r.Stdout != "content\n" {
		t.Errorf("%+v", r)
	}
	b.Must("delete", "--force", b.ID)
	b.NothingLeft()
}
