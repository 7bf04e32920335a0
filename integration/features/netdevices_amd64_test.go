package features

import (
	"fmt"
	"strings"
	"testing"

	"github.com/vishvananda/netlink"

	"github.com/runseal/runseal/integration/internal/box"
)

// A runtime that is killed half-way leaves nothing that delete --force does not remove. A
// device is then where it was, or has gone with the container's namespace, as a virtual one
// does.
func TestNetDevicesKilled(t *testing.T) {
	ownNetwork(t)
	stayed, gone := 0, 0
	for n, killed := 0, true; killed; n++ {
		if !box.Sampled(n) {
			continue
		}
		host := fmt.Sprintf("host%d", n)
		l := pair(t, host, fmt.Sprintf("peer%d", n), "192.0.2.1/24")
		b := sh(t, "true")
		move(b, host, "net0")
		killed = killedCreate(t, b, n)
		if strings.Contains(devices(t), host) {
			stayed++
			must(t, netlink.LinkDel(l))
			continue
		}
		if !box.Eventually(func() bool { return devices(t) == "" }) {
			t.Fatalf("killed before call %d: %q are left", n, devices(t))
		}
		gone++
	}
	if stayed < 2 || gone < 2 {
		t.Errorf("the device has stayed %d times and gone with the container %d times, expected both several times", stayed, gone)
	}
}

// killedCreate kills create when it is about to make its system call n, if it makes so
// many, and deletes what it has left.
func killedCreate(t *testing.T, b *box.Box, n int) (killed bool) {
	t.Helper()
	b.WriteConfig(b.Config())
	killed, err := b.KillAtCall(n, "create", "--bundle", b.Dir, b.ID)
	must(t, err)
	b.Must("delete", "--force", b.ID)
	b.NothingLeft()
	return killed
}
