package selfexe

import "runtime"

// memProfileRate is how the entry reaches the Go runtime's variable.
//
//lint:ignore U1000 used in entry_amd64.s
var memProfileRate = &runtime.MemProfileRate
