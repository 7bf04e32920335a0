package deploy

import (
	"os/exec"
	"testing"
)

func TestShellcheck(t *testing.T) {
	if _, err := exec.LookPath("shellcheck"); err != nil {
		t.Fatalf("%v (Debian package shellcheck)", err)
	}
	for _, script := range []string{"node/install.sh", "debian/build.sh"} {
		if out, err := exec.Command("shellcheck", "-s", "sh", "-S", "style", source(script)).CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", script, err, out)
		}
	}
}
