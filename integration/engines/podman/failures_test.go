package podman

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/runseal/runseal/integration/engines/scenario"
	"github.com/runseal/runseal/integration/internal/room"
)

// failing are containers whose program cannot be run, with podman's exit status.
var failing = []struct {
	argv   string
	status int
	words  []string
}{
	{"no-such-program", 127, []string{"executable file not found in $PATH", "OCI runtime attempted to invoke a command that was not found"}},
	{"/etc/no-such-program", 127, []string{"no such file or directory", "OCI runtime attempted to invoke a command that was not found"}},
	{"/etc/passwd", 126, []string{"permission denied", "OCI permission denied"}},
}

// logFile is what podman reads of a failure: the whole of the file is one JSON object, so
// it has to have exactly one.
func logFile(r *scenario.Run) {
	for _, f := range failing {
		c := r.New(strings.ReplaceAll(f.argv, "/", "-"), f.argv)
		args := of(r).run(c)
		args[2] = "create" // podman --runtime NAME run
		id := of(r).ok(r, args...)
		res := of(r).do(r, "start", id)
		r.Fails("start of "+f.argv, res, f.words...)
		data, err := os.ReadFile(filepath.Join(of(r).Path("run/overlay-containers"), id, "userdata/oci-log"))
		if err != nil {
			r.Fatal(err)
		}
		var entry struct{ Level, Msg, Time string }
		if err := json.Unmarshal(data, &entry); err != nil || bytes.Count(data, []byte("\n")) != 1 {
			r.Errorf("the log file is %q (%v), expected one line", data, err)
		}
		if _, err := time.Parse(time.RFC3339, entry.Time); err != nil || entry.Level != "error" || !strings.Contains(entry.Msg, f.words[0]) {
			r.Errorf("the log file is %+v (%v)", entry, err)
		}
	}
}

// withoutLogFile is a containers.conf that does not say of the runtime that it writes JSON:
// podman then has what the runtime says on standard error.
func withoutLogFile(r *scenario.Run) {
	e := of(r)
	text, err := os.ReadFile(e.Path("containers.conf"))
	if err != nil {
		r.Fatal(err)
	}
	config := e.Write("plain-"+r.Runtime+".conf", strings.Replace(string(text), `["runc", "runseal"]`, `["crun"]`, 1), 0o600)
	plain := func(args []string) room.Result {
		c := e.command(args...)
		c.Env = append(c.Env, "CONTAINERS_CONF="+config)
		return c.Run(r, noLog)
	}
	c := r.New("run")
	for _, f := range failing {
		c.Argv = []string{f.argv}
		res := plain(e.run(c, "--rm"))
		r.Fails(f.argv, res, f.words...)
		if res.Status != f.status {
			r.Errorf("%s: exit status %d, expected %d", f.argv, res.Status, f.status)
		}
		if n := strings.Count(res.Stderr, "\n"); n != 1 {
			r.Errorf("%s: %d lines of standard error: %q", f.argv, n, res.Stderr)
		}
		r.Destroy(r, c.ID)
	}
	c.Argv = []string{"/bin/true"}
	r.Want("a flag that podman does not have", room.Result{Status: plain(e.run(c, "--no-such-flag")).Status}, 125, "")
}

// seccompErrors are profiles that cannot be had, as somebody sees them who wrote one.
func seccompErrors(r *scenario.Run) {
	c := r.New("run", "/bin/true")
	for _, tc := range []struct{ name, profile, field string }{
		{"no JSON", `{"defaultAction":`, ""}, // podman's own
		{"action", `{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["mkdir"],"action":"SCMP_ACT_SUSPICIOUS"}]}`, "linux.seccomp.syscalls[0].action"},
		{"default action", `{"defaultAction":"ALLOW"}`, "linux.seccomp.defaultAction"},
		{"operator", `{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["mkdir"],"action":"SCMP_ACT_ERRNO","args":[{"index":0,"value":1,"op":"SCMP_CMP_XX"}]}]}`, "linux.seccomp.syscalls[0].args[0].op"},
		{"index", `{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["mkdir"],"action":"SCMP_ACT_ERRNO","args":[{"index":7,"value":1,"op":"SCMP_CMP_EQ"}]}]}`, "linux.seccomp.syscalls[0].args[0].index"},
		{"architecture", `{"defaultAction":"SCMP_ACT_ALLOW","architectures":["SCMP_ARCH_PDP11"],"syscalls":[{"names":["mkdir"],"action":"SCMP_ACT_ERRNO"}]}`, "linux.seccomp.architectures[0]"},
	} {
		path := filepath.Join(r.TempDir(), "profile.json")
		if err := os.WriteFile(path, []byte(tc.profile), 0o644); err != nil {
			r.Fatal(err)
		}
		c.Seccomp = path
		res := r.Foreground(r, c)
		words := []string{"Error: "}
		if r.Runtime == scenario.Runseal {
			words = append(words, tc.field)
		}
		r.Fails(tc.name, res, words...)
		r.Destroy(r, c.ID)
	}
}
