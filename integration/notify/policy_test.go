//go:build linux && amd64

package notify

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/integration/internal/tinyelf"
	"github.com/runseal/runseal/seccomp/notify"
)

// The agent of a node policy's profile gets the listener of a container whose own
// config.json knows nothing of it, in every way in which a process gets the filter.
func TestNodePolicy(t *testing.T) {
	for _, member := range []string{"floor", "default"} {
		for _, way := range ways {
			t.Run(member+"/"+way.name, func(t *testing.T) {
				a := listen(t)
				b := container(t, a.path, func(p *tinyelf.Prog) {
					p.Syscall(unix.SYS_GETPPID)
					p.Save()
					p.WriteResults()
					p.Exit(0)
				})
				b.Spec.Linux.Seccomp = nil
				dir := t.TempDir()
				text := fmt.Sprintf(`{"defaultAction": "SCMP_ACT_ALLOW", "listenerPath": %q, "syscalls": [{"names": ["getppid"], "action": "SCMP_ACT_NOTIFY"}]}`, a.path)
				policy := fmt.Sprintf(`{%q: "localhost/notify.json", "profileRoot": %q}`, member, dir)
				for name, text := range map[string]string{"notify.json": text, "policy.json": policy} {
					if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
						t.Fatal(err)
					}
				}
				b.Global("--policy", filepath.Join(dir, "policy.json"))
				done := a.serve(way.processes, func(p *process, n *notify.Notification) error { return p.Respond(n.ID, 4242) })
				r := way.run(t, b)
				done()
				if got := tinyelf.Results(r.Stdout); r.Status != 0 || len(got) != 1 || got[0] != 4242 {
					t.Errorf("exit status %d, stderr %q, the container saw %v, expected the agent's 4242", r.Status, r.Stderr, got)
				}
			})
		}
	}
}
