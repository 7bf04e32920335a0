package deploy

import (
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/runseal/runseal/integration/internal/box"
)

// The image, unpacked: its own programs, and nothing else, install runseal on a node and
// take it off again. Two builds are the same.
func TestImage(t *testing.T) {
	var archives []string
	for range 2 {
		archive := filepath.Join(t.TempDir(), "image.tar")
		run(t, "go", "run", "../../../deploy/image", "-deploy", "../../../deploy", "-runseal", box.Binary(), "-o", archive)
		archives = append(archives, archive)
	}
	if read(t, archives[0]) != read(t, archives[1]) {
		t.Error("built twice, the image is not the same")
	}
	store := t.TempDir()
	// In a mount namespace, so that no mount of podman's storage is left on the host.
	script := `mount -t tmpfs tmpfs "$1"
		p="podman --root $1/root --runroot $1/run --tmpdir $1/tmp --storage-driver vfs --cgroup-manager cgroupfs --events-backend file"
		$p load --quiet --input "$2"
		id=$($p create --network none localhost/runseal-install:latest)
		mkdir "$3/image" && $p export "$id" | tar -x -C "$3/image"`
	dir := t.TempDir()
	run(t, "unshare", "--mount", "sh", "-euc", script, "sh", store, archives[0], dir)

	n := newNode(t, containerd1, "version = 2\n"+cri1)
	before, dump := n.contents("etc", "opt"), n.dump()
	for _, verb := range []string{"install", "uninstall"} {
		cmd := exec.Command("unshare", "--mount", "sh", "-euc", `mount --rbind "$1" "$2/host" && mount --rbind /proc "$2/host/proc" && mkdir -p "$2/dev" && mount --rbind /dev "$2/dev" && exec chroot "$2" /runseal/install.sh "$3"`, "sh", n.root, filepath.Join(dir, "image"), verb)
		cmd.Env = []string{"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "CONTAINERD_RESTART=true"}
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", verb, err, out)
		}
		if verb == "install" {
			n.expectRuntime(dump, true)
		}
	}
	if now := n.contents("etc", "opt"); now != before {
		t.Errorf("left on the node:\n%s\nexpected\n%s", now, before)
	}
}
