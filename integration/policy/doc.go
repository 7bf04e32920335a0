// Package policy holds the tests of the node policy on the real kernel: what it
// denies is denied to every process of every container, and nothing runs under a
// policy that cannot be read.
package policy
