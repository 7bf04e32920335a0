package features

import (
	"testing"

	"github.com/runseal/runseal/integration/internal/box"
)

// A runtime that is killed while it makes id-mapped mounts leaves neither them nor the
// processes that hold the user namespaces of their mappings.
func TestIDMapKilled(t *testing.T) {
	if !box.Linux(5, 12) {
		b := sh(t, "true")
		idmapped(b, owned(t), "/a", "bind,idmap", ids(0, 1, 9), ids(0, 1, 9))
		noIDMaps(t, b)
		return
	}
	dir := owned(t)
	for n, killed := 0, true; killed; n++ {
		if !box.Sampled(n) {
			continue
		}
		b := sh(t, "true")
		usersOf(b)
		idmapped(b, dir, "/a", "bind,idmap", nil, nil)
		idmapped(b, dir, "/b", "bind,idmap", ids(0, 1, 9), ids(0, 1, 9))
		idmapped(b, dir, "/c", "bind,idmap", ids(0, 2, 9), ids(0, 1, 9))
		killed = killedCreate(t, b, n)
	}
}
