package onnode

import (
	"regexp"
	"strings"
	"testing"
)

// view is a script that prints what a process finds in its container, in sections.
const view = `
s() { echo; echo "== $1"; }
s status;  grep -E '^(Umask|Uid|Gid|Groups|Cap|NoNewPrivs|Seccomp|Cpus_allowed_list)' /proc/self/status
s cgroup;  cat /proc/self/cgroup
s mounts;  cat /proc/self/mountinfo
s limits;  cat /proc/self/limits
s devices; stat -c '%n %A %u:%g %t:%T' /dev/* /dev/pts/*
s links;   for f in /dev/*; do [ ! -L $f ] || echo $f $(readlink $f); done
s files;   ls -1 /proc/self/fd | wc -l
s env;     env | grep -v ^ONNODE= | sort
s names;   hostname; pwd; umask; tty
s oom;     cat /proc/self/oom_score_adj
s net;     ip -o addr; cat /proc/sys/net/ipv4/ping_group_range /proc/sys/net/ipv4/ip_unprivileged_port_start
s label;   cat /proc/self/attr/current
s session; cat /proc/self/sessionid /proc/self/loginuid; cut -d' ' -f 5,6 /proc/1/stat
s masked;  for f in /proc/kcore /proc/keys /proc/timer_list /proc/sysrq-trigger /proc/acpi /proc/scsi /sys/firmware; do [ ! -e $f ] || echo $f $(stat -c '%F' $f) $(ls $f 2>/dev/null | wc -l) $(head -c 1 $f 2>/dev/null | wc -c); done
s denied
unshare -m true 2>&1
mknod /tmp/sda b 8 0 2>&1 && cat /tmp/sda 2>&1
mknod /tmp/full c 1 7 2>&1 && cat /tmp/full 2>&1 | head -c 1 | wc -c
mount -t tmpfs none /mnt 2>&1
echo 1 2>&1 >/proc/sys/kernel/printk
mkdir /sys/fs/cgroup/sub 2>&1
touch /bin/x /dev/x /sys/x 2>&1
ls /sys/fs/cgroup | grep -c .
s end
`

var (
	device   = regexp.MustCompile(`^\d+ \d+ \d+:\d+ `)                                 // mount ids and device numbers of mountinfo
	snapshot = regexp.MustCompile(`/var/lib/containerd/[^,: ]*|/run/containerd/[^ ]*`) // paths of the container
	peers    = regexp.MustCompile(`(master|shared):\d+ `)
	ports    = regexp.MustCompile(`\d+ `)
)

// look splits the output of view and remembers its sections, without what is another
// number in each container.
func (c *container) look(out string) {
	c.t.Helper()
	if !strings.HasSuffix(out, "\n== end\n") {
		c.t.Errorf("the script has not come to its end: %q", out)
	}
	for _, part := range strings.Split(out, "\n== ")[1:] {
		name, text, _ := strings.Cut(part, "\n")
		var lines []string
		for line := range strings.Lines(text) {
			line = strings.TrimRight(line, "\n")
			line = strings.ReplaceAll(line, c.id, "ID")
			if name == "mounts" {
				line = device.ReplaceAllString(line, "")
				line = peers.ReplaceAllString(line, "$1 ")
				line = snapshot.ReplaceAllString(line, "PATH")
				line = strings.ReplaceAll(line, c.runtime, "RUNTIME")
			}
			lines = append(lines, line)
		}
		c.saw[name] = strings.Join(lines, "\n")
	}
}

// once is a container in the foreground, as containerd's default has it.
func once(t *testing.T, c *container) {
	r := c.start([]string{"--rm", "--seccomp"}, "/bin/sh", "-c", view+"echo error >&2; exit 42")
	if r.Status != 42 || r.Stderr != "error\n" {
		t.Errorf("exit status %d, stderr %q; expected 42, %q", r.Status, r.Stderr, "error\n")
	}
	c.look(r.Stdout)
	if !strings.Contains(c.saw["status"], "Seccomp:\t2") || !strings.Contains(c.saw["denied"], "unshare: unshare(0x20000): Operation not permitted") {
		t.Errorf("the profile is not in force:\n%s\n%s", c.saw["status"], c.saw["denied"])
	}
	c.saw["events"] = c.topics()
}

// privileged has all capabilities and devices, and a cgroup tree to write to.
func privileged(t *testing.T, c *container) {
	r := c.start([]string{"--rm", "--privileged"}, "/bin/sh", "-c", view)
	if r.Status != 0 || r.Stderr != "" {
		t.Errorf("exit status %d, stderr %q", r.Status, r.Stderr)
	}
	c.look(r.Stdout)
	if !strings.Contains(c.saw["status"], "Seccomp:\t0") {
		t.Errorf("there is a filter:\n%s", c.saw["status"])
	}
}
