// Containerd2 is containerd 2 as far as its configuration goes: the real command of a
// version that Debian's stable release does not have, with the plugin whose section
// names the runtimes. Tests use its "config dump"; it cannot run containers.
//
// It is a module of its own, so that containerd's dependencies stay out of the project's.
package main

import (
	"fmt"
	"os"

	"github.com/containerd/containerd/v2/cmd/containerd/command"
	_ "github.com/containerd/containerd/v2/plugins/cri/runtime"
)

func main() {
	if err := command.App().Run(os.Args); err != nil {
		fmt.Fprintln(os.Stderr, "containerd:", err)
		os.Exit(1)
	}
}
