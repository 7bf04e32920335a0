package podman

import (
	"os"
	"slices"
	"strings"

	"github.com/runseal/runseal/integration/engines/scenario"
)

func sorted(list []string) []string { return slices.Sorted(slices.Values(list)) }

// logsAndStats are what podman knows of a container that has ended, or runs.
func logsAndStats(r *scenario.Run) {
	id := r.Up(r.New("logs", scenario.Sh("echo out; echo err >&2; printf 'no newline'; exit 3")...))
	if status := r.Wait(r, id); status != 3 {
		r.Errorf("exit status %d, expected 3", status)
	}
	res := of(r).do(r, "logs", id)
	r.Want("logs", res, 0, "out\nno newline")
	if res.Stderr != "err\n" {
		r.Errorf("standard error of logs: %q", res.Stderr)
	}
	c := r.New("memory", "/bin/dd", "if=/dev/zero", "of=/dev/null", "bs=256M", "count=1")
	c.Memory = 32 << 20
	if status := r.Wait(r, r.Up(c)); status != 137 {
		r.Errorf("out of memory: exit status %d, expected 137", status)
	}
	c = r.New("stats", scenario.Sh("sleep 600 & sleep 601")...)
	c.Memory = 64 << 20
	id = r.Up(c)
	s := r.Stats(r, id)
	if s.Pids < 2 || s.Memory == 0 || s.Memory > 64<<20 {
		r.Errorf("stats are %+v", s)
	}
	if got := of(r).ok(r, "stats", "--no-stream", "--format", "{{.ContainerStats.MemLimit}}", id); got != "67108864" {
		r.Errorf("the limit of memory is %s", got)
	}
}

// healthCheck is podman's exec on behalf of somebody who is not there.
func healthCheck(r *scenario.Run) {
	e := of(r)
	id := background(r, r.New("", "/bin/sleep", "600"), "--health-cmd", "test -e /tmp/well", "--health-interval", "disable", "--health-retries", "1")
	for _, step := range []struct {
		status int
		want   string
	}{{1, "unhealthy"}, {0, "healthy"}} {
		res := e.do(r, "healthcheck", "run", id)
		if got := e.inspect(r, id, ".State.Health.Status"); res.Status != step.status || got != step.want {
			r.Errorf("health check: exit status %d, stderr %q, %q; expected %q", res.Status, res.Stderr, got, step.want)
		}
		r.OK("exec", r.Exec(r, id, scenario.Process{Argv: []string{"/bin/touch", "/tmp/well"}}))
	}
}

// initProgram is --init: a program of the host's that podman binds into the container.
func initProgram(r *scenario.Run) {
	const static = "/usr/bin/tini-static"
	if _, err := os.Stat(static); err != nil {
		r.Fatalf("%v (Debian package tini)", err)
	}
	c := r.New("", scenario.Sh("cat /proc/1/comm; tr '\\0' ' ' < /proc/1/cmdline; test $$ != 1; sleep 0 & exit 7")...)
	res := foreground(r, c, "--init", "--init-path", static)
	if res.Status != 7 || !strings.HasPrefix(res.Stdout, "podman-init\n/run/podman-init -- /bin/sh ") {
		r.Errorf("exit status %d, stdout %q, stderr %q", res.Status, res.Stdout, res.Stderr)
	}
}

// withoutPidsLimit: for none podman 4 writes a pids.limit of 0, which is one in version 1.3.
func withoutPidsLimit(r *scenario.Run) {
	for _, limit := range []string{"-1", "0"} {
		c := r.New("limit"+limit, scenario.Sh("for i in 1 2 3 4 5; do sleep 0.1 & done; wait; echo all; cat /sys/fs/cgroup/pids/pids.max 2>/dev/null || cat /sys/fs/cgroup/pids.max")...)
		res := foreground(r, c, "--pids-limit="+limit)
		r.OK(limit, res)
		r.Keep(limit, res.Stdout)
	}
}

