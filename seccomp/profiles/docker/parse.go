package docker

import (
	"errors"
	"fmt"
	"strings"

	moby "github.com/moby/profiles/seccomp"
	"github.com/opencontainers/runtime-spec/specs-go"

	"github.com/runseal/runseal/seccomp/strictjson"
)

// parse reads a profile without evaluating its conditions.
func parse(data []byte) (*moby.Seccomp, error) {
	p, err := strictjson.Parse(data, decodeProfile)
	var field *strictjson.FieldError
	if errors.As(err, &field) && field.Field != "" {
		return nil, strictjson.Under("linux", strictjson.Under("seccomp", err))
	}
	return p, err
}

const namesProfile = "defaultAction defaultErrnoRet architectures flags listenerPath listenerMetadata archMap syscalls defaultErrno"

func decodeProfile(d *strictjson.Decoder, p *moby.Seccomp) error {
	d.Foreign = refuseUnknown
	var defaultErrno string
	o := d.Members()
	for o.Next() {
		switch o.Name {
		case "defaultAction":
			if o.Field(0) {
				o.Err = strictjson.Text(d, &p.DefaultAction)
			}
		case "defaultErrnoRet":
			if o.Field(1) {
				o.Err = strictjson.Pointer(d, &p.DefaultErrnoRet, strictjson.Unsigned32)
			}
		case "architectures":
			if o.Field(2) {
				o.Err = strictjson.Scalars(d, &p.Architectures, strictjson.Text)
			}
		case "flags":
			if o.Field(3) {
				o.Err = strictjson.Scalars(d, &p.Flags, strictjson.Text)
			}
		case "listenerPath":
			if o.Field(4) {
				o.Err = strictjson.Text(d, &p.ListenerPath)
			}
		case "listenerMetadata":
			if o.Field(5) {
				o.Err = strictjson.Text(d, &p.ListenerMetadata)
			}
		case "archMap":
			if o.Field(6) {
				o.Err = strictjson.Slice(d, &p.ArchMap, decodeArchitecture)
			}
		case "syscalls":
			if o.Field(7) {
				o.Err = strictjson.Slice(d, &p.Syscalls, decodeRule)
			}
		case "defaultErrno":
			if o.Field(8) {
				o.Err = strictjson.Text(d, &defaultErrno)
			}
		default:
			o.Unknown(namesProfile)
		}
	}
	if err := o.End(0b1, namesProfile); err != nil {
		return err
	}
	if len(p.Architectures) > 0 && len(p.ArchMap) > 0 {
		return strictjson.Under("archMap", errors.New("both 'architectures' and 'archMap' are there, expected one of them"))
	}
	var err error
	if p.DefaultErrnoRet, err = mergeErrno(p.DefaultErrnoRet, defaultErrno); err != nil {
		return strictjson.Under("defaultErrno", err)
	}
	return nil
}

const namesArchitecture = "architecture subArchitectures"

func decodeArchitecture(d *strictjson.Decoder, a *moby.Architecture) error {
	o := d.Members()
	for o.Next() {
		switch o.Name {
		case "architecture":
			if o.Field(0) {
				o.Err = strictjson.Text(d, &a.Arch)
			}
		case "subArchitectures":
			if o.Field(1) {
				o.Err = strictjson.Scalars(d, &a.SubArches, strictjson.Text)
			}
		default:
			o.Unknown(namesArchitecture)
		}
	}
	return o.End(0b1, namesArchitecture)
}

const namesRule = "action names name errnoRet args comment includes excludes errno"

