package main

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/opencontainers/runtime-spec/specs-go"
	"github.com/urfave/cli/v2"

	"github.com/runseal/runseal/runtime/spec"
	"github.com/runseal/runseal/seccomp/profiles"
	"github.com/runseal/runseal/seccomp/profiles/docker"
)

// profileHelp explains PROFILE in the help of every verb that takes one.
const profileHelp = "PROFILE is a file, - for standard input, or a name. A file holds a linux.seccomp object of the OCI\n" +
	"specification, a whole config.json, or a profile in Docker's format, which is resolved for this machine and\n" +
	"the capabilities given by --cap. The names are runtime/default and docker/default (Docker's profile),\n" +
	"crio/default (the first of /etc/crio/seccomp.json, /etc/containers/seccomp.json and\n" +
	"/usr/share/containers/seccomp.json), localhost/NAME (a file below the profile root), and unconfined (no\n" +
	"filter). What begins with runtime/, docker/, crio/, containerd/ or localhost/ is always a name; a file of\n" +
	"that path is given as ./docker/FILE."

// sourceFlags say where a PROFILE is and for whom it is read.
func sourceFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringSliceFlag{Name: "cap", Usage: "with Docker's format: a `CAPABILITY` of the container, such as CAP_SYS_ADMIN " +
			"(repeatable; default: those that Docker gives)"},
		&cli.StringFlag{Name: "seccomp-profile-root", Usage: "the `DIR` of localhost/NAME", Value: profiles.DefaultRoot},
	}
}

// profileOptions gives what sourceFlags say.
func profileOptions(c *cli.Context) profiles.Options {
	o := profiles.Options{Root: c.String("seccomp-profile-root"), Host: docker.Host{Caps: docker.Capabilities()}}
	if c.IsSet("cap") {
		o.Host.Caps = c.StringSlice("cap")
	}
	return o
}

// readProfile reads the profile with this name, or in the file of this name, or in
// stdin if it is "-". Errors name it. The result is never nil without an error: no
// filter is nothing that a verb could work on.
func readProfile(name string, stdin io.Reader, o profiles.Options) (*specs.LinuxSeccomp, error) {
	if profiles.IsName(name) {
		p, err := profiles.Load(name, o)
		if err == nil && p == nil {
			err = fmt.Errorf("seccomp profile %q: no filter at all, expected a profile", name)
		}
		return p, err
	}
	data, name, err := readInput(name, stdin, spec.MaxSize)
	if err != nil {
		return nil, err
	}
	profile, err := parseProfile(data, o)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return profile, nil
}

// readInput reads the named file, or stdin if the name is "-", and one byte more than
// limit if there is more: whoever parses the data reports the excess. It returns what
// errors are to call the input.
func readInput(name string, stdin io.Reader, limit int64) (data []byte, called string, err error) {
	in := stdin
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return nil, "", err
		}
		defer f.Close()
		in = f
	} else {
		name = "standard input"
	}
	data, err = io.ReadAll(io.LimitReader(in, limit+1))
	return data, name, err
}

// parseProfile reads a profile by itself or in a config.json.
func parseProfile(data []byte, o profiles.Options) (*specs.LinuxSeccomp, error) {
	if len(data) > spec.MaxSize || profiles.FormatOf(data) != profiles.Config {
		return profiles.Parse(data, o)
	}
	s, err := spec.Parse(data)
	if err != nil {
		return nil, err
	}
	if s.Linux == nil || s.Linux.Seccomp == nil {
		return nil, errors.New("linux.seccomp: missing, so a container would run without a filter")
	}
	return s.Linux.Seccomp, nil
}
