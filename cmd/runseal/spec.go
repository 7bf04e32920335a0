package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/runseal/runseal/runtime/kernel"
	"github.com/runseal/runseal/runtime/plan"
	"github.com/runseal/runseal/runtime/spec"
	"github.com/runseal/runseal/seccomp/profiles/docker"
	"github.com/urfave/cli/v2"
)

// spec is `runseal spec`.
func (in *invocation) spec() *cli.Command {
	var (
		bundle   string
		rootless bool
	)
	return &cli.Command{
		Usage:     "write a config.json to start from",
		UsageText: "runseal spec [flags]",
		Description: `The config.json runs a shell in the root filesystem "rootfs" beside it, with
Docker's default seccomp profile as it is for this kernel and the capabilities
in the file. A file that is there already is not overwritten.

With --rootless it asks for nothing that only root can give: there is a user
namespace in which you are root, the network is the host's, and there are no
limits. Whoever has written it can run it.`,
		Flags: []cli.Flag{
			bundleOption(&bundle),
			&option{name: "rootless", usage: "write one for a container of an ordinary user, who is root in it", value: (*toggle)(&rootless)},
		},
		Action: func(c *cli.Context) error {
			if err := arguments(c, 0); err != nil {
				return err
			}
			return writeConfig(filepath.Join(bundle, spec.ConfigName), rootless)
		},
	}
}

// writeConfig makes the file path; it is an error if it exists.
func writeConfig(path string, rootless bool) error {
	s := spec.Default()
	if rootless {
		recursive := slices.Contains(plan.MountOptions(kernel.Lacks()), "rro")
		spec.Rootless(s, uint32(os.Geteuid()), uint32(os.Getegid()), recursive)
	}
	profile, err := docker.Default(docker.Host{Caps: s.Process.Capabilities.Bounding})
	if err != nil {
		return err
	}
	s.Linux.Seccomp = profile
	var text bytes.Buffer
	enc := json.NewEncoder(&text)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "\t")
	if err := enc.Encode(s); err != nil {
		return fmt.Errorf("encode config.json: %w", err)
	}
	// The umask applies: a config.json holds no secrets unless its owner adds some.
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%s: file exists; remove it first", path)
	}
	if err != nil {
		return err
	}
	_, err = f.Write(text.Bytes())
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		os.Remove(path) // half a file would pass for a config.json
		return err
	}
	return nil
}
