package cgroup

import "errors"

var (
	// errNoDevices: version 1 without the devices controller.
	errNoDevices = errors.New("linux.resources.devices: the devices controller is not mounted; expected it on cgroup v1, or cgroup v2")

	// ErrNoFreezer is returned by Freeze when there is nothing to freeze with.
	ErrNoFreezer = errors.New("the container has no freezer cgroup")
)
