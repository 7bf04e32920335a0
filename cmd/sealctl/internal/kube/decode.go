package kube

import (
	"strings"

	"github.com/runseal/runseal/seccomp/strictjson"
)

// The functions here read the structs of types.go from JSON. As in Kubernetes, a null
// is a field that is not set, whatever its type; unlike there a name that differs from
// a known one only by case is an error, as is a name with "seccomp" in it that is not
// known: that profile would be ignored in silence.

// Fields reads an object: member is called for each name of known, and either reads
// the value or says that it is to be skipped. Other names are skipped, but for those
// with "seccomp" in them.
func Fields(d *strictjson.Decoder, member func(name string) (read bool, err error), known string) error {
	return walk(d, member, known, func(name string) error {
		switch {
		case !strings.Contains(strings.ToLower(name), "seccomp"):
			return nil
		case isKnown("seccompProfile", known):
			return problem("unknown field, expected seccompProfile")
		}
		return problem("unknown field, expected no field with this name here")
	})
}

// walk is Fields with a rule of its own for names that are not known.
func walk(d *strictjson.Decoder, member func(name string) (read bool, err error), known string, unknown func(name string) error) error {
	seen := map[string]bool{}
	o := d.Members()
	for o.Next() {
		name := o.Name
		if isKnown(name, known) {
			if seen[name] {
				o.Err = problem("duplicate field, expected every name only once")
				continue
			}
			seen[name] = true
			if ok, err := member(name); ok {
				o.Err = err
				continue
			}
		}
		if o.Err = unknown(name); o.Err != nil {
			continue
		}
		o.Unknown(without(known, name))
	}
	return o.End(0, "")
}

func problem(text string) error { return &strictjson.FieldError{Problem: text} }

func isKnown(name, known string) bool {
	for k := range strings.FieldsSeq(known) {
		if k == name {
			return true
		}
	}
	return false
}

// without returns the names but the one that has been skipped on purpose.
func without(known, name string) string {
	if !isKnown(name, known) {
		return known
	}
	return ""
}

// Optional reads a value, or a null, which leaves *v as it is.
func Optional[T any](d *strictjson.Decoder, v *T, value func(*strictjson.Decoder, *T) error) error {
	if d.Null() {
		return nil
	}
	return value(d, v)
}

// pointer reads a value into new memory, or a null.
func pointer[T any](d *strictjson.Decoder, v **T, value func(*strictjson.Decoder, *T) error) error {
	return strictjson.Pointer(d, v, value)
}

// table reads an object of strings in which a null is the empty string, as it is for
// Kubernetes.
func table(d *strictjson.Decoder, v *map[string]string) error {
	m := map[string]string{}
	*v = m
	return d.Object(func(name string) error {
		var value string
		err := Optional(d, &value, strictjson.Text)
		m[name] = value
		return err
	})
}

func metadata(d *strictjson.Decoder, v *ObjectMeta) error {
	const known = "name generateName namespace annotations"
	return Fields(d, func(name string) (bool, error) {
		switch name {
		case "name":
			return true, Optional(d, &v.Name, strictjson.Text)
		case "generateName":
			return true, Optional(d, &v.GenerateName, strictjson.Text)
		case "namespace":
			return true, Optional(d, &v.Namespace, strictjson.Text)
		case "annotations":
			return true, Optional(d, &v.Annotations, table)
		}
		return false, nil
	}, known)
}

func podSpec(d *strictjson.Decoder, v *PodSpec) error {
	const known = "os nodeSelector securityContext initContainers containers ephemeralContainers"
	return Fields(d, func(name string) (bool, error) {
		switch name {
		case "os":
			return true, pointer(d, &v.OS, podOS)
		case "nodeSelector":
			return true, Optional(d, &v.NodeSelector, table)
		case "securityContext":
			return true, pointer(d, &v.SecurityContext, podSecurityContext)
		case "initContainers":
			return true, Optional(d, &v.InitContainers, containers)
		case "containers":
			return true, Optional(d, &v.Containers, containers)
		case "ephemeralContainers":
			return true, Optional(d, &v.EphemeralContainers, containers)
		}
		return false, nil
	}, known)
}

func podOS(d *strictjson.Decoder, v *PodOS) error {
	return Fields(d, func(string) (bool, error) { return true, Optional(d, &v.Name, strictjson.Text) }, "name")
}

func podSecurityContext(d *strictjson.Decoder, v *PodSecurityContext) error {
	return Fields(d, func(string) (bool, error) { return true, pointer(d, &v.SeccompProfile, seccompProfile) }, "seccompProfile")
}

func containers(d *strictjson.Decoder, v *[]Container) error {
	return d.Array(func(int) error {
		*v = append(*v, Container{})
		return Optional(d, &(*v)[len(*v)-1], container)
	})
}

func container(d *strictjson.Decoder, v *Container) error {
	return Fields(d, func(name string) (bool, error) {
		if name == "name" {
			return true, Optional(d, &v.Name, strictjson.Text)
		}
		return true, pointer(d, &v.SecurityContext, securityContext)
	}, "name securityContext")
}

func securityContext(d *strictjson.Decoder, v *SecurityContext) error {
	return Fields(d, func(name string) (bool, error) {
		if name == "privileged" {
			return true, pointer(d, &v.Privileged, strictjson.Bool)
		}
		return true, pointer(d, &v.SeccompProfile, seccompProfile)
	}, "privileged seccompProfile")
}

// seccompProfile refuses every name that it does not know.
func seccompProfile(d *strictjson.Decoder, v *SeccompProfile) error {
	return d.Object(func(name string) error {
		switch name {
		case "type":
			return Optional(d, &v.Type, strictjson.Text)
		case "localhostProfile":
			return pointer(d, &v.LocalhostProfile, strictjson.Text)
		}
		return problem("unknown field, expected type or localhostProfile")
	})
}
