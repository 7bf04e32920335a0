package spo

import (
	"errors"
	"fmt"

	"github.com/opencontainers/runtime-spec/specs-go"

	"github.com/runseal/runseal/seccomp/strictjson"
)

const namesObject = "apiVersion kind metadata spec status"

func decodeObject(d *strictjson.Decoder, v *Object) error {
	d.Foreign = func(string) error { return errors.New("unknown field, expected those of a SeccompProfile object only") }
	v.Profile = new(specs.LinuxSeccomp)
	o := d.Members()
	for o.Next() {
		switch o.Name {
		case "apiVersion":
			if o.Field(0) {
				o.Err = skip(d) // see checkKind
			}
		case "kind":
			if o.Field(1) {
				o.Err = skip(d)
			}
		case "metadata":
			if o.Field(2) {
				o.Err = decodeMetadata(d, v)
			}
		case "spec":
			if o.Field(3) {
				o.Err = decodeSpec(d, v)
			}
		case "status":
			if o.Field(4) {
				o.Err = skip(d) // what the cluster says, not the author
			}
		default:
			o.Unknown(namesObject)
		}
	}
	return o.End(0b1000, namesObject)
}

// decodeMetadata reads the name. All else is the cluster's.
func decodeMetadata(d *strictjson.Decoder, v *Object) error {
	return d.Object(func(name string) (err error) {
		if name == "name" {
			v.Name, err = d.String()
		} else {
			err = skip(d)
		}
		return err
	})
}

// skip reads a value in which any member may be.
func skip(d *strictjson.Decoder) error {
	refuse := d.Foreign
	d.Foreign = nil
	_, err := d.Skip()
	d.Foreign = refuse
	return err
}

const namesSpec = "defaultAction architectures listenerPath listenerMetadata syscalls flags baseProfileName state"

func decodeSpec(d *strictjson.Decoder, v *Object) error {
	p := v.Profile
	o := d.Members()
	for o.Next() {
		switch o.Name {
		case "defaultAction":
			if o.Field(0) {
				o.Err = strictjson.Text(d, &p.DefaultAction)
			}
		case "architectures":
			if o.Field(1) {
				o.Err = strictjson.Scalars(d, &p.Architectures, strictjson.Text)
			}
		case "listenerPath":
			if o.Field(2) {
				o.Err = strictjson.Text(d, &p.ListenerPath)
			}
		case "listenerMetadata":
			if o.Field(3) {
				o.Err = strictjson.Text(d, &p.ListenerMetadata)
			}
		case "syscalls":
			if o.Field(4) {
				o.Err = strictjson.Slice(d, &p.Syscalls, decodeRule)
			}
		case "flags":
			if o.Field(5) {
				o.Err = strictjson.Scalars(d, &p.Flags, strictjson.Text)
			}
		case "baseProfileName":
			if o.Field(6) {
				o.Err = strictjson.Text(d, &v.BaseProfileName)
			}
		case "state":
			if o.Field(7) {
				o.Err = decodeState(d)
			}
		default:
			o.Unknown(namesSpec)
		}
	}
	if len(p.Flags) == 0 {
		p.Flags = nil // the operator leaves an empty list out of the file
	}
	return o.End(0b1, namesSpec)
}

// decodeState refuses a profile that the operator does not install.
func decodeState(d *strictjson.Decoder) error {
	state, err := d.String()
	if err == nil && state != "Enabled" && state != "" {
		err = fmt.Errorf("%s, expected \"Enabled\": the operator installs no other profile", strictjson.Quote(state))
	}
	return err
}

const namesRule = "names action errnoRet args"

func decodeRule(d *strictjson.Decoder, r *specs.LinuxSyscall) error {
	o := d.Members()
	for o.Next() {
		switch o.Name {
		case "names":
			if o.Field(0) {
				o.Err = strictjson.Scalars(d, &r.Names, strictjson.Text)
			}
		case "action":
			if o.Field(1) {
				o.Err = strictjson.Text(d, &r.Action)
			}
		case "errnoRet":
			if o.Field(2) {
				o.Err = strictjson.Pointer(d, &r.ErrnoRet, strictjson.Unsigned32)
			}
		case "args":
			if o.Field(3) {
				o.Err = strictjson.Slice(d, &r.Args, decodeArg)
			}
		default:
			o.Unknown(namesRule)
		}
	}
	if r.ErrnoRet != nil && *r.ErrnoRet == 0 {
		r.ErrnoRet = nil // the same to the operator
	}
	return o.End(0b11, namesRule)
}

const namesArg = "index op value valueTwo"

func decodeArg(d *strictjson.Decoder, a *specs.LinuxSeccompArg) error {
	o := d.Members()
	for o.Next() {
		switch o.Name {
		case "index":
			if o.Field(0) {
				o.Err = strictjson.Unsigned32(d, &a.Index)
			}
		case "op":
			if o.Field(1) {
				o.Err = strictjson.Text(d, &a.Op)
			}
		case "value": // 0 if it is absent
			if o.Field(2) {
				o.Err = strictjson.Unsigned64(d, &a.Value)
			}
		case "valueTwo":
			if o.Field(3) {
				o.Err = strictjson.Unsigned64(d, &a.ValueTwo)
			}
		default:
			o.Unknown(namesArg)
		}
	}
	return o.End(0b11, namesArg)
}
