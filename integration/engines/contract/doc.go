// Package contract holds the runtime to what engines take for granted beyond the
// specification, with the command lines, environments and leftovers of each: containerd's
// shim, conmon below podman and CRI-O, and CRI-O itself. The engines' own tests show that
// they work; these say which promise it is that they need, by name, and work where no
// engine is installed.
package contract
