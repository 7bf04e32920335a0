package policy

import (
	"os/exec"
)

// wrap makes a command run in a mount namespace of its own, after script, which finds
// the path of the policy in $POLICY.
func wrap(script, policy string) func(*exec.Cmd) {
	return func(cmd *exec.Cmd) {
		cmd.Env = append(cmd.Env, "POLICY="+policy)
		args := append([]string{"unshare", "--mount", "/bin/sh", "-c", script + ` && exec "$0" "$@"`, cmd.Path}, cmd.Args[1:]...)
		if cmd.Path, cmd.Err = exec.LookPath("unshare"); cmd.Err == nil {
			cmd.Args = args
		}
	}
}
