package runtime

import (
	"fmt"

	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/runtime/netdev"
)

// moveDevices moves linux.netDevices into the container's network namespace, for which the
// child waits. Until the container is made, undo moves them back.
func (c *created) moveDevices() error {
	here, err := netdev.Dial()
	if err != nil {
		return fmt.Errorf("linux.netDevices: %w", err)
	}
	there, err := dialInside(c.child.PidFD)
	if err != nil {
		here.Close()
		return fmt.Errorf("linux.netDevices: enter the container's network namespace: %w", err)
	}
	c.devices = netdev.NewMover(here, there)
	return c.devices.Move(c.plan.NetDevices)
}

// dialInside connects to the network namespace of the process behind a pidfd.
func dialInside(pidfd int) (conn *netdev.Conn, err error) {
	v, err := visitProcess(pidfd, unix.CLONE_NEWNET)
	if err != nil {
		return nil, err
	}
	defer v.leave()
	err = v.do(func() (err error) {
		conn, err = netdev.Dial()
		return err
	})
	return conn, err
}
