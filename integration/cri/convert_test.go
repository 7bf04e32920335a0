package cri

import (
	"fmt"
	"os"
	"strings"

	"golang.org/x/sys/unix"
	cri "k8s.io/cri-api/pkg/apis/runtime/v1"

	"github.com/runseal/runseal/integration/engines/scenario"
)

// variable is NAME=VALUE.
func variable(v string) *cri.KeyValue {
	name, value, _ := strings.Cut(v, "=")
	return &cri.KeyValue{Key: name, Value: []byte(value)}
}

// ids are those of UID:GID.
func ids(user string) (uid, gid *cri.Int64Value) {
	uid, gid = &cri.Int64Value{}, &cri.Int64Value{}
	fmt.Sscanf(user, "%d:%d", &uid.Value, &gid.Value)
	return uid, gid
}

// envArgv is a command line that sets variables, which ExecSync and Exec do not.
func envArgv(p scenario.Process) []string {
	if len(p.Env) == 0 {
		return p.Argv
	}
	return append(append([]string{"/bin/env"}, p.Env...), p.Argv...)
}

// catches tells whether a process has a handler for a signal.
func catches(pid int, signal unix.Signal) bool {
	data, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	_, rest, _ := strings.Cut(string(data), "\nSigCgt:\t")
	var mask uint64
	fmt.Sscanf(rest, "%x", &mask)
	return mask&(1<<(signal-1)) != 0
}
