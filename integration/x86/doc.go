// Package x86 holds the tests of the filter's decisions on a running x86-64
// kernel, as the process inside the container sees them: what each action does,
// and which rules decide for calls of the i386 and the x32 ABI.
package x86
