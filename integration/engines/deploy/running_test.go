package deploy

import (
	"os"
	"os/exec"
	"testing"

	"github.com/runseal/runseal/integration/bundle"
	"github.com/runseal/runseal/integration/internal/box"
)

// While a container runs under runseal, uninstall refuses; one of runc's, with its state
// in the same directory, is nobody's business.
func TestUninstallWithContainers(t *testing.T) {
	n := newNode(t, containerd1, "version = 2\n"+cri1)
	n.must("install")
	for _, r := range []struct {
		runtime, id string
		refuses     bool
	}{{"runc", "of-runc", false}, {box.Binary(), "of-runseal", true}} {
		t.Run(r.id, func(t *testing.T) {
			b := bundle.Test(t, bundle.Args("sleep", "600"))
			root := n.path("run/containerd/runc/k8s.io")
			if err := os.MkdirAll(root, 0o755); err != nil {
				t.Fatal(err)
			}
			// Its streams are not the test's: it would wait for their end.
			if err := exec.Command(r.runtime, "--root", root, "run", "--detach", "--bundle", b.Dir, r.id).Run(); err != nil {
				t.Fatalf("%s run: %v", r.runtime, err)
			}
			defer exec.Command(r.runtime, "--root", root, "delete", "--force", r.id).Run()
			if r.refuses {
				n.refuses("uninstall", r.id)
				n.must("uninstall", "FORCE=1")
			} else {
				n.must("uninstall")
				n.must("install")
			}
		})
	}
}
