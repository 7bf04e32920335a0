package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/opencontainers/runtime-spec/specs-go"
	"github.com/urfave/cli/v2"

	"github.com/runseal/runseal/runtime/spec"
	"github.com/runseal/runseal/seccomp"
	"github.com/runseal/runseal/seccomp/profiles"
	"github.com/runseal/runseal/seccomp/profiles/export"
	"github.com/runseal/runseal/seccomp/profiles/spo"
)

// formats are what --to can be.
var formats = []string{"oci", "docker", "spo"}

// convertCommand writes a profile in another format.
func convertCommand() *cli.Command {
	return &cli.Command{
		Name:      "convert",
		Usage:     "print a profile in another format",
		ArgsUsage: "PROFILE",
		Description: profileHelp + "\n\n" +
			"--to oci is a linux.seccomp object, as resolve prints it. --to docker is Docker's format: archMap for kernels\n" +
			"of --arch and of each listed architecture, no conditions. --to spo is a SeccompProfile object of the Security\n" +
			"Profiles Operator with the name of --name, in YAML or JSON.\n\n" +
			"The output means what the input means for --cap, --arch and --kernel. What the format cannot say is an error\n" +
			"that names the member, such as a defaultErrnoRet other than 1 (EPERM) for spo. A SeccompProfile object with\n" +
			"baseProfileName needs --base: that profile's rules are added as the operator does it, so that the more\n" +
			"permissive of two rules counts.\n\n" +
			"   sealctl convert --to spo --name web docker/default | kubectl apply -f -\n" +
			"   sealctl convert --to oci --base runc.yaml web.yaml\n" +
			"   sealctl convert --to docker --arch aarch64 profile.json",
		Flags: append(sourceFlags(), hostArchFlag(),
			&cli.StringFlag{Name: "to", Usage: "the `FORMAT` of the output: " + strings.Join(formats, ", ")},
			&cli.StringFlag{Name: "name", Usage: "with --to spo: metadata.`NAME` of the object (default: that of the input, if it is one)"},
			&cli.StringFlag{Name: "base", Usage: "the `PROFILE` that is meant by baseProfileName of a SeccompProfile object"},
			&cli.StringFlag{Name: "output", Aliases: []string{"o"}, Usage: "`FORM` of the output: yaml (for spo only, and its default), json"},
		),
		OnUsageError: func(_ *cli.Context, err error, _ bool) error { return err },
		Action: func(c *cli.Context) error {
			if c.NArg() != 1 {
				return fmt.Errorf("convert takes one PROFILE, got %d arguments", c.NArg())
			}
			text, err := convert(c, c.Args().First())
			if err != nil {
				return err
			}
			if c.String("to") == "spo" && c.String("output") != "json" {
				_, err = c.App.Writer.Write(text)
				return err
			}
			return writeEncoded(c, text)
		},
	}
}

// convert returns the text that the flags ask for.
func convert(c *cli.Context, name string) ([]byte, error) {
	to, form := c.String("to"), c.String("output")
	switch {
	case to == "":
		return nil, fmt.Errorf("--to: missing, expected one of %s", strings.Join(formats, ", "))
	case !slices.Contains(formats, to):
		return nil, fmt.Errorf("--to %q: expected one of %s", to, strings.Join(formats, ", "))
	case form != "" && form != "json" && (form != "yaml" || to != "spo"):
		return nil, fmt.Errorf("--output %q: expected json, or yaml with --to spo", form)
	case to != "spo" && c.IsSet("name"):
		return nil, fmt.Errorf("--name: only an object of --to spo has a name, got --to %s", to)
	}
	o, native, err := hostOptions(c)
	if err != nil {
		return nil, err
	}
	in, err := readObject(c, name, o, native)
	if err != nil {
		return nil, err
	}
	if _, err := seccomp.NewPolicy(in.Profile, seccomp.Options{Native: string(native)}); err != nil {
		return nil, fmt.Errorf("%s: %w", called(name), err) // what means nothing cannot be converted
	}
	switch to {
	case "oci":
		return export.OCI(in.Profile)
	case "docker":
		return export.Docker(in.Profile, native)
	}
	if c.IsSet("name") {
		in.Name = c.String("name")
	}
	if in.Name == "" {
		return nil, errors.New("--name: missing, expected the metadata.name of the object")
	}
	const agents = "/var/run/security-profiles-operator/"
	if path := in.Profile.ListenerPath; path != "" && !strings.HasPrefix(path, agents) {
		warn(c, fmt.Sprintf("linux.seccomp.listenerPath: %q, but newer versions of the operator take paths below %s only", path, agents))
	}
	if form == "json" {
		return spo.JSON(in.Name, in.Profile)
	}
	return spo.YAML(in.Name, in.Profile)
}

// readObject reads a profile of any format. If it is an object of the operator it has a
// name, and the rules of --base.
func readObject(c *cli.Context, name string, o profiles.Options, native specs.Arch) (*spo.Object, error) {
	if !c.IsSet("base") {
		return readNamed(name, c.App.Reader, o)
	}
	if name == "-" && c.String("base") == "-" {
		return nil, errors.New("convert --base - -: expected at most one profile from standard input")
	}
	if err := checkHost(o.Host); err != nil {
		return nil, err
	}
	noBase := errors.New("--base: only a SeccompProfile object with spec.baseProfileName can have a base")
	if profiles.IsName(name) {
		return nil, noBase
	}
	data, called, err := readInput(name, c.App.Reader, spec.MaxSize)
	if err != nil {
		return nil, err
	}
	if !spo.Is(data) {
		return nil, noBase
	}
	in, err := spo.Parse(data, native)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", called, err)
	}
	if in.BaseProfileName == "" {
		return nil, noBase
	}
	base, err := readProfile(c.String("base"), c.App.Reader, o)
	if err != nil {
		return nil, fmt.Errorf("--base: %w", err)
	}
	if in.Profile, err = spo.Union(in.Profile, base, native); err != nil {
		return nil, fmt.Errorf("--base: %w", err)
	}
	return in, nil
}
