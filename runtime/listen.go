package runtime

import (
	"slices"
	"strconv"
	"strings"

	"github.com/opencontainers/runtime-spec/specs-go"
)

// Listen are sockets that a service manager has handed over to the caller for the
// container's program, as sd_listen_fds(3) describes it: descriptors from 3 on.
type Listen struct {
	FDs   int    // $LISTEN_FDS; 0: none
	Names string // $LISTEN_FDNAMES, separated by colons; "": none
}

// check makes sure that the sockets are there, see checkPreserved.
func (l Listen) check() error { return checkPreserved("LISTEN_FDS", 0, l.FDs) }

// tell has the container's program find its sockets. What config.json says of other ones is
// about descriptors that are not there. The program is process 1 of its pid namespace; where
// it shares one, it learns a pid that is not its own, as from other runtimes, and takes the
// sockets only if it does not look.
func (l Listen) tell(pr *specs.Process) {
	if l.FDs == 0 {
		return
	}
	pr.Env = slices.DeleteFunc(slices.Clone(pr.Env), func(v string) bool {
		name, _, _ := strings.Cut(v, "=")
		return name == "LISTEN_FDS" || name == "LISTEN_PID" || name == "LISTEN_FDNAMES"
	})
	pr.Env = append(pr.Env, "LISTEN_FDS="+strconv.Itoa(l.FDs), "LISTEN_PID=1")
	if l.Names != "" {
		pr.Env = append(pr.Env, "LISTEN_FDNAMES="+l.Names)
	}
}