// systemd is a container whose first program would be systemd: podman mounts more, and in
// version 1 the hierarchy of systemd to be written to.
func systemd(r *scenario.Run) {
	c := r.New("", scenario.Sh(`cut -d' ' -f5- /proc/self/mountinfo | grep -v ^/proc/ | sort; echo $container; kill -l | head -n 1; cut -d: -f2- /proc/self/cgroup | sort | tail -n 3`)...)
	res := foreground(r, c, "--systemd", "always", "--cgroupns", "private")
	r.OK("run", res)
	for _, want := range []string{"/run ", "/tmp ", "/run/lock ", "/sys/fs/cgroup ", "/var/log/journal "} {
		if !strings.Contains("\n"+res.Stdout, "\n"+want) {
			r.Errorf("no mount on %q in %s", want, res.Stdout)
		}
	}
	r.Keep("mounts", res.Stdout)
	if got := of(r).ok(r, "inspect", "--type", "image", "--format", "{{.Os}}", image); got != "linux" {
		r.Errorf("inspect of the image: %q", got)
	}
}

// flags are those of podman's that change what is inside, as the program sees it.
func flags(r *scenario.Run) {
	const show = `exec 2>&1
grep -E '^(Uid|Gid|Groups|Cap...|NoNewPrivs|Seccomp):' /proc/self/status
ulimit -a; umask; id; pwd; env | sort; cat /proc/self/oom_score_adj
cat /proc/sys/kernel/msgmax /proc/sys/net/ipv4/ip_forward; hostname; cat /etc/hostname; echo
df -P /dev/shm | awk 'NR==2{print $2}'; touch /new; touch /dev/shm/new && echo new; echo x > /sized/x && df -P /sized | awk 'NR==2{print $2}'
wc -c < /proc/uptime; head -c 1 /proc/timer_list; echo x > /proc/sys/kernel/msgmax; echo; cat /sys/firmware/* | wc -c; ls /masked
ls -ln /dev /dev/shm | sed 's/ [A-Z][a-z][a-z] .* / /'; cat /volume/file; echo x > /volume/file; stat -c '%a %u %g %F' /dev/mine
cut -d' ' -f5- /proc/self/mountinfo | sort
cat /proc/self/attr/current 2>/dev/null; cat /proc/self/personality; cat /proc/self/timerslack_ns; grep -c . /proc/self/limits`
	dir := r.TempDir()
	if err := os.WriteFile(dir+"/file", []byte("of the host\n"), 0o644); err != nil {
		r.Fatal(err)
	}
	volume := "--volume=" + dir + ":/volume:ro"
	limits := []string{"--ulimit", "nofile=100:200", "--ulimit", "nproc=1000:1000", "--ulimit", "core=0:0"}
	for _, tc := range []struct {
		name  string
		flags []string
	}{
		{"plain", nil},
		{"read-only", append(limits, "--read-only", "--cap-drop", "all", "--shm-size", "1m", "--sysctl", "kernel.msgmax=4096", "--sysctl", "net.ipv4.ip_forward=1",
			"--tmpfs", "/sized:size=64k", "--hostname", "named", volume, "--umask", "0077", "--oom-score-adj", "500")},
		{"masks", []string{"--security-opt", "mask=/proc/uptime:/masked", "--security-opt", "unmask=/proc/timer_list:/sys/firmware", volume, "--cap-add", "SYS_PTRACE", "--user", "1000:1001", "--group-add", "7"}},
		{"unmask all", []string{"--security-opt", "unmask=ALL", "--security-opt", "no-new-privileges", "--device", "/dev/null:/dev/mine:r", "--workdir", "/tmp", "--tmpfs", "/masked"}},
		{"namespaces of the host", []string{"--pid", "host", "--ipc", "host", "--uts", "host", "--cgroupns", "host"}},
	} {
		c := r.New(strings.ReplaceAll(tc.name, " ", "-"), scenario.Sh(show)...)
		res := foreground(r, c, tc.flags...)
		r.OK(tc.name, res)
		r.Keep(tc.name+": all, with mounts", res.Stdout)
	}
}
