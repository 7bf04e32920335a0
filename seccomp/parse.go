package seccomp

//go:generate go run ./strictjson/gen -package seccomp -o zdecode.go

import (
	"errors"

	"github.com/opencontainers/runtime-spec/specs-go"

	"github.com/runseal/runseal/seccomp/strictjson"
)

// ParseProfile reads a profile: the JSON text of one linux.seccomp object (OCI
// config-linux.md, "Seccomp"), at most 16 MiB. It reads as package strictjson
// describes: a duplicate or misspelt member, a number that does not fit, an
// unpaired surrogate and the like are errors, and so is the absence of
// defaultAction, of a rule's names or action, and of a condition's index, value
// or op. Members that the specification does not know are skipped, but for those
// of Docker's profile format that make rules depend on the host: without them its
// profiles allow more than they mean. profiles.Parse reads that format.
//
// Errors are *[strictjson.FieldError] values whose path is that in config.json:
// linux.seccomp.syscalls[3].errnoRet. What the values mean is checked by
// [NewPolicy] and [Compile].
func ParseProfile(data []byte) (*specs.LinuxSeccomp, error) {
	d := strictjson.NewDecoder(data)
	d.Foreign = refuseDocker
	p := new(specs.LinuxSeccomp)
	err := DecodeProfile(d, p)
	if err == nil {
		err = d.End()
	}
	var field *strictjson.FieldError
	if errors.As(err, &field) && field.Field != "" {
		return nil, strictjson.Under("linux", strictjson.Under("seccomp", field))
	} else if err != nil {
		return nil, err
	}
	return p, nil
}

// refuseDocker refuses the members on which a profile in Docker's format
// depends.
func refuseDocker(name string) error {
	switch name {
	case "archMap", "includes", "excludes":
		return errors.New("part of Docker's profile format, expected a linux.seccomp object; profiles.Parse turns one into the other")
	}
	return nil
}

// DecodeProfile reads the next value of d, a linux.seccomp object inside a larger
// document, into v. Paths in errors begin inside it: syscalls[3].errnoRet.
func DecodeProfile(d *strictjson.Decoder, v *specs.LinuxSeccomp) error {
	return decodeLinuxSeccomp(d, v)
}
