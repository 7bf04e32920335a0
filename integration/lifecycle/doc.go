// Package lifecycle holds the tests of what a container goes through and of
// what its process sees: create, start, exec, kill, delete, and each part of
// config.json by its effect inside.
package lifecycle
