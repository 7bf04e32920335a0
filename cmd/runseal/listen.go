package main

import (
	"fmt"
	"os"
	"strconv"

	"github.com/runseal/runseal/runtime"
)

// listen is what systemd has handed over to a service that calls runseal, by the protocol
// of sd_listen_fds(3): LISTEN_PID says whether it is meant for this very process. Engines
// translate it into --preserve-fds before they call a runtime.
func listen() (l runtime.Listen, err error) {
	n := os.Getenv("LISTEN_FDS")
	if n == "" || os.Getenv("LISTEN_PID") != strconv.Itoa(os.Getpid()) {
		return l, nil
	}
	// No process has more descriptors than the largest value of fs.nr_open.
	fds, err := strconv.ParseUint(n, 10, 31)
	if err != nil {
		return l, fmt.Errorf("environment variable LISTEN_FDS: %q: expected a number of descriptors from 3 on", n)
	}
	return runtime.Listen{FDs: int(fds), Names: os.Getenv("LISTEN_FDNAMES")}, nil
}
