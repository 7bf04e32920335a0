package podman

import (
	"testing"

	"github.com/runseal/runseal/integration/engines/scenario"
	"github.com/runseal/runseal/integration/internal/room"
)

// own are podman's own matters, which no other engine has or has in this way. Each runs
// with runc and with runseal, as those of the table do.
var own = []scenario.Scenario{
	{Name: "socket activation", Run: socketActivation},
	{Name: "sd-notify", Run: sdNotify},
	{Name: "preserved descriptors", Run: preservedDescriptors},
	{Name: "no environment", Run: noEnvironment},
	{Name: "log file", Run: logFile},
	{Name: "without a log file", Run: withoutLogFile},
	{Name: "seccomp errors", Run: seccompErrors},
	{Name: "pid namespace of another", Run: pidOfAnother},
	{Name: "pod", Run: pod},
	{Name: "user namespace of another", Run: userNamespaceOfAnother},
	{Name: "logs and stats", Run: logsAndStats},
	{Name: "health check", Run: healthCheck},
	{Name: "init", Run: initProgram},
	{Name: "systemd", Run: systemd},
	{Name: "flags", Run: flags},
	{Name: "processes without a limit", Run: withoutPidsLimit},
}

func TestOwn(t *testing.T) {
	e := start(t)
	for _, s := range own {
		t.Run(s.Name, func(t *testing.T) {
			t.Parallel()
			s.Test(t, e)
		})
	}
}

// of is the engine of a scenario.
func of(r *scenario.Run) *engine { return r.Engine.(*engine) }

// foreground is a container in the foreground with further flags of podman's.
func foreground(r *scenario.Run, c scenario.Container, more ...string) room.Result {
	r.Helper()
	return of(r).do(r, of(r).run(c, append(more, "--rm")...)...)
}

// background is one in the background, which has to start.
func background(r *scenario.Run, c scenario.Container, more ...string) string {
	r.Helper()
	of(r).ok(r, of(r).run(c, append(more, "--detach")...)...)
	return c.ID
}
