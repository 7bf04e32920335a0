// Package spo reads and writes seccomp profiles as objects of the Security Profiles
// Operator for Kubernetes:
//
//	apiVersion: security-profiles-operator.x-k8s.io/v1beta1
//	kind: SeccompProfile
//	metadata:
//	  name: web
//	spec:
//	  defaultAction: SCMP_ACT_ERRNO
//	  architectures: [SCMP_ARCH_X86_64]
//	  syscalls:
//	  - action: SCMP_ACT_ALLOW
//	    names: [read, write, execve]
//
// The spec is nearly linux.seccomp of the OCI specification, and the operator writes it
// into a file for the kubelet as it is. The names of the members, their types and limits
// are those of the operator's Go types and custom resource definition
// (api/seccompprofile/v1beta1 and v1 in its repository).
//
// # What is different
//
// There is no defaultErrnoRet. An errnoRet of 0 and an empty list of flags are the same
// as none, since the operator leaves such members out of its file. Operands are at most
// 2^63-1, a rule has at most six conditions, and the architectures are fewer.
// SCMP_ARCH_NATIVE stands for that of the node.
//
// baseProfileName is the name of another object, whose rules the operator adds to those
// of this one. Only the cluster knows that object; [Union] adds the rules of a profile
// that is given instead.
//
// # Reading and writing
//
// [Parse] takes YAML and JSON, and is strict: a member of the spec that is not the
// operator's is an error, and so is what cannot be meant, such as a disabled profile.
// [Marshal] refuses what the object cannot say, and names the member of linux.seccomp.
package spo

import (
	"errors"
	"fmt"
	"strings"

	"github.com/opencontainers/runtime-spec/specs-go"

	"github.com/runseal/runseal/seccomp/strictjson"
)

const (
	group = "security-profiles-operator.x-k8s.io/"
	// Version is the apiVersion of the objects that are written.
	Version = group + "v1beta1"
	kind    = "SeccompProfile"
)

// archNative is the operator's word for the architecture of the node.
const archNative specs.Arch = "SCMP_ARCH_NATIVE"

// Object is a SeccompProfile object, as far as it is about a profile.
type Object struct {
	// Name is metadata.name.
	Name string
	// BaseProfileName is the name of the object whose rules are to be added; empty if
	// there is none.
	BaseProfileName string
	// Profile is the spec without those rules.
	Profile *specs.LinuxSeccomp
}

// Is says whether a text is meant as a Kubernetes object, of whatever kind: whether it
// has the member apiVersion or kind, as JSON or in YAML's block style.
func Is(text []byte) bool {
	if isJSON(text) {
		found := false
		d := strictjson.NewDecoder(text)
		// An error is found again by whoever parses the text.
		_ = d.Object(func(name string) error {
			found = found || name == "apiVersion" || name == "kind"
			_, err := d.Skip()
			return err
		})
		return found
	}
	for line := range strings.Lines(string(text)) {
		line = strings.TrimLeft(strings.TrimPrefix(line, "\ufeff"), `"'`)
		if strings.HasPrefix(line, "apiVersion") || strings.HasPrefix(line, "kind") {
			return strings.Contains(line, ":")
		}
	}
	return false
}

// isJSON says whether the text begins like a JSON value that is no string.
func isJSON(text []byte) bool {
	s := strings.TrimLeft(string(text[:min(len(text), 1<<10)]), " \t\r\n")
	return s != "" && (s[0] == '{' || s[0] == '[')
}

// Parse reads an object. native is what SCMP_ARCH_NATIVE stands for. Errors about the
// content begin with the path of the member: spec.syscalls[3].errnoRet.
func Parse(text []byte, native specs.Arch) (*Object, error) {
	if len(text) > strictjson.MaxSize {
		return nil, strictjson.TooLarge(int64(len(text)))
	}
	if !isJSON(text) {
		var err error
		if text, err = fromYAML(text); err != nil {
			return nil, err
		}
	}
	if err := checkKind(text); err != nil {
		return nil, err
	}
	o, err := strictjson.Parse(text, decodeObject)
	if err != nil {
		return nil, err
	}
	for i, a := range o.Profile.Architectures {
		if a == archNative {
			o.Profile.Architectures[i] = native
		}
	}
	return o, nil
}

// checkKind comes before all else: the members of another kind would be unknown ones.
func checkKind(text []byte) error {
	var version, found string
	d := strictjson.NewDecoder(text)
	err := d.Object(func(name string) (err error) {
		switch name {
		case "apiVersion":
			version, err = d.String()
		case "kind":
			found, err = d.String()
		default:
			_, err = d.Skip()
		}
		return err
	})
	switch {
	case err != nil:
		return err
	case found != kind:
		return strictjson.Under("kind", fmt.Errorf("%s, expected %q of the Security Profiles Operator", strictjson.Quote(found), kind))
	case version != Version && version != group+"v1":
		return strictjson.Under("apiVersion", fmt.Errorf("%s, expected %q or %q", strictjson.Quote(version), Version, group+"v1"))
	}
	return nil
}

// checkName says what of a name cannot be metadata.name: a DNS subdomain (RFC 1123).
func checkName(name string) error {
	if name == "" {
		return errors.New("metadata.name: missing, expected a name")
	}
	const letters = "abcdefghijklmnopqrstuvwxyz0123456789"
	ok := len(name) <= 253
	for label := range strings.SplitSeq(name, ".") {
		ok = ok && label != "" && strings.Trim(label, letters+"-") == "" && label[0] != '-' && label[len(label)-1] != '-'
	}
	if !ok {
		return fmt.Errorf("metadata.name: %q, expected lower case letters, digits, - and ., at most 253, each label with a letter or digit at both ends", name)
	}
	return nil
}
