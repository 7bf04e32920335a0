package lifecycle

import (
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/integration/internal/box"
)

func TestPropagation(t *testing.T) {
	for _, c := range []struct{ option, want string }{
		{"private", ""}, {"rprivate", ""}, {"shared", "shared:"}, {"slave", "master:"}, {"rslave", "master:"}, {"unbindable", "unbindable"},
	} {
		t.Run(c.option, func(t *testing.T) {
			dir := source(t)
			// A shared mount of the host, so that slave has a master.
			if err := unix.Mount("", filepath.Join(dir, "sub"), "", unix.MS_SHARED, ""); err != nil {
				t.Fatal(err)
			}
			b := sh(t, "")
			b.Spec.Linux.RootfsPropagation = "rslave"
			b.Mount("bind", filepath.Join(dir, "sub"), "/m", "bind,"+c.option)
			got := mounts(t, b)["/m"].propagation
			if (c.want == "" && got != "") || !strings.Contains(got, c.want) {
				t.Errorf("propagation fields are %q, expected %q", got, c.want)
			}
		})
	}
}

func TestRootfsPropagation(t *testing.T) {
	for _, c := range []struct{ value, want string }{{"", ""}, {"private", ""}, {"rprivate", ""}, {"rslave", ""}, {"shared", "shared:"}, {"rshared", "shared:"}} {
		t.Run(c.value, func(t *testing.T) {
			b := sh(t, "")
			b.Spec.Linux.RootfsPropagation = c.value
			got := mounts(t, b)["/"].propagation
			if strings.Contains(got, "shared:") != (c.want != "") {
				t.Errorf("root has %q, expected %q", got, c.want)
			}
		})
	}
}

// A mount inside is not seen outside.
func TestMountsInsideStayInside(t *testing.T) {
	b := sh(t, "mkdir /m && mount -t tmpfs tmpfs /m && sleep 600")
	b.Spec.Process.Capabilities = box.Capabilities("CAP_SYS_ADMIN")
	b.Up()
	if !box.Eventually(func() bool {
		return strings.Contains(b.Do("exec", b.ID, "cat", "/proc/self/mountinfo").Stdout, " /m ")
	}) {
		t.Fatal("the mount has not been made inside")
	}
	if m := b.Mounts(); len(m) > 0 {
		t.Errorf("the host sees %q", m)
	}
}
