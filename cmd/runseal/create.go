package main

import (
	"github.com/runseal/runseal/runtime"
	"github.com/urfave/cli/v2"
)

const idArgument = "CONTAINER-ID"

// idDescription is for the subcommands that give a container its id.
const idDescription = `CONTAINER-ID is a name for the container that no other one below --root has. It
consists of letters, digits, "_", "+", "." and "-".`

// listenDescription is for the subcommands that pass a service's sockets on.
const listenDescription = `Called by systemd for a socket unit, it passes the sockets on to the process, with
LISTEN_FDS, LISTEN_FDNAMES and LISTEN_PID=1; --preserve-fds counts from behind them.`

// create is `runseal create`.
func (in *invocation) create() *cli.Command {
	var o runtime.CreateOptions
	return &cli.Command{
		Usage:     "create a container that waits for start",
		UsageText: "runseal create [flags] " + idArgument,
		Description: idDescription + `

The container's process is made and confined as config.json says, and stops
right before it executes process.args. "runseal start" lets it go on.

` + listenDescription,
		Flags: createFlags(&o),
		Action: func(c *cli.Context) (err error) {
			if err := arguments(c, 0, idArgument); err != nil {
				return err
			}
			if o.Listen, err = listen(); err != nil {
				return err
			}
			return in.containers(true).Create(c.Args().First(), o)
		},
	}
}

// createFlags are the flags that create and run have in common.
func createFlags(o *runtime.CreateOptions) []cli.Flag {
	flags := append(make([]cli.Flag, 0, 10), // room for those of run
		bundleOption(&o.Bundle),
		pidFileOption(&o.PidFile),
		pidfdSocketOption(&o.PidFDSocket),
	)
	return append(flags, programFlags(o)...)
}

// programFlags are the flags that change what the container's process does
// before it executes process.args; plan has them too.
func programFlags(o *runtime.CreateOptions) []cli.Flag {
	return []cli.Flag{
		consoleSocketOption(&o.ConsoleSocket),
		&option{name: "no-pivot", usage: "change the root by MS_MOVE and chroot, for a rootfs on the initial ramdisk", value: (*toggle)(&o.NoPivot)},
		&option{name: "no-new-keyring", usage: "keep the caller's session keyring", value: (*toggle)(&o.NoNewKeyring)},
		preserveFdsOption(&o.PreserveFds),
	}
}

// bundleOption is --bundle. The default is the current directory.
func bundleOption(dir *string) cli.Flag {
	*dir = "."
	return &option{name: "bundle", short: "b", arg: "DIR", usage: "directory of config.json", def: "current directory", value: (*text)(dir)}
}

func pidFileOption(file *string) cli.Flag {
	return &option{name: "pid-file", arg: "FILE", usage: "write the process id to this file, decimal, without a newline", value: (*text)(file)}
}

func consoleSocketOption(path *string) cli.Flag {
	return &option{name: "console-socket", arg: "PATH", usage: "AF_UNIX socket that receives the terminal's master end", value: (*text)(path)}
}

func pidfdSocketOption(path *string) cli.Flag {
	return &option{name: "pidfd-socket", arg: "PATH", usage: "AF_UNIX socket that receives a pidfd of the process", value: (*text)(path)}
}

func preserveFdsOption(n *int) cli.Flag {
	return &option{name: "preserve-fds", arg: "N", usage: "pass file descriptors 3 to 2+N on to the process", def: "0", value: (*number)(n)}
}
