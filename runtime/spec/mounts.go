package spec

import "github.com/opencontainers/runtime-spec/specs-go"

// validateMounts checks what of mounts[] can be known from the text. Types and
// options have their table where they are turned into system calls.
func validateMounts(list []specs.Mount) error {
	for i := range list {
		if err := validateMount(&list[i]); err != nil {
			return under(index("mounts", i), err)
		}
	}
	return nil
}

func validateMount(m *specs.Mount) error {
	// A relative destination starts at the container's root: deprecated, but the
	// specification has it (config, "Mounts").
	if m.Destination == "" {
		return bad("destination", "empty or missing, expected a path in the container")
	}
	if err := pathLength("destination", m.Destination); err != nil {
		return err
	}
	if err := noNUL("destination", m.Destination); err != nil {
		return err
	}
	if err := noNUL("type", m.Type); err != nil {
		return err
	}
	if err := noNUL("source", m.Source); err != nil {
		return err
	}
	if err := noNULs("options", m.Options); err != nil {
		return err
	}
	return validateMountMappings(m)
}

// validatePropagation checks linux.rootfsPropagation. The r forms are not in the
// specification's text, but in every engine's output.
func validatePropagation(mode string) error {
	switch mode {
	case "", "shared", "rshared", "slave", "rslave", "private", "rprivate", "unbindable", "runbindable":
		return nil
	}
	return bad("linux.rootfsPropagation", "%s: expected one of shared, slave, private, unbindable, or one of them with an r in front", quote(mode))
}
