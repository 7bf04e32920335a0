// Package verbs holds the root tests of what is done to a container that runs:
// pause and resume, update, events, ps. Each runs on cgroup version 1 and 2; what
// differs between them is in the table of knob.go.
package verbs
