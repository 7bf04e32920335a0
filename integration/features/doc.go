// Package features holds the root tests of what an engine asks for beyond a
// container's plain life: terminals, tmpcopyup, mount points behind dangling
// symlinks, user namespaces, the protection of the runtime's own binary, signal
// forwarding, exec --cgroup, mount propagation and plan.
package features
