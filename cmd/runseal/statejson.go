package main

import (
	"time"

	"github.com/runseal/runseal/runtime"
	"github.com/runseal/runseal/runtime/spec"
	"github.com/runseal/runseal/runtime/spec/jsonw"
)

// appendState appends the state document of a container: the members of the OCI
// runtime specification's state (ociVersion, id, status, pid, bundle,
// annotations), and those that runc adds and containerd and podman read: rootfs,
// created (RFC 3339 with fractions of a second, UTC) and owner. A container
// whose state on disk is damaged has a member "error" that says why.
//
// With lines == true each member has a line of its own, else all are on one.
func appendState(b []byte, c *runtime.Container, lines bool) []byte {
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
	member("status", status(c))
	member("bundle", c.Bundle)
	member("rootfs", c.Rootfs)
	member("created", created(c))
	if len(c.Annotations) > 0 {
		name("annotations")
		b = jsonw.AppendStringMap(b, c.Annotations)
	}
	member("owner", c.Owner)
	if c.Err != nil {
		member("error", c.Err.Error())
	}
	if lines {
		b = append(b, '\n')
	}
	return append(b, '}')
}

// status is the container's status, "damaged" where its state cannot be read.
func status(c *runtime.Container) string {
	if c.Err != nil {
		return "damaged"
	}
	return c.Status
}

func created(c *runtime.Container) string {
	return c.Created.UTC().Format(time.RFC3339Nano)
}