func decodeRule(d *strictjson.Decoder, v **moby.Syscall) error {
	r := new(moby.Syscall)
	*v = r
	var name, errno string
	o := d.Members()
	for o.Next() {
		switch o.Name {
		case "action":
			if o.Field(0) {
				o.Err = strictjson.Text(d, &r.Action)
			}
		case "names":
			if o.Field(1) {
				o.Err = strictjson.Scalars(d, &r.Names, strictjson.Text)
			}
		case "name":
			if o.Field(2) {
				o.Err = strictjson.Text(d, &name)
			}
		case "errnoRet":
			if o.Field(3) {
				o.Err = strictjson.Pointer(d, &r.ErrnoRet, strictjson.Unsigned32)
			}
		case "args":
			if o.Field(4) {
				o.Err = strictjson.Slice(d, &r.Args, decodeArg)
			}
		case "comment":
			if o.Field(5) {
				o.Err = strictjson.Text(d, &r.Comment)
			}
		case "includes":
			if o.Field(6) {
				o.Err = strictjson.Pointer(d, &r.Includes, decodeCondition)
			}
		case "excludes":
			if o.Field(7) {
				o.Err = strictjson.Pointer(d, &r.Excludes, decodeCondition)
			}
		case "errno":
			if o.Field(8) {
				o.Err = strictjson.Text(d, &errno)
			}
		default:
			o.Unknown(namesRule)
		}
	}
	if err := o.End(0b1, namesRule); err != nil {
		return err
	}
	switch {
	case name != "" && len(r.Names) > 0:
		return strictjson.Under("name", errors.New("both 'name' and 'names' are there, expected one of them"))
	case name != "": // the older spelling, of one call
		r.Names = []string{name}
	case r.Names == nil:
		return strictjson.Under("names", errors.New("missing, expected a value because the field is required"))
	}
	var err error
	if r.ErrnoRet, err = mergeErrno(r.ErrnoRet, errno); err != nil {
		return strictjson.Under("errno", err)
	}
	return nil
}

const namesArg = "index value op valueTwo"

func decodeArg(d *strictjson.Decoder, a *specs.LinuxSeccompArg) error {
	o := d.Members()
	for o.Next() {
		switch o.Name {
		case "index":
			if o.Field(0) {
				o.Err = strictjson.Unsigned32(d, &a.Index)
			}
		case "value":
			if o.Field(1) {
				o.Err = strictjson.Unsigned64(d, &a.Value)
			}
		case "op":
			if o.Field(2) {
				o.Err = strictjson.Text(d, &a.Op)
			}
		case "valueTwo":
			if o.Field(3) {
				o.Err = strictjson.Unsigned64(d, &a.ValueTwo)
			}
		default:
			o.Unknown(namesArg)
		}
	}
	return o.End(0b111, namesArg)
}

const namesCondition = "caps arches minKernel"

func decodeCondition(d *strictjson.Decoder, f *moby.Filter) error {
	o := d.Members()
	for o.Next() {
		switch o.Name {
		case "caps":
			if o.Field(0) {
				o.Err = strictjson.Scalars(d, &f.Caps, decodeCap)
			}
		case "arches":
			if o.Field(1) {
				o.Err = strictjson.Scalars(d, &f.Arches, decodeArch)
			}
		case "minKernel":
			if o.Field(2) {
				o.Err = strictjson.Pointer(d, &f.MinKernel, decodeKernel)
			}
		default:
			o.Unknown(namesCondition)
		}
	}
	return o.End(0, namesCondition)
}

// decodeCap refuses what can be no capability: a condition on one would never hold,
// and an exclusion that never holds allows.
func decodeCap(d *strictjson.Decoder, v *string) error {
	if err := strictjson.Text(d, v); err != nil {
		return err
	}
	name, ok := strings.CutPrefix(*v, "CAP_")
	if !ok || name == "" || strings.ToUpper(name) != name {
		return fmt.Errorf("%s: expected a capability such as \"CAP_SYS_ADMIN\"", strictjson.Quote(*v))
	}
	return nil
}

func decodeArch(d *strictjson.Decoder, v *string) error {
	if err := strictjson.Text(d, v); err != nil {
		return err
	}
	if _, ok := archOf(*v); !ok {
		return fmt.Errorf("%s: expected an architecture such as \"amd64\" or \"s390x\"", strictjson.Quote(*v))
	}
	return nil
}

func decodeKernel(d *strictjson.Decoder, v *moby.KernelVersion) error {
	var s string
	if err := strictjson.Text(d, &s); err != nil {
		return err
	}
	k, err := parseMinKernel(s)
	if err == nil {
		*v = *k
	}
	return err
}

// refuseUnknown is asked about members that are none of the format's.
func refuseUnknown(string) error {
	return errors.New("unknown field, expected one of docker's profile format only")
}
