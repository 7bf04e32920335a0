// Package cli holds the root tests of the command line itself: what each subcommand
// answers to callers that are wrong (a table with Debian's runc as the oracle), the flags
// by which engines and people are handed something, the log file that engines parse, and
// a configuration of every kind that spec writes.
package cli
