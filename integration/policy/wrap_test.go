package policy

import (
	"os/exec"
)

// wrap makes a command run in a mount namespace of its own, after script, which finds
// the path of the policy in $POLICY.
func wrap(script, policy string) func(*exec.Cmd) {
	return func(cmd *exec.Cmd) {
		args := append([]string{"unshare", "--mount", "/bin/sh", "-c", script + ` && exec "$0" "$@"`, cmd.Path}, cmd.Args[1:]...)
		cmd.Env = append(cmd.Env, "POLICY="+policy)
		cmd.Path, cmd.Args = "/usr/bin/unshare", args
	}
}
