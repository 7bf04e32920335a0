package main

import "github.com/runseal/runseal/runtime"

// appendState appends the state document of a container, see
// runtime.Container.AppendState.
func appendState(b []byte, c *runtime.Container, lines bool) []byte { return c.AppendState(b, lines) }

func status(c *runtime.Container) string { return c.StatusText() }

func created(c *runtime.Container) string { return c.CreatedText() }
