package scenario

import (
	"os"
	"strings"

	"github.com/runseal/runseal/integration/internal/box"
)

// execs are programs beside the first one.
func execs(r *Run) {
	id := r.Up(r.New("", "/bin/sleep", "600"))
	r.Want("exec", r.Exec(r, id, Process{Argv: Sh("cat /proc/1/comm; grep ^Seccomp: /proc/self/status")}), 0, "sleep\nSeccomp:\t2\n")
	if r.Has("exec: user and directory") {
		r.Want("exec as a user", r.Exec(r, id, Process{Argv: Sh("id -u; id -g; pwd"), User: "1000:1001", Cwd: "/tmp"}), 0, "1000\n1001\n/tmp\n")
	}
	r.OK("detached exec", r.ExecDetached(r, id, Process{Argv: Sh("echo here > /tmp/detached; sleep 600")}))
	if !box.Eventually(func() bool {
		text, _ := os.ReadFile(root(r.Pid(r, id)) + "/tmp/detached")
		return string(text) == "here\n"
	}) {
		r.Error("the detached process has written nothing")
	}
	if !box.Eventually(func() bool { return len(r.Top(r, id)) >= 2 }) {
		r.Errorf("processes: %v, expected two at least", r.Top(r, id))
	}
	for _, pid := range r.Top(r, id) {
		if _, err := os.Stat(proc(pid, "status")); err != nil {
			r.Errorf("a process of the container that the host does not have: %v", err)
		}
	}
	// What an exec'd process finds.
	res := r.Exec(r, id, Process{Argv: Sh("grep -E '^(Uid|Gid|Groups|Cap...|NoNewPrivs|Seccomp):' /proc/self/status; cat /proc/self/oom_score_adj; ulimit -n; umask; env | sort"), Env: []string{"MORE=1"}})
	r.OK("exec", res)
	r.Keep("exec", res.Stdout)
	if !strings.Contains(res.Stdout, "MORE=1\n") {
		r.Errorf("the environment of exec: %q", res.Stdout)
	}
}
