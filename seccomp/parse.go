package seccomp

//go:generate go run ./strictjson/gen -package seccomp -o zdecode.go

import (
	"github.com/opencontainers/runtime-spec/specs-go"

	"github.com/runseal/runseal/seccomp/strictjson"
)

// ParseProfile reads a profile: the JSON text of one linux.seccomp object (OCI
// config-linux.md, "Seccomp"), at most 16 MiB. It reads as package strictjson
// describes: a duplicate or misspelt member, a number that does not fit, an
// unpaired surrogate and the like are errors, and so is the absence of
// defaultAction, of a rule's names or action, and of a condition's index, value
// or op. Members that the specification does not know are skipped.
//
// Errors are *[strictjson.FieldError] values with a path that begins inside the
// object: syscalls[3].errnoRet. What the values mean is checked by [NewPolicy]
// and [Compile].
func ParseProfile(data []byte) (*specs.LinuxSeccomp, error) {
	return strictjson.Parse(data, DecodeProfile)
}

// DecodeProfile is [ParseProfile] for a profile inside a larger document: it
// reads the next value of d into v.
func DecodeProfile(d *strictjson.Decoder, v *specs.LinuxSeccomp) error {
	return decodeLinuxSeccomp(d, v)
}
