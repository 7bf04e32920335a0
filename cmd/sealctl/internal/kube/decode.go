package kube

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"sigs.k8s.io/json"
)

// Decode reads the object into v, a pointer to its type, as the API server does: names
// have to be spelt exactly, and a null is a field that is not set. Wrong types and names
// that occur twice are errors. Fields that the type does not have are named in a
// warning, "" if there are none, but are errors where a profile would be ignored: in a
// seccompProfile, with "seccomp" in their names, or if they are one of read, the names
// that the caller looks at, in another case.
func (o *Object) Decode(v any, read ...string) (warning string, err error) {
	unknown, err := unmarshal(o.text, v)
	if err != nil {
		return "", err
	}
	if err := misspelt(unknown, read); err != nil {
		return "", err
	}
	for _, path := range unknown {
		parent, name := lastStep(path)
		_, of := lastStep(parent)
		switch isSeccomp := strings.Contains(strings.ToLower(name), "seccomp"); {
		case of == "seccompProfile":
			return "", fmt.Errorf("%s: unknown field, expected type or localhostProfile", path)
		case isSeccomp && of == "securityContext":
			return "", fmt.Errorf("%s: unknown field, expected seccompProfile", path)
		case isSeccomp:
			return "", fmt.Errorf("%s: unknown field, expected no field with this name here", path)
		}
	}
	if len(unknown) == 0 {
		return "", nil
	}
	named := unknown[:min(len(unknown), maxNamed)]
	warning = "unknown fields are ignored: " + strings.Join(named, ", ")
	if more := len(unknown) - len(named); more > 0 {
		warning += fmt.Sprintf(" and %d more", more)
	}
	return warning, nil
}

// maxNamed is how many unknown fields a warning names.
const maxNamed = 5

// maxReported is how many unknown and repeated fields sigs.k8s.io/json reports at most.
const maxReported = 100

// unmarshal reads JSON strictly. It returns the paths of the fields that v has not;
// all other trouble is an error, which names the field in one line.
func unmarshal(text []byte, v any) (unknown []string, err error) {
	strict, err := json.UnmarshalStrict(text, v)
	if err != nil {
		return nil, fieldError(text, err)
	}
	for _, e := range strict {
		field, ok := e.(json.FieldError)
		if !ok {
			return nil, errors.New(oneLine(e.Error()))
		}
		path := oneLine(field.FieldPath())
		if strings.HasPrefix(e.Error(), "duplicate field ") {
			return nil, fmt.Errorf("%s: duplicate field, expected every name only once", path)
		}
		unknown = append(unknown, path)
	}
	if len(unknown) >= maxReported {
		return nil, fmt.Errorf("%s: unknown field, as are %d others or more, expected fewer", unknown[0], maxReported-1)
	}
	return unknown, nil
}

// misspelt is an error if an unknown field differs only by case from one of names.
func misspelt(unknown, names []string) error {
	for _, path := range unknown {
		_, name := lastStep(path)
		i := slices.IndexFunc(names, func(s string) bool { return strings.EqualFold(s, name) })
		if i >= 0 && names[i] != name {
			return fmt.Errorf("%s: unknown field, did you mean %q", path, names[i])
		}
	}
	return nil
}

// lastStep cuts the last name off a path.
func lastStep(path string) (parent, name string) {
	i := strings.LastIndexByte(path, '.')
	return path[:max(i, 0)], path[i+1:]
}
