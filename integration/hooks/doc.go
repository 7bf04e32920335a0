// Package hooks holds the root tests of config.json's hooks: where each of the six runs
// and in which order, what it is told and what it may do, and what is left when one
// fails, hangs, or is there when the runtime is killed.
package hooks
