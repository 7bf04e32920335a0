package scenario

import (
	"os"
	"strings"

	"github.com/runseal/runseal/integration/internal/box"
)

// inside is what the first process finds, line for line.
func inside(r *Run) {
	c := r.New("run", Sh(look)...)
	c.Memory, c.Env = 64<<20, []string{"MORE=1"}
	r.look("usual", c)
	c.ReadOnly, c.Seccomp = true, Unconfined
	r.look("read-only, unconfined", c)
	if made := r.seen["read-only, unconfined: tried"]; !strings.Contains(made, "/made: Read-only file system") {
		r.Errorf("a read-only root: %s", made)
	}
}

// user is what a first process finds that is not root.
func user(r *Run) {
	c := r.New("run", Sh(look)...)
	c.User, c.Cwd, c.Env = "1000:1001", "/tmp", []string{"MORE=1"}
	r.look("a user's", c)
}

// look prints what a process finds: who it is, what it may do, what is mounted, its
// devices, limits and environment, and what happens when it tries.
const look = `
grep -E '^(Uid|Gid|Groups|Umask|Cap...|NoNewPrivs|Seccomp|Seccomp_filters|Cpus_allowed_list|SigBlk|SigIgn|SigCgt):' /proc/self/status
echo == names; hostname; pwd; id -u; cat /proc/self/oom_score_adj /proc/self/attr/current 2>/dev/null
echo == namespaces; ls /proc/self/ns
echo == mounts; cut -d' ' -f 5- /proc/self/mountinfo
echo == limits; cat /proc/self/limits
echo == devices; for f in /dev/* /dev/pts/ptmx; do stat -c '%n %F %a %u:%g %t:%T %N' $f; done
echo == descriptors; ls -l /proc/self/fd | wc -l
echo == environment; env | sort
echo == tried
touch /made 2>&1; mount -t tmpfs none /tmp 2>&1; mknod /tmp/dev b 8 0 2>&1; chroot / true 2>&1; unshare -m true 2>&1
echo x > /proc/sys/kernel/hostname 2>&1; cat /proc/kcore 2>&1 | head -c 10 | wc -c; ls /sys/firmware 2>&1 | wc -l; echo x > /proc/sysrq-trigger; ls -d /sys/fs/cgroup/* 2>&1 | head -3
`

func (r *Run) look(what string, c Container) {
	r.Helper()
	res := r.Foreground(r, c)
	r.OK(what, res)
	section := "status"
	text := ""
	for line := range strings.Lines(res.Stdout + "== said\n" + res.Stderr + "== \n") {
		if name, ok := strings.CutPrefix(line, "== "); ok {
			r.Keep(what+": "+section, text)
			section, text = strings.TrimSpace(name), ""
			continue
		}
		if section == "mounts" {
			line = layerDirs.ReplaceAllString(mountIDs.ReplaceAllString(line, "$1 "), "$1")
		}
		text += line
	}
	if !strings.Contains(r.seen[what+": environment"], "MORE=1\n") {
		r.Errorf("%s: environment %q", what, r.seen[what+": environment"])
	}
}

// privileged is whatever the engine gives.
func privileged(r *Run) {
	c := r.New("run", Sh("grep -E '^(Cap...|Seccomp|NoNewPrivs):' /proc/self/status; unshare -m true && mount -t tmpfs none /tmp && echo mounted; ls /dev | wc -l; touch /sys/fs/cgroup/x 2>/dev/null; mount | grep -c sysfs")...)
	c.Privileged = true
	res := r.Foreground(r, c)
	r.OK("privileged", res)
	if !strings.Contains(res.Stdout, "Seccomp:\t0\n") || !strings.Contains(res.Stdout, "mounted\n") {
		r.Errorf("privileged: %q, stderr %q", res.Stdout, res.Stderr)
	}
	r.Keep("privileged", res.Stdout)
}

// sharedPid is a second container in the first one's pid namespace, as in pods.
func sharedPid(r *Run) {
	first := r.Up(r.New("first", "/bin/sleep", "601"))
	c := r.New("second", Sh("sleep 602 & sleep 602 & ps -o args; echo > /tmp/ready; wait")...)
	c.PidOf = first
	second := r.Up(c)
	r.appears(root(r.Pid(r, second)) + "/tmp/ready")
	ns := func(id string) string {
		link, err := os.Readlink(proc(r.Pid(r, id), "ns/pid"))
		if err != nil {
			r.Fatal(err)
		}
		return link
	}
	if ns(first) != ns(second) {
		r.Errorf("pid namespaces %s and %s", ns(first), ns(second))
	}
	all := r.Top(r, second)
	if len(all) != 3 {
		r.Errorf("processes of the second: %v, expected three", all)
	}
	// Its processes have to go with it, although no pid namespace ends.
	r.OK("kill", r.Signal(r, second, "KILL"))
	if status := r.Wait(r, second); status != 137 {
		r.Errorf("exit status %d, expected 137", status)
	}
	r.Remove(r, second)
	for _, pid := range all {
		if !box.Eventually(func() bool { return !alive(pid) }) {
			r.Errorf("process %d of the second container is left", pid)
		}
	}
	if got := r.Status(r, first); got != Running {
		r.Errorf("the first container is %q", got)
	}
}

// userNamespace is a root who is another user of the host.
func userNamespace(r *Run) {
	c := r.New("", Sh("cat /proc/self/uid_map; id -u; touch /tmp/made; stat -c %u /tmp/made; echo > /tmp/ready; sleep 600")...)
	c.UserNS = true
	id := r.Up(c)
	pid := r.Pid(r, id)
	r.appears(root(pid) + "/tmp/ready")
	status, err := os.ReadFile(proc(pid, "status"))
	if err != nil {
		r.Fatal(err)
	}
	if strings.Contains(string(status), "\nUid:\t0\t") {
		r.Errorf("root of a user namespace is root of the host: %s", status)
	}
	res := r.Exec(r, id, Process{Argv: Sh("id -u; cut -c 1-10 /proc/self/uid_map; stat -c '%u %g' / /tmp /dev/null")})
	r.OK("exec", res)
	r.Keep("exec", res.Stdout)
	if !strings.HasPrefix(res.Stdout, "0\n") {
		r.Errorf("exec: %q", res.Stdout)
	}
}

// extraFDs are descriptors that the engine's command line has open.
func extraFDs(r *Run) {
	c := r.New("", Sh("ls /proc/self/fd | tr '\\n' ' '; cat <&3; cat <&4")...)
	c.ExtraFDs = true
	r.Want("run", r.Foreground(r, c), 0, "0 1 2 3 4 5 three\nfour\n")
}
