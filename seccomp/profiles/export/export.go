// Package export writes seccomp profiles as text: the counterpart of what
// seccomp.ParseProfile and docker.Resolve read.
//
//	text, err := export.OCI(profile)            // a linux.seccomp object
//	text, err := export.Docker(profile, native) // Docker's format
//
// The text is JSON with an indent of two spaces and ends with a line feed. It depends
// on nothing but the profile, whose order it keeps, so that it can be under version
// control. Whatever the format cannot say is an error that names the member; nothing is
// left out.
//
// specs.LinuxSeccomp cannot simply be marshalled. Its flags have the tag omitempty, and
// an empty list (no flags) would become an absent one, which stands for
// SECCOMP_FILTER_FLAG_SPEC_ALLOW.
//
// The objects of the Security Profiles Operator are in package spo.
package export

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/opencontainers/runtime-spec/specs-go"

	"github.com/runseal/runseal/seccomp/arch"
)

// profile has the members of both formats.
type profile struct {
	DefaultAction    specs.LinuxSeccompAction  `json:"defaultAction"`
	DefaultErrnoRet  *uint                     `json:"defaultErrnoRet,omitempty"`
	Architectures    []specs.Arch              `json:"architectures,omitempty"`
	ArchMap          []architecture            `json:"archMap,omitempty"` // Docker's only
	Flags            *[]specs.LinuxSeccompFlag `json:"flags,omitempty"`
	ListenerPath     string                    `json:"listenerPath,omitempty"`
	ListenerMetadata string                    `json:"listenerMetadata,omitempty"`
	Syscalls         []rule                    `json:"syscalls,omitempty"`
}

type architecture struct {
	Architecture     specs.Arch   `json:"architecture"`
	SubArchitectures []specs.Arch `json:"subArchitectures"`
}

type rule struct {
	Names    []string                 `json:"names"`
	Action   specs.LinuxSeccompAction `json:"action"`
	ErrnoRet *uint                    `json:"errnoRet,omitempty"`
	Args     []arg                    `json:"args,omitempty"`
}

type arg struct {
	Index    uint                       `json:"index"`
	Value    uint64                     `json:"value"`
	ValueTwo *uint64                    `json:"valueTwo,omitempty"` // of SCMP_CMP_MASKED_EQ
	Op       specs.LinuxSeccompOperator `json:"op"`
}

// OCI returns the profile as a linux.seccomp object of the OCI runtime specification.
// Members that have no effect, such as the valueTwo of an operator that does not use
// it, are left out.
func OCI(p *specs.LinuxSeccomp) ([]byte, error) {
	out := common(p)
	out.Architectures = p.Architectures
	if p.Flags != nil {
		out.Flags = &p.Flags
	}
	return text(out)
}

// Docker returns the profile in Docker's format, without conditions (includes,
// excludes). The architectures become an archMap: an entry for native, which is a name
// of package arch, and one for each other listed architecture that can be a kernel's,
// so that Docker resolves it to the same list on all of these.
//
// An empty list of flags is an error: Docker would leave it out of the config.json that
// it writes, and so turn it into SECCOMP_FILTER_FLAG_SPEC_ALLOW.
func Docker(p *specs.LinuxSeccomp, native specs.Arch) ([]byte, error) {
	if p.Flags != nil && len(p.Flags) == 0 {
		return nil, errors.New("linux.seccomp.flags: an empty list is lost in Docker's format, expected flags or no member at all")
	}
	if len(p.Architectures) > 0 && arch.Lookup(string(native)) == nil {
		return nil, fmt.Errorf("linux.seccomp.architectures: %q as the native architecture of archMap, expected one such as SCMP_ARCH_X86_64", native)
	}
	out := common(p)
	if len(p.Flags) > 0 {
		out.Flags = &p.Flags
	}
	if len(p.Architectures) == 0 {
		return text(out)
	}
	for _, a := range append([]specs.Arch{native}, p.Architectures...) {
		if guest(a) || slices.ContainsFunc(out.ArchMap, func(m architecture) bool { return m.Architecture == a }) {
			continue
		}
		m := architecture{Architecture: a, SubArchitectures: []specs.Arch{}}
		for _, sub := range p.Architectures {
			if sub != a && !slices.Contains(m.SubArchitectures, sub) {
				m.SubArchitectures = append(m.SubArchitectures, sub)
			}
		}
		out.ArchMap = append(out.ArchMap, m)
	}
	return text(out)
}

// guest says whether programs of the architecture run on the kernels of another one
// only.
func guest(a specs.Arch) bool {
	return a == specs.ArchX32 || a == specs.ArchMIPS64N32 || a == specs.ArchMIPSEL64N32
}

func common(p *specs.LinuxSeccomp) *profile {
	out := &profile{
		DefaultAction: p.DefaultAction, DefaultErrnoRet: p.DefaultErrnoRet,
		ListenerPath: p.ListenerPath, ListenerMetadata: p.ListenerMetadata,
	}
	for _, s := range p.Syscalls {
		r := rule{Names: s.Names, Action: s.Action, ErrnoRet: s.ErrnoRet}
		for _, a := range s.Args {
			c := arg{Index: a.Index, Value: a.Value, Op: a.Op}
			if a.Op == specs.OpMaskedEqual {
				c.ValueTwo = &a.ValueTwo
			}
			r.Args = append(r.Args, c)
		}
		out.Syscalls = append(out.Syscalls, r)
	}
	return out
}

func text(p *profile) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(p); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}
