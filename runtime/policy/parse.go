package policy

import (
	"errors"
	"fmt"

	"github.com/opencontainers/runtime-spec/specs-go"

	"github.com/runseal/runseal/runtime/spec"
	"github.com/runseal/runseal/seccomp/profiles"
	"github.com/runseal/runseal/seccomp/strictjson"
)

const (
	members         = "default floor require allowed exempt unlistedArchitecture profileRoot"
	selectorMembers = "namespace pod container annotations"
)

// parse reads the file's content. A member that is not known is an error: it was
// written to be enforced.
func parse(data []byte) (*Policy, error) {
	p := &Policy{ProfileRoot: profiles.DefaultRoot}
	d := spec.NewDecoder(data)
	err := d.Object(func(name string) (err error) {
		switch name {
		case "default":
			p.Default, err = profileName(d)
		case "floor":
			p.Floor, err = profileName(d)
		case "require":
			p.Require, err = profileName(d)
		case "allowed":
			p.Allowed = []string{}
			err = d.Array(func(int) error {
				name, err := d.String()
				if err == nil && name != wildcard {
					err = checkName(name)
				}
				p.Allowed = append(p.Allowed, name)
				return err
			})
			if err == nil && len(p.Allowed) == 0 {
				err = errors.New("an empty list, which no container could satisfy; expected names of profiles, or no allowed")
			}
		case "exempt":
			err = d.Array(func(int) error {
				p.Exempt = append(p.Exempt, Selector{})
				return p.Exempt[len(p.Exempt)-1].decode(d)
			})
		case "unlistedArchitecture":
			var action string
			if action, err = d.String(); err == nil {
				p.KillThread, err = killThread(action)
			}
		case "profileRoot":
			p.ProfileRoot, err = d.String()
		default:
			err = unknown(members)
		}
		return err
	})
	if err == nil {
		err = d.End()
	}
	return p, err
}

func profileName(d *strictjson.Decoder) (string, error) {
	name, err := d.String()
	if err == nil {
		err = checkName(name)
	}
	return name, err
}

// checkName refuses what package profiles would take for another word for
// unconfined: here that has to be said.
func checkName(name string) error {
	if name == "" || !profiles.IsName(name) {
		return fmt.Errorf("%s: expected the name of a profile, such as runtime/default, localhost/NAME or unconfined", strictjson.Quote(name))
	}
	return nil
}

func killThread(action string) (bool, error) {
	switch specs.LinuxSeccompAction(action) {
	case specs.ActKillThread:
		return true, nil
	case specs.ActKillProcess:
		return false, nil
	}
	return false, fmt.Errorf("%s: expected %s or %s", strictjson.Quote(action), specs.ActKillProcess, specs.ActKillThread)
}

func unknown(known string) error { return fmt.Errorf("unknown member, expected one of: %s", known) }

func (s *Selector) decode(d *strictjson.Decoder) error {
	return d.Object(func(name string) (err error) {
		switch name {
		case "namespace":
			s.Namespace, err = pattern(d)
		case "pod":
			s.Pod, err = pattern(d)
		case "container":
			s.Container, err = pattern(d)
		case "annotations":
			s.Annotations, err = d.StringMap()
		default:
			err = unknown(selectorMembers)
		}
		return err
	})
}

// pattern reads a pattern that is not empty, which would match what is not there.
func pattern(d *strictjson.Decoder) (string, error) {
	s, err := d.String()
	if err == nil && s == "" {
		err = errors.New("an empty string, expected a name or a pattern")
	}
	return s, err
}
