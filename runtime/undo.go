package runtime

import "github.com/runseal/runseal/runtime/resctrl"

// undo takes back everything that create has made so far. It returns the error that was
// the reason, with what of the host could not be put back, and that of the hooks poststop,
// which run if there was a process.
func (c *created) undo(reason error) error {
	c.reserve.release()
	reason = also(reason, c.devices.Back()) // while their namespace is there
	c.devices.Close()
	var err error
	if c.owned {
		// First: it thaws, and a frozen child of version 1 could not be waited for.
		err = c.cgroup.Kill()
	}
	if c.child != nil {
		c.child.Kill()
		c.child.Close()
	}
	if c.owned && err == nil {
		err = c.cgroup.Destroy()
	}
	if c.grouped && err == nil {
		err = resctrl.Remove(c.cache.Owned())
	}
	if c.tty != nil {
		c.tty.Close()
	}
	c.agent.close()
	if err == nil { // or else delete --force still has to find it
		_ = c.dir.Remove()
	}
	c.closeFifo()
	c.dir.Close()
	if c.child == nil || err != nil {
		return reason
	}
	return also(reason, poststop(c.state, c.spec.Hooks))
}

// close ends the construction: the container is on its own.
func (c *created) close() {
	c.devices.Close()
	c.reserve.release()
	c.closeFifo()
	c.child.Close()
	c.dir.Close()
}
