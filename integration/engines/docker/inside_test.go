package docker

import (
	"strings"
)

// what prints all that a container finds out about itself and that flags of docker run
// change; of mounts the place, the options and the kind.
const what = `
echo "hostname $(hostname)"; id; pwd; env | sort | sed 's/^/env /'
grep -E '^(Cap...|NoNewPrivs|Seccomp|Uid|Gid|Groups):' /proc/self/status
echo "oom $(cat /proc/self/oom_score_adj)"; echo "umask $(umask)"
sed 's/^/limit /' /proc/self/limits
sed -E 's/^[0-9]+ [0-9]+ [0-9:]+ [^ ]+ ([^ ]+ [^ ]+) (.*)- ([^ ]+) [^ ]+ (.*)/\1 \2\3 \4/; s/(shared|master):[0-9]+/\1/g; s/(lower|upper|work)dir=[^ ]*//g; s/^/mount /' /proc/self/mountinfo
ls -lR /dev | awk '/^[bclp]/ {print "dev", $1, $3, $4, $5, $6, $NF}'
for n in /sys /proc /proc/sys /etc /tmp /vol; do touch $n/x 2>/dev/null && echo "can write $n" && rm $n/x; done
for n in kernel/msgmax net/ipv4/ip_unprivileged_port_start net/ipv4/ping_group_range kernel/shmmax; do echo "sysctl $n $(cat /proc/sys/$n)"; done
cat /etc/hosts /etc/hostname /etc/resolv.conf | grep -c . 
for n in kcore keys timer_list sched_debug; do test -e /proc/$n && { head -c 1 /proc/$n >/dev/null 2>&1; echo "proc $n $?"; }; done
ls /proc/acpi /proc/scsi /sys/firmware 2>&1
ls -l /proc/self/fd | awk 'NR>1 {print "fd", $9}'
cat /proc/net/dev | awk -F: 'NR>2 {print "net", $1}'
cut -d: -f2,3 /proc/self/cgroup
true`

// inside compares what a container finds, plain and with each flag that changes it.
func inside(r *run) {
	volume := r.Write("vol-"+r.runtime+"/file", "of the host\n", 0o644)
	dir := strings.TrimSuffix(volume, "/file")
	for _, tc := range []struct {
		name  string
		flags []string
		lines []string // that have to be there
	}{
		{"plain", nil, []string{"Seccomp:\t2", "NoNewPrivs:\t0", "CapEff:\t00000000a80425fb", "oom 0", "can write /tmp", "net     lo"}},
		{"limits", []string{"--ulimit", "nofile=512:600", "--ulimit", "core=0", "--oom-score-adj", "300", "--memory", "32m", "--pids-limit", "30", "--cpus", "0.5"},
			[]string{"oom 300", "limit Max open files            512                  600                  files     "}},
		{"kernel", []string{"--sysctl", "kernel.msgmax=1234", "--sysctl", "net.ipv4.ip_unprivileged_port_start=80", "--hostname", "named", "--shm-size", "3m"},
			[]string{"sysctl kernel/msgmax 1234", "sysctl net/ipv4/ip_unprivileged_port_start 80", "hostname named", "env HOSTNAME=named"}},
		{"files", []string{"--read-only", "--tmpfs", "/scratch:size=1m,mode=700,noexec", "--volume", dir + ":/vol:ro", "--mount", "type=bind,source=" + dir + ",target=/again",
			"--device", "/dev/zero:/dev/naught:r", "--mount", "type=tmpfs,target=/t,tmpfs-size=65536"}, nil},
		{"rights", []string{"--cap-drop", "ALL", "--cap-add", "CHOWN", "--cap-add", "NET_ADMIN", "--security-opt", "no-new-privileges"},
			[]string{"CapEff:\t0000000000001001", "NoNewPrivs:\t1", "Seccomp:\t2"}},
		{"user", []string{"--user", "1000:1001", "--group-add", "5", "--workdir", "/made/here", "--env", "A=b c"},
			[]string{"uid=1000(user) gid=1001 groups=5,1001", "/made/here", "env A=b c", "CapEff:\t0000000000000000"}},
		{"open", []string{"--security-opt", "seccomp=unconfined", "--security-opt", "systempaths=unconfined", "--cgroupns", "private", "--uts", "host", "--ipc", "private"},
			[]string{"Seccomp:\t0"}},
	} {
		res := r.once(tc.flags, sh(what)...)
		if res.Status != 0 {
			r.Errorf("%s: exit status %d, stderr %q", tc.name, res.Status, res.Stderr)
		}
		r.keep(tc.name, res.Stdout+res.Stderr)
		for _, line := range tc.lines {
			if !strings.Contains("\n"+res.Stdout, "\n"+line+"\n") {
				r.Errorf("%s: no line %q in %s", tc.name, line, res.Stdout)
			}
		}
		if writes := strings.Contains(res.Stdout, "can write /etc\n"); tc.name == "files" && (writes || strings.Contains(res.Stdout, "can write /vol\n")) {
			r.Errorf("what is read-only can be written: %s", res.Stdout)
		}
	}
}

// sharedNamespaces is docker run --pid container:X --ipc container:X.
func sharedNamespaces(r *run) {
	id := r.up([]string{"--ipc", "shareable"}, "sleep", "600")
	const links = "for n in pid ipc net mnt uts; do readlink /proc/self/ns/$n; done"
	first := strings.Fields(r.ok(append([]string{"exec", id}, sh(links)...)...))
	res := r.once([]string{"--pid", "container:" + id, "--ipc", "container:" + id}, sh(links+"; cat /proc/1/comm")...)
	second := strings.Fields(res.Stdout)
	if len(first) != 5 || len(second) != 6 {
		r.Fatalf("%q and %q, stderr %q", first, second, res.Stderr)
	}
	for i, name := range []string{"pid", "ipc", "net", "mnt", "uts"} {
		if shared := first[i] == second[i]; shared != (i < 2) {
			r.Errorf("namespace %s: %s and %s", name, first[i], second[i])
		}
	}
	if second[5] != "sleep" {
		r.Errorf("process 1 is %q", second[5])
	}
	// The guest's end leaves the host of the namespace alone, whatever way it ends.
	guest := r.up([]string{"--pid", "container:" + id}, sh("sleep 601 & exec sleep 602")...)
	r.ok("rm", "--force", guest)
	if status := r.status(id); status != "running" {
		r.Errorf("after its guest's end the container is %q", status)
	}
	if list := r.ok("exec", id, "ps", "-o", "args"); strings.Contains(list, "sleep 60"+"1") || strings.Contains(list, "sleep 60"+"2") {
		r.Errorf("left of the guest: %q", list)
	}
}
