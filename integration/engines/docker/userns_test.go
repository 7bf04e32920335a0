package docker

import (
	"os"
	"strings"
	"testing"

	"github.com/runseal/runseal/integration/engines/scenario"
)

// A daemon with userns-remap: every container has a user namespace, in which root is
// another user of the host. Docker takes the ids from /etc/subuid and /etc/subgid, which
// the daemon has in a mount namespace of its own, so that the machine's stay as they are.
func TestUserNamespace(t *testing.T) {
	t.Parallel()
	const script = `mount --bind "$0" /etc/subuid && mount --bind "$0" /etc/subgid && exec "$@"`
	d := startBy(t, map[string]any{"userns-remap": "nobody:nogroup"}, func(d *daemon) []string {
		ids := d.Write("subid", "nobody:100000:65536\nnogroup:100000:65536\n", 0o644)
		return []string{"unshare", "--mount", "/bin/sh", "-c", script, ids}
	})
	seen := map[string]string{}
	for _, runtime := range []string{scenario.Runc, scenario.Runseal} {
		r := &run{T: t, daemon: d, runtime: runtime}
		id := r.up([]string{"--tmpfs", "/scratch", "--hostname", "remapped"}, sh("touch /tmp/made; echo > /tmp/ready; exec sleep 600")...)
		pid := r.ready(id)
		status, err := os.ReadFile("/proc/" + pid + "/status")
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(status), "\nUid:\t100000\t100000\t") || !strings.Contains(string(status), "\nGid:\t100000\t") {
			t.Errorf("%s: the first process on the host: %s", runtime, status)
		}
		out := r.ok(append([]string{"exec", id}, sh(`id -u; tr -s ' ' < /proc/self/uid_map; tr -s ' ' < /proc/self/gid_map
			stat -c '%n %u %g' / /tmp/made /dev/null /dev/pts /scratch /proc /sys
			grep -E '^(Cap...|Seccomp):' /proc/self/status; cut -d' ' -f5,6 /proc/self/mountinfo
			mount -t tmpfs none /mnt 2>&1; chroot / true && echo chroot; touch /proc/sys/kernel/x 2>&1; cat /proc/kcore 2>&1 | wc -c`)...)...)
		seen[runtime] = strings.ReplaceAll(out, id, "ID")
		if !strings.HasPrefix(out, "0\n 0 100000 65536\n 0 100000 65536\n/ 0 0\n/tmp/made 0 0\n") {
			t.Errorf("%s: inside: %s", runtime, out)
		}
		// The namespace is the container's: joined by none, and gone with it.
		r.ok("pause", id)
		r.ok("unpause", id)
		r.ok("rm", "--force", id)
	}
	for key, lines := range compare("user namespace", seen) {
		t.Errorf("runseal differs from runc (-) in %s:\n\t%s", key, strings.Join(lines, "\n\t"))
	}
}
