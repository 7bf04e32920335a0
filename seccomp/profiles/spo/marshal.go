package spo

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/opencontainers/runtime-spec/specs-go"
	"sigs.k8s.io/yaml"
)

type object struct {
	APIVersion string   `json:"apiVersion"`
	Kind       string   `json:"kind"`
	Metadata   metadata `json:"metadata"`
	Spec       spec     `json:"spec"`
}

type metadata struct {
	Name string `json:"name"`
}

type spec struct {
	DefaultAction    specs.LinuxSeccompAction `json:"defaultAction"`
	Architectures    []specs.Arch             `json:"architectures,omitempty"`
	ListenerPath     string                   `json:"listenerPath,omitempty"`
	ListenerMetadata string                   `json:"listenerMetadata,omitempty"`
	Flags            []specs.LinuxSeccompFlag `json:"flags,omitempty"`
	Syscalls         []rule                   `json:"syscalls,omitempty"`
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

// YAML returns a profile as an object with this name, in YAML. What the object cannot
// say is an error that names the member of linux.seccomp.
func YAML(name string, p *specs.LinuxSeccomp) ([]byte, error) {
	o, err := objectOf(name, p)
	if err != nil {
		return nil, err
	}
	return yaml.Marshal(o)
}

// JSON is YAML as JSON, with an indent of two spaces.
func JSON(name string, p *specs.LinuxSeccomp) ([]byte, error) {
	o, err := objectOf(name, p)
	if err != nil {
		return nil, err
	}
	text, err := json.MarshalIndent(o, "", "  ")
	return append(text, '\n'), err
}

// archs are the architectures that the custom resource definition knows.
func archs() []specs.Arch {
	return []specs.Arch{specs.ArchX86, specs.ArchX86_64, specs.ArchX32, specs.ArchARM, specs.ArchAARCH64, specs.ArchMIPS, specs.ArchMIPS64,
		specs.ArchMIPS64N32, specs.ArchMIPSEL, specs.ArchMIPSEL64, specs.ArchMIPSEL64N32, specs.ArchPPC, specs.ArchPPC64,
		specs.ArchPPC64LE, specs.ArchS390, specs.ArchS390X, specs.ArchPARISC, specs.ArchPARISC64, specs.ArchRISCV64}
}

func objectOf(name string, p *specs.LinuxSeccomp) (*object, error) {
	if err := checkName(name); err != nil {
		return nil, err
	}
	const path = "linux.seccomp."
	if p.DefaultErrnoRet != nil && *p.DefaultErrnoRet != 1 {
		return nil, fmt.Errorf(path+"defaultErrnoRet: %d, but a SeccompProfile object has no such member, expected 1 or none", *p.DefaultErrnoRet)
	}
	if p.Flags != nil && len(p.Flags) == 0 {
		return nil, fmt.Errorf(path + "flags: an empty list is lost in a SeccompProfile object, expected flags or no member at all")
	}
	for i, a := range p.Architectures {
		if !slices.Contains(archs(), a) {
			return nil, fmt.Errorf(path+"architectures[%d]: %q is not known to SeccompProfile objects, expected one of %s", i, a, join(archs()))
		}
	}
	o := &object{APIVersion: Version, Kind: kind, Metadata: metadata{name}, Spec: spec{
		DefaultAction: p.DefaultAction, Architectures: unique(p.Architectures), Flags: unique(p.Flags),
		ListenerPath: p.ListenerPath, ListenerMetadata: p.ListenerMetadata,
	}}
	for i := range p.Syscalls {
		r, err := ruleOf(fmt.Sprintf(path+"syscalls[%d]", i), &p.Syscalls[i])
		if err != nil {
			return nil, err
		}
		o.Spec.Syscalls = append(o.Spec.Syscalls, *r)
	}
	return o, nil
}

func ruleOf(path string, s *specs.LinuxSyscall) (*rule, error) {
	const maxArgs, maxErrno = 6, 4095
	if s.ErrnoRet != nil && (*s.ErrnoRet == 0 || *s.ErrnoRet > maxErrno) {
		return nil, fmt.Errorf("%s.errnoRet: %d cannot be said in a SeccompProfile object, expected 1 to %d", path, *s.ErrnoRet, maxErrno)
	}
	if len(s.Args) > maxArgs {
		return nil, fmt.Errorf("%s.args: %d conditions, expected at most %d in a SeccompProfile object", path, len(s.Args), maxArgs)
	}
	r := &rule{Names: unique(s.Names), Action: s.Action, ErrnoRet: s.ErrnoRet}
	for i, a := range s.Args {
		c := arg{Index: a.Index, Value: a.Value, Op: a.Op}
		if a.Op == specs.OpMaskedEqual {
			c.ValueTwo = &a.ValueTwo
		}
		if a.Value > math.MaxInt64 {
			return nil, fmt.Errorf("%s.args[%d].value: %d is too large for a SeccompProfile object, expected at most %d", path, i, a.Value, int64(math.MaxInt64))
		}
		if c.ValueTwo != nil && *c.ValueTwo > math.MaxInt64 {
			return nil, fmt.Errorf("%s.args[%d].valueTwo: %d is too large for a SeccompProfile object, expected at most %d", path, i, a.ValueTwo, int64(math.MaxInt64))
		}
		r.Args = append(r.Args, c)
	}
	return r, nil
}

// unique returns a list without repetitions, which mean nothing in a profile and are
// errors in an object.
func unique[T comparable](list []T) (out []T) {
	for _, v := range list {
		if !slices.Contains(out, v) {
			out = append(out, v)
		}
	}
	return out
}

func join[T ~string](list []T) string {
	var out []string
	for _, v := range list {
		out = append(out, string(v))
	}
	return strings.Join(out, ", ")
}
