// Package ctr holds tests of runseal in the place of runc under a container
// engine: Debian's containerd, driven by ctr, with a private daemon whose root,
// state, socket and configuration live in a temporary directory, and an image
// that is made from the host's busybox.
package ctr
