// Declares nothing: its presence lets the package have functions without a
// body, which go:linkname binds to the Go runtime.
