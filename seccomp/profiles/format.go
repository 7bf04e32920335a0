package profiles

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"github.com/opencontainers/runtime-spec/specs-go"

	"github.com/runseal/runseal/seccomp"
	"github.com/runseal/runseal/seccomp/profiles/docker"
	"github.com/runseal/runseal/seccomp/strictjson"
)

// Format is what a JSON text with a profile in it looks like.
type Format int

const (
	// OCI is the specification's linux.seccomp object. What is none of the others
	// counts as this one, whose parser says what is wrong with it.
	OCI Format = iota
	// Docker is the format of package docker.
	Docker
	// Config is a whole config.json.
	Config
)

// FormatOf tells the formats apart by the members that are there. Those that only
// Docker's format has count in any letter case, so that a misspelt one is an error
// of that format's parser instead of an unknown member that is skipped.
func FormatOf(data []byte) Format {
	config, ofDocker := false, false
	d := strictjson.NewDecoder(data)
	// An error is found again by the parser of whatever format this returns.
	_ = d.Object(func(name string) error {
		switch {
		case name == "ociVersion" || name == "process" || name == "root" || name == "linux":
			config = true
		case strings.EqualFold(name, "archMap") || strings.EqualFold(name, "defaultErrno"):
			ofDocker = true
		case name == "syscalls" && !d.Null():
			return d.Array(func(int) error { return d.Object(ruleMember(d, &ofDocker)) })
		case name == "syscalls":
			return nil // null, read by the condition above
		}
		_, err := d.Skip()
		return err
	})
	switch {
	case config:
		return Config
	case ofDocker:
		return Docker
	}
	return OCI
}

// ruleMember looks at a rule's members.
func ruleMember(d *strictjson.Decoder, ofDocker *bool) func(string) error {
	return func(name string) error {
		for _, own := range [...]string{"includes", "excludes", "name", "errno"} {
			if strings.EqualFold(name, own) {
				*ofDocker = true
			}
		}
		_, err := d.Skip()
		return err
	}
}

// Parse reads a profile, a linux.seccomp object or one in Docker's format, which is
// resolved for o.Host. A whole config.json is an error here. Errors about the
// content are *[strictjson.FieldError] values whose path begins with linux.seccomp.
func Parse(data []byte, o Options) (*specs.LinuxSeccomp, error) {
	if len(data) > strictjson.MaxSize {
		return nil, strictjson.TooLarge(int64(len(data)))
	}
	switch FormatOf(data) {
	case Config:
		return nil, errors.New("a whole config.json, expected the object that is its linux.seccomp, or a profile in Docker's format")
	case Docker:
		return docker.Resolve(data, o.Host)
	}
	read := seccomp.ParseProfile
	if o.Closed {
		read = closed
	}
	p, err := read(data)
	if err != nil && bytes.Contains(data, []byte("SeccompProfile")) {
		err = fmt.Errorf("%w (if it is an object of the Security Profiles Operator, sealctl convert --to oci makes a profile of it)", err)
	}
	return p, err
}

// closed is [seccomp.ParseProfile] that refuses unknown members.
func closed(data []byte) (*specs.LinuxSeccomp, error) {
	d := strictjson.NewDecoder(data)
	d.Foreign = func(name string) error {
		if name == "comment" { // as in Docker's format
			return nil
		}
		return errors.New("unknown member, expected those of the specification's linux.seccomp")
	}
	p := new(specs.LinuxSeccomp)
	err := seccomp.DecodeProfile(d, p)
	if err == nil {
		err = d.End()
	}
	var field *strictjson.FieldError
	if errors.As(err, &field) && field.Field != "" {
		err = strictjson.Under("linux", strictjson.Under("seccomp", field))
	}
	if err != nil {
		return nil, err
	}
	return p, nil
}
