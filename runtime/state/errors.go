package state

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"
)

// Conditions that callers act on, for errors.Is.
var (
	ErrExists   = errors.New("container already exists")
	ErrNotExist = errors.New("container does not exist")
	ErrDamaged  = errors.New("the state of the container is damaged")
	// Docker has one state directory for all runtimes. Nothing in it is damaged then, and
	// nobody but that runtime can remove the container.
	ErrForeign = errors.New("the container is another runtime's")
)

// Scarce says whether an error is about what the process or the machine has too little of,
// descriptors or memory, and so tells nothing of what was to be looked at.
func Scarce(err error) bool {
	return errors.Is(err, unix.EMFILE) || errors.Is(err, unix.ENFILE) || errors.Is(err, unix.ENOMEM)
}

// containerError says which container a condition is about. Engines look for
// parts of the texts ("does not exist").
type containerError struct {
	kind error // one of the above
	id   string
	why  error // of ErrDamaged and ErrForeign
}

func (e *containerError) Error() string {
	switch e.kind {
	case ErrExists:
		return fmt.Sprintf("container %s already exists", quote(e.id))
	case ErrNotExist:
		return fmt.Sprintf("container %s does not exist", quote(e.id))
	case ErrForeign:
		return fmt.Sprintf("container %s is another runtime's, which has to be asked: %v", quote(e.id), e.why)
	}
	return fmt.Sprintf("the state of container %s is damaged: %v", quote(e.id), e.why)
}

func (e *containerError) Is(target error) bool { return target == e.kind }
func (e *containerError) Unwrap() error        { return e.why }
