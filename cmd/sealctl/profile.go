package main

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/opencontainers/runtime-spec/specs-go"
	"github.com/urfave/cli/v2"
	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/runtime/spec"
	"github.com/runseal/runseal/seccomp/arch"
	"github.com/runseal/runseal/seccomp/profiles"
	"github.com/runseal/runseal/seccomp/profiles/docker"
	"github.com/runseal/runseal/seccomp/profiles/spo"
)

// profileHelp explains PROFILE in the help of every verb that takes one.
const profileHelp = "PROFILE is a file, - for standard input, or a name. A file holds a linux.seccomp object of the OCI\n" +
	"specification, a whole config.json, a SeccompProfile object of the Security Profiles Operator (YAML or JSON),\n" +
	"or a profile in Docker's format, which is resolved for the capabilities given by --cap, for the kernel of\n" +
	"--kernel and for this machine. The names are runtime/default and docker/default (Docker's profile),\n" +
	"containerd/default (containerd's, for this machine and its kernel only), crio/default (the first of\n" +
	"/etc/crio/seccomp.json, /etc/containers/seccomp.json and /usr/share/containers/seccomp.json), localhost/NAME\n" +
	"(a file below the profile root), and unconfined (no filter). What begins with runtime/, docker/, crio/,\n" +
	"containerd/ or localhost/ is always a name; a file of that path is given as ./docker/FILE."

// sourceFlags say where a PROFILE is and for whom it is read.
func sourceFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringSliceFlag{Name: "cap", Usage: "with Docker's format: a `CAPABILITY` of the container, such as CAP_SYS_ADMIN " +
			"(repeatable; an empty one for none; default: those that Docker gives)"},
		&cli.StringFlag{Name: "kernel", Usage: "with Docker's format: the `VERSION` of the kernel, such as 5.15 (default: the running one's)"},
		profileRootFlag(),
	}
}

func profileRootFlag() cli.Flag {
	return &cli.StringFlag{Name: "seccomp-profile-root", Usage: "the `DIR` of localhost/NAME", Value: profiles.DefaultRoot}
}

// profileOptions gives what sourceFlags say.
func profileOptions(c *cli.Context) profiles.Options {
	o := profiles.Options{Root: c.String("seccomp-profile-root"), Host: docker.Host{Caps: docker.Capabilities()}, Extra: extraNames()}
	if c.IsSet("cap") {
		o.Host.Caps = c.StringSlice("cap")
	}
	o.Host.Kernel = c.String("kernel")
	o.Text = func(path string, text []byte) { warnCaps(c, path, text) }
	return o
}

// checkHost refuses what profileOptions took from the command line and no profile
// could mean, whether the one at hand has conditions or not.
func checkHost(h docker.Host) error {
	for _, name := range h.Caps {
		if name == "" {
			continue
		}
		if _, known := spec.CapByName(name); !known {
			return fmt.Errorf("--cap %q: expected a capability such as CAP_SYS_ADMIN%s", name, meantCap(name))
		}
	}
	if _, err := docker.RunningKernel(h.Kernel); err != nil {
		return fmt.Errorf("--kernel: %w", err)
	}
	return nil
}

// hostArchFlag chooses the one architecture for which a profile is read, see hostArch.
func hostArchFlag() cli.Flag {
	return &cli.StringFlag{Name: "arch", Usage: "the `ARCHITECTURE` of the kernel, such as SCMP_ARCH_AARCH64 or aarch64 (default: this machine's)"}
}

// hostOptions is profileOptions for verbs that have hostArchFlag, with the native
// architecture.
func hostOptions(c *cli.Context) (o profiles.Options, native specs.Arch, err error) {
	if native, err = hostArch(c); err != nil {
		return o, "", err
	}
	o = profileOptions(c)
	if c.IsSet("arch") {
		o.Host.Arch = native
	}
	return o, native, nil
}

// hostArch returns the architecture of --arch, or this machine's.
func hostArch(c *cli.Context) (specs.Arch, error) {
	if !c.IsSet("arch") {
		return arch.Native, nil
	}
	a, err := findArch(c.String("arch"))
	if err != nil {
		return "", err
	}
	return specs.Arch(a.Scmp), nil
}

// readProfile reads the profile with this name, or in the file of this name, or in
// stdin if it is "-". Errors name it. The result is never nil without an error: no
// filter is nothing that a verb could work on.
func readProfile(name string, stdin io.Reader, o profiles.Options) (*specs.LinuxSeccomp, error) {
	object, err := readNamed(name, stdin, o)
	if err != nil {
		return nil, err
	}
	return object.Profile, nil
}

// readNamed is readProfile, with the name that an object of the Security Profiles
// Operator gives its profile.
func readNamed(name string, stdin io.Reader, o profiles.Options) (*spo.Object, error) {
	if err := checkHost(o.Host); err != nil {
		return nil, err
	}
	if profiles.IsName(name) {
		p, err := profiles.Load(name, o)
		if err == nil && p == nil {
			err = fmt.Errorf("seccomp profile %q: no filter at all, expected a profile", name)
		}
		return &spo.Object{Profile: p}, err
	}
	data, name, err := readInput(name, stdin, spec.MaxSize)
	if err != nil {
		return nil, err
	}
	if o.Text != nil {
		o.Text(name, data)
	}
	object, err := parseObject(data, o)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return object, nil
}

// readInput reads the named file, or stdin if the name is "-", and one byte more than
// limit if there is more: whoever parses the data reports the excess. It returns what
// errors are to call the input.
func readInput(name string, stdin io.Reader, limit int64) (data []byte, called string, err error) {
	in := stdin
	if name != "-" {
		// A FIFO that nobody writes to must not keep this waiting for ever: with
		// O_NONBLOCK it is at its end (fifo(7)). One that has a writer is waited for.
		f, err := os.OpenFile(name, os.O_RDONLY|unix.O_NONBLOCK, 0)
		if err != nil {
			return nil, "", err
		}
		defer f.Close()
		in = f
	} else {
		name = "standard input"
	}
	data, err = io.ReadAll(io.LimitReader(in, limit+1))
	if err == nil && len(data) == 0 && isFIFO(in) && name != "standard input" {
		err = fmt.Errorf("%s: a FIFO that nobody writes to, expected a file", name)
	}
	return data, name, err
}

func isFIFO(r io.Reader) bool {
	f, ok := r.(*os.File)
	if !ok {
		return false
	}
	st, err := f.Stat()
	return err == nil && st.Mode()&os.ModeNamedPipe != 0
}

// parseObject reads a profile by itself, in a config.json or in an object of the
// Security Profiles Operator, which alone has a name.
func parseObject(data []byte, o profiles.Options) (*spo.Object, error) {
	if len(data) > spec.MaxSize || !spo.Is(data) {
		p, err := parseProfile(data, o)
		return &spo.Object{Profile: p}, err
	}
	native := o.Host.Arch
	if native == "" {
		native = arch.Native
	}
	object, err := spo.Parse(data, native)
	if err == nil && object.BaseProfileName != "" {
		err = fmt.Errorf("spec.baseProfileName: %q is known to the cluster only, expected none; convert --base can add a base", object.BaseProfileName)
	}
	return object, err
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
