package runtime

import (
	"errors"
	"time"

	"github.com/runseal/runseal/runtime/spec"
	"github.com/runseal/runseal/runtime/spec/jsonw"
	"github.com/runseal/runseal/runtime/state"
)

// AppendState appends the state document of a container as the commands print it:
// the members of the OCI runtime specification's state (ociVersion, id, status, pid,
// bundle, annotations), and those that runc adds and containerd and podman read:
// rootfs, created (RFC 3339 with fractions of a second, UTC) and owner. A container
// whose state on disk is damaged has a member "error" that says why.
//
// With lines == true each member has a line of its own, else all are on one.
func (c *Container) AppendState(b []byte, lines bool) []byte { return c.appendState(b, lines, true) }

// appendState leaves out what the specification does not know if all is false.
func (c *Container) appendState(b []byte, lines, all bool) []byte {
	b = append(b, '{')
	name := func(n string) {
		b = jsonw.AppendComma(b)
		if lines {
			b = append(b, "\n  "...)
		}
		b = append(jsonw.AppendString(b, n), ':')
		if lines {
			b = append(b, ' ')
		}
	}
	member := func(n, value string) {
		name(n)
		b = jsonw.AppendString(b, value)
	}
	member("ociVersion", spec.SpecVersion)
	member("id", c.ID)
	name("pid")
	b = jsonw.AppendInt(b, c.Pid)
	member("status", c.StatusText())
	member("bundle", c.Bundle)
	if all {
		member("rootfs", c.Rootfs)
		member("created", c.CreatedText())
	}
	if len(c.Annotations) > 0 {
		name("annotations")
		b = jsonw.AppendStringMap(b, c.Annotations)
	}
	if all {
		member("owner", c.Owner)
		if c.Err != nil {
			member("error", c.Err.Error())
		}
	}
	if lines {
		b = append(b, '\n')
	}
	return append(b, '}')
}

// StatusText is the container's status, "damaged" where its state cannot be read and
// "foreign" where it is another runtime's.
func (c *Container) StatusText() string {
	switch {
	case errors.Is(c.Err, state.ErrForeign):
		return "foreign"
	case c.Err != nil:
		return "damaged"
	}
	return c.Status
}

// CreatedText is the time of creation as the state document has it.
func (c *Container) CreatedText() string { return c.Created.UTC().Format(time.RFC3339Nano) }
