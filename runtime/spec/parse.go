package spec

import (
	"strconv"

	"github.com/opencontainers/runtime-spec/specs-go"
)

// Parse reads a config.json. It checks syntax, types and the presence of those
// fields whose absence the struct cannot show; Validate checks the rest. Errors
// are *FieldError values.
func Parse(data []byte) (*specs.Spec, error) { return parse(data, decodeSpec) }

// ParseProcess reads a process object, as in exec --process FILE.
func ParseProcess(data []byte) (*specs.Process, error) { return parse(data, decodeProcess) }

// ParseSeccomp reads a linux.seccomp object on its own. Paths in errors begin
// inside it: syscalls[3].errnoRet.
func ParseSeccomp(data []byte) (*specs.LinuxSeccomp, error) { return parse(data, decodeLinuxSeccomp) }

// ParseResources reads a linux.resources object on its own, as in update
// --resources FILE.
func ParseResources(data []byte) (*specs.LinuxResources, error) {
	return parse(data, decodeLinuxResources)
}

func parse[T any](data []byte, value func(*Decoder, *T) error) (*T, error) {
	if len(data) > MaxSize {
		return nil, tooLarge(int64(len(data)))
	}
	d := NewDecoder(data)
	v := new(T)
	if err := value(d, v); err != nil {
		return nil, err
	}
	if err := d.End(); err != nil {
		return nil, err
	}
	return v, nil
}

func tooLarge(size int64) error {
	return problem(strconv.FormatInt(size, 10) + " bytes: expected at most " + strconv.Itoa(MaxSize))
}
