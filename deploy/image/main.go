// Image writes the container image that installs runseal on the nodes of a cluster: the
// host's busybox, the program and the installer (deploy/node), as an OCI archive. It needs
// no registry, no network and no engine, and the same inputs make the same bytes.
//
//	image -runseal bin/runseal -o bin/runseal-image.tar
//
// "make image" does that. ctr, podman and skopeo read the result; its name is -name.
package main

import (
	"flag"
	"fmt"
	"os"
)

func main() {
	var (
		runseal = flag.String("runseal", "bin/runseal", "the program to install, for linux and this architecture")
		busybox = flag.String("busybox", "/bin/busybox", "a statically linked busybox")
		deploy  = flag.String("deploy", "deploy", "the directory with node/ and containerd/")
		name    = flag.String("name", "localhost/runseal-install:latest", "the image's name")
		out     = flag.String("o", "bin/runseal-image.tar", "the file to write")
	)
	flag.Parse()
	if err := build(*runseal, *busybox, *deploy, *name, *out); err != nil {
		fmt.Fprintln(os.Stderr, "image:", err)
		os.Exit(1)
	}
}

func build(runseal, busybox, deploy, name, out string) error {
	files, err := content(runseal, busybox, deploy)
	if err != nil {
		return err
	}
	archive, err := write(name, files)
	if err != nil {
		return err
	}
	return os.WriteFile(out, archive, 0o644)
}
