package docker

import (
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/runseal/runseal/integration/internal/box"
)

// initProcess is docker run --init: Docker's own first process collects what is left by
// others and hands signals on.
func initProcess(r *run) {
	id := r.up([]string{"--init"}, "sleep", "600")
	if name := r.ok("exec", id, "cat", "/proc/1/comm"); name != "docker-init" {
		r.Errorf("process 1 is %q", name)
	}
	orphan := sh("(sleep 0.05 &) ; sleep 0.2; ps -o stat,comm")
	if list := r.ok(append([]string{"exec", id}, orphan...)...); strings.Contains(list, "Z") || !strings.Contains(list, "docker-init") {
		r.Errorf("a zombie below docker-init: %q", list)
	}
	r.ok("stop", "--time", "30", id)
	if status := r.ok("wait", id); status != "143" {
		r.Errorf("exit status %s after SIGTERM, which sleep has to get", status)
	}
}

// top is docker top, whose pids come from the runtime and whose columns from ps.
func top(r *run) {
	id := r.up(nil, sh("sleep 601 & exec sleep 600")...)
	r.ok("exec", "--detach", id, "sleep", "602")
	var list string
	if !box.Eventually(func() bool { list = r.ok("top", id, "-eo", "pid,args"); return strings.Count(list, "\n") == 3 }) {
		r.Errorf("docker top: %q, expected three processes", list)
	}
	for _, args := range []string{"sleep 600", "sleep 601", "sleep 602"} {
		if !strings.Contains(list, " "+args) {
			r.Errorf("no %q in %q", args, list)
		}
	}
	if header, _, _ := strings.Cut(r.ok("top", id), "\n"); strings.Join(strings.Fields(header), " ") != "UID PID PPID C STIME TTY TIME CMD" {
		r.Errorf("columns %q", header)
	}
}

// stats is docker stats --no-stream.
func stats(r *run) {
	id := r.up([]string{"--memory", "32m", "--pids-limit", "20"}, sh("sleep 601 & exec sleep 600")...)
	// The client prints zeros when the daemon needs more than two seconds.
	var out string
	box.Eventually(func() bool {
		out = r.ok("stats", "--no-stream", "--format", "{{.MemUsage}}\n{{.PIDs}}", id)
		return !strings.HasPrefix(out, "0B")
	})
	usage, pids, _ := strings.Cut(out, "\n")
	var value float64
	var unit, limit string
	if n, _ := fmt.Sscanf(usage, "%f%s / %s", &value, &unit, &limit); n != 3 || value <= 0 || limit != "32MiB" || pids != "2" {
		r.Errorf("docker stats: %q, expected memory of 32MiB and 2 processes", out)
	}
}

// pause is docker pause and unpause: nothing of the container runs in between.
func pause(r *run) {
	id := r.up(nil, sh("i=0; while :; do i=$((i+1)); echo $i > /tmp/n; sleep 0.01; done")...)
	file := "/proc/" + r.get(r, id, "{{.State.Pid}}") + "/root/tmp/n"
	read := func() string { data, _ := os.ReadFile(file); return string(data) }
	moves := func() bool {
		before := read()
		end := time.Now().Add(300 * time.Millisecond)
		for time.Now().Before(end) {
			if now := read(); now != before && now != "" && before != "" {
				return true
			}
			time.Sleep(5 * time.Millisecond)
		}
		return false
	}
	if !box.Eventually(moves) {
		r.Fatal("the container does not count")
	}
	r.ok("pause", id)
	if moves() {
		r.Error("the container counts while it is paused")
	}
	r.keep("status", r.status(id)+" "+r.get(r, id, "{{.State.Paused}}"))
	res := r.docker("exec", id, "true")
	r.keep("exec", fmt.Sprint(res.Status, " ", res.Stderr))
	res = r.docker("pause", id)
	r.keep("pause again", fmt.Sprint(res.Status, " ", res.Stderr))
	r.ok("unpause", id)
	if !box.Eventually(moves) {
		r.Error("the container does not count after unpause")
	}
	res = r.docker("unpause", id)
	r.keep("unpause again", fmt.Sprint(res.Status, " ", res.Stderr))
	// The forced removal of one that is paused.
	r.ok("pause", id)
	r.ok("rm", "--force", id)
}

// logs is docker logs, which Docker writes itself from what the container prints.
func logs(r *run) {
	id := r.up(nil, sh("echo out; echo err >&2; sleep 0.2; echo late")...)
	if status := r.ok("wait", id); status != "0" {
		r.Errorf("exit status %s", status)
	}
	if res := r.docker("logs", id); res.Stdout != "out\nlate\n" || res.Stderr != "err\n" {
		r.Errorf("docker logs: stdout %q, stderr %q", res.Stdout, res.Stderr)
	}
	if tail := r.ok("logs", "--tail", "1", id); tail != "late" {
		r.Errorf("docker logs --tail 1: %q", tail)
	}
	id = r.up([]string{"--tty"}, sh("echo one; echo two >&2")...)
	r.ok("wait", id)
	if res := r.docker("logs", id); res.Stdout != "one\r\ntwo\r\n" {
		r.Errorf("docker logs of a terminal: %q", res.Stdout)
	}
}

// restartPolicy is docker run --restart on-failure:2: three lives.
func restartPolicy(r *run) {
	id := r.up([]string{"--restart", "on-failure:2"}, sh("echo life; exit 3")...)
	r.becomes(id, "{{.RestartCount}} {{.State.Status}} {{.State.ExitCode}}", "2 exited 3")
	if out := r.ok("logs", id); out != "life\nlife\nlife" {
		r.Errorf("docker logs: %q, expected three lives", out)
	}
}
