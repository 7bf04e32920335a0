// Package node builds disk images of whole nodes: Debian systems of the package
// archive with systemd as process 1 and containerd, for tests of the runtime in its
// place below an engine on cgroup version 2.
//
//	image, err := node.Build(ctx, cacheDir, "forky")
//	// image.Disk:     a raw ext4 file system, for a kernel of any version
//	// image.Versions: what is inside: systemd, containerd, runc, crun
//
// An image is a function of a recipe (recipe.go: packages, units, files) and of the
// archive's state. It has no kernel, no test and no runtime but the archive's: those
// come with the machine that boots it, in the initial file system, whose init mounts
// the disk, shows it what is packed below /vm and hands over to systemd
// (integration/vm/init). The service vm.service runs then
// what the runner wants and ends the machine. So one image serves all kernels, and a
// changed test does not need a new image.
//
// Images are kept in the caller's directory and built again when the recipe has
// changed, or when they are older than [MaxAge] and the archive has moved on. Building
// needs root, debootstrap, e2fsprogs and a Debian machine whose apt works; the mirror
// is that of the machine's own apt, and the archive's signature is checked. What an
// interrupted build leaves is a directory named *.part, which the next build removes,
// and neither mounts nor processes: debootstrap runs in namespaces of its own.
//
// The tests that run on the node are in onnode.
package node
