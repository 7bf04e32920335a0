// Package podman holds tests of runseal in the place of runc under podman 4.3 with conmon.
// Podman has no daemon: a private storage, configuration and cgroup parent for each test
// is all there is, and an image that is made from the host's busybox. The runtimes have
// their usual state directories, because podman's clean-up after a container's end does
// not hand global flags of the runtime on.
package podman
