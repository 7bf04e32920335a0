package policy

import (
	"fmt"

	"github.com/opencontainers/runtime-spec/specs-go"

	"github.com/runseal/runseal/runtime/spec"
	"github.com/runseal/runseal/runtime/spec/jsonw"
	"github.com/runseal/runseal/seccomp"
)

// Record is the seal for [Restore], one line of JSON without what config.json has
// already. It is empty if config.json says it all.
func (s *Seal) Record() []byte {
	if s.Decision == "" && !s.Default && s.Floor == nil && !s.KillThread {
		return nil
	}
	b := append(make([]byte, 0, 4096), '{')
	b = jsonw.AppendString(jsonw.AppendName(b, "decision"), s.Decision)
	if s.KillThread {
		b = jsonw.AppendBool(jsonw.AppendName(b, "killThread"), true)
	}
	if s.Default {
		b = appendProfile(jsonw.AppendName(b, "default"), s.Profile)
	}
	if s.Floor != nil {
		b = appendProfile(jsonw.AppendName(b, "floor"), s.Floor)
	}
	return append(b, '}')
}

// Restore gives the seal that was recorded for a container with this config.json; for
// an empty record that of [Plain].
func Restore(record []byte, config *specs.Spec, strict bool) (*Seal, error) {
	if len(record) == 0 {
		return Plain(config, strict)
	}
	s := &Seal{Profile: ownProfile(config)}
	d := spec.NewDecoder(record)
	err := d.Object(func(name string) (err error) {
		switch name {
		case "decision":
			s.Decision, err = d.String()
		case "killThread":
			s.KillThread, err = d.Bool()
		case "default":
			s.Default, s.Profile = true, new(specs.LinuxSeccomp)
			err = seccomp.DecodeProfile(d, s.Profile)
		case "floor":
			s.Floor = new(specs.LinuxSeccomp)
			err = seccomp.DecodeProfile(d, s.Floor)
		default: // it was written by another version, and may be what made the filter strict
			err = unknown("decision killThread default floor")
		}
		return err
	})
	if err == nil {
		err = d.End()
	}
	if err != nil {
		return nil, fmt.Errorf("the recorded node policy: %w", err)
	}
	if err := s.build(strict); err != nil {
		return nil, err
	}
	return s, nil
}

// appendProfile writes a profile so that [seccomp.DecodeProfile] gives it back. A list
// that is empty is not one that is absent: the flags' default depends on it.
func appendProfile(b []byte, p *specs.LinuxSeccomp) []byte {
	b = append(b, '{')
	b = appendText(b, "defaultAction", p.DefaultAction)
	b = appendErrno(b, "defaultErrnoRet", p.DefaultErrnoRet)
	b = appendTexts(b, "architectures", p.Architectures)
	b = appendTexts(b, "flags", p.Flags)
	if p.ListenerPath != "" {
		b = appendText(b, "listenerPath", p.ListenerPath)
	}
	if p.ListenerMetadata != "" {
		b = appendText(b, "listenerMetadata", p.ListenerMetadata)
	}
	if p.Syscalls != nil {
		b = append(jsonw.AppendName(b, "syscalls"), '[')
		for i := range p.Syscalls {
			b = appendRule(jsonw.AppendComma(b), &p.Syscalls[i])
		}
		b = append(b, ']')
	}
	return append(b, '}')
}

func appendRule(b []byte, r *specs.LinuxSyscall) []byte {
	b = append(b, '{')
	b = appendTexts(b, "names", r.Names)
	b = appendText(b, "action", r.Action)
	b = appendErrno(b, "errnoRet", r.ErrnoRet)
	if r.Args != nil {
		b = append(jsonw.AppendName(b, "args"), '[')
		for _, a := range r.Args {
			b = append(jsonw.AppendComma(b), '{')
			b = jsonw.AppendUint(jsonw.AppendName(b, "index"), uint64(a.Index))
			b = jsonw.AppendUint(jsonw.AppendName(b, "value"), a.Value)
			if a.ValueTwo != 0 {
				b = jsonw.AppendUint(jsonw.AppendName(b, "valueTwo"), a.ValueTwo)
			}
			b = append(appendText(b, "op", a.Op), '}')
		}
		b = append(b, ']')
	}
	return append(b, '}')
}

func appendText[T ~string](b []byte, name string, v T) []byte {
	return jsonw.AppendString(jsonw.AppendName(b, name), string(v))
}

func appendTexts[T ~string](b []byte, name string, list []T) []byte {
	if list == nil {
		return b
	}
	b = append(jsonw.AppendName(b, name), '[')
	for _, v := range list {
		b = jsonw.AppendString(jsonw.AppendComma(b), string(v))
	}
	return append(b, ']')
}

func appendErrno(b []byte, name string, v *uint) []byte {
	if v == nil {
		return b
	}
	return jsonw.AppendUint(jsonw.AppendName(b, name), uint64(*v))
}
