package state

import (
	"errors"
	"fmt"
)

// Conditions that callers act on, for errors.Is.
var (
	ErrExists   = errors.New("container already exists")
	ErrNotExist = errors.New("container does not exist")
	ErrDamaged  = errors.New("the state of the container is damaged")
)

// containerError says which container a condition is about. Engines look for
// parts of the texts ("does not exist").
type containerError struct {
	kind error // one of the above
	id   string
	why  error // of ErrDamaged
}

func (e *containerError) Error() string {
	switch e.kind {
	case ErrExists:
		return fmt.Sprintf("container %s already exists", quote(e.id))
	case ErrNotExist:
		return fmt.Sprintf("container %s does not exist", quote(e.id))
	}
	return fmt.Sprintf("the state of container %s is damaged: %v", quote(e.id), e.why)
}

func (e *containerError) Is(target error) bool { return target == e.kind }
func (e *containerError) Unwrap() error        { return e.why }
