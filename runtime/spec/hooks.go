package spec

import (
	"slices"

	"github.com/opencontainers/runtime-spec/specs-go"
)

// HookKind is one of the lists of config.json's hooks, in the order in which they are
// run (runtime-spec, runtime.md, "Lifecycle").
type HookKind uint8

const (
	Prestart HookKind = iota
	CreateRuntime
	CreateContainer
	StartContainer
	Poststart
	Poststop
	numHooks
)

// hookNames are the members of hooks that hold the lists.
var hookNames = [numHooks]string{"prestart", "createRuntime", "createContainer", "startContainer", "poststart", "poststop"}

// Field is the path of entry i of the list: hooks.poststop[1].
func (k HookKind) Field(i int) string { return index("hooks."+hookNames[k], i) }

// Of returns the list, empty for a configuration without hooks.
func (k HookKind) Of(h *specs.Hooks) []specs.Hook {
	if h == nil {
		return nil
	}
	switch k {
	case Prestart:
		//lint:ignore SA1019 deprecated, and still asked for by engines
		return h.Prestart
	case CreateRuntime:
		return h.CreateRuntime
	case CreateContainer:
		return h.CreateContainer
	case StartContainer:
		return h.StartContainer
	case Poststart:
		return h.Poststart
	case Poststop:
		return h.Poststop
	}
	return nil
}

// HookNames lists the kinds.
func HookNames() []string { return slices.Clone(hookNames[:]) }

// HasHooks says whether the configuration has a hook of one of these kinds.
func HasHooks(h *specs.Hooks, kinds ...HookKind) bool {
	if h == nil {
		return false
	}
	for _, k := range kinds {
		if len(k.Of(h)) > 0 {
			return true
		}
	}
	return false
}

// validateHooks checks what can be known of a hook without looking for its file, which
// may be in a container that is not there yet.
func validateHooks(h *specs.Hooks) error {
	if h == nil {
		return nil
	}
	for k := range numHooks {
		list := k.Of(h)
		for i := range list {
			if err := validateHook(&list[i]); err != nil {
				return under(k.Field(i), err)
			}
		}
	}
	return nil
}

func validateHook(h *specs.Hook) error {
	if err := absolute("path", h.Path); err != nil {
		return err
	}
	if err := noNULs("args", h.Args); err != nil {
		return err
	}
	if err := validateEnv(h.Env); err != nil {
		return err
	}
	if h.Timeout != nil && *h.Timeout <= 0 {
		return bad("timeout", "%d: expected a number of seconds above 0, or none", *h.Timeout)
	}
	return nil
}
