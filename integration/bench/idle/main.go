//go:debug containermaxprocs=0
//go:debug updatemaxprocs=0
//go:debug decoratemappings=0

// Idle does nothing, but is started as runseal is: by its entry (package entry), and with
// its settings of the Go runtime. No command of runseal can take less.
package main

import _ "github.com/runseal/runseal/nsenter/entry"

func main() {}
