package onnode

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

var (
	ids      = regexp.MustCompile(`^\d+ \d+ \d+:\d+ `)                                                         // of mounts, and devices
	peers    = regexp.MustCompile(`(master|shared):\d+ `)                                                      // groups of them
	snapshot = regexp.MustCompile(`/var/lib/containerd/[^,: ]*|/run/containerd/[^ ]*|/tmp/runseal-bundle-\d+`) // the container's own
	memory   = regexp.MustCompile(`size=\d{5,}k,nr_inodes=\d+`)                                                // of the machine's devtmpfs
)

// look splits the output of the program view and remembers its sections, without what is
// another number in each container.
func (c *container) look(out string) {
	c.t.Helper()
	if !strings.HasSuffix(out, "\n== end\n") {
		c.t.Errorf("view has not come to its end: %q", out)
	}
	for _, part := range strings.Split("\n"+out, "\n== ")[1:] {
		name, text, _ := strings.Cut(part, "\n")
		var lines []string
		for line := range strings.Lines(text) {
			line = strings.ReplaceAll(strings.TrimRight(line, "\n"), c.id, "ID")
			if name == "mounts" {
				line = ids.ReplaceAllString(line, "")
				line = peers.ReplaceAllString(line, "$1 ")
				line = snapshot.ReplaceAllString(line, "PATH")
				line = memory.ReplaceAllString(line, "size=SIZE,nr_inodes=N")
			}
			lines = append(lines, line)
		}
		c.keep(name, strings.Join(lines, "\n"))
	}
}

// disk is the machine's disk, as arguments of the program view.
func (c *container) disk() []string {
	c.t.Helper()
	var st unix.Stat_t
	if err := unix.Stat("/dev/nvme0n1", &st); err != nil {
		c.t.Fatal(err)
	}
	return []string{fmt.Sprint(unix.Major(st.Rdev)), fmt.Sprint(unix.Minor(st.Rdev))}
}

func (c *container) sawLine(key, want string) {
	c.t.Helper()
	for line := range strings.Lines(c.saw[key]) {
		if strings.TrimRight(line, "\n") == want {
			return
		}
	}
	c.t.Errorf("%s: no line %q in\n%s", key, want, c.saw[key])
}

// once is a container in the foreground, as containerd's default has it.
func once(t *testing.T, c *container) {
	r := c.start([]string{"--rm", "--seccomp"}, append([]string{"/bin/sh", "-c", `view "$@"; echo error >&2; exit 42`, "sh"}, c.disk()...)...)
	if r.Status != 42 || r.Stderr != "error\n" {
		t.Errorf("exit status %d, stderr %q; expected 42, %q", r.Status, r.Stderr, "error\n")
	}
	c.look(r.Stdout)
	c.sawLine("status", "Seccomp:\t2")
	c.sawLine("tried", "unshare a mount namespace operation not permitted")
	c.sawLine("tried", "open device disk operation not permitted")
	c.deleted() // after ctr's end
	c.keep("events", c.topics())
}

// privileged has all capabilities and devices, and no filter.
func privileged(t *testing.T, c *container) {
	r := c.start([]string{"--rm", "--privileged"}, append([]string{"/bin/view"}, c.disk()...)...)
	if r.Status != 0 || r.Stderr != "" {
		t.Errorf("exit status %d, stderr %q", r.Status, r.Stderr)
	}
	c.look(r.Stdout)
	c.sawLine("status", "Seccomp:\t0")
	c.sawLine("tried", "unshare a mount namespace works")
	c.sawLine("tried", "open device disk works")
}

// refused is a container that does not come to be.
func refused(t *testing.T, c *container) {
	r := c.start([]string{"--rm", "--seccomp"}, "no-such-program")
	if r.Status == 0 || !strings.Contains(r.Stderr, "executable file not found") || !strings.Contains(r.Stderr, "no-such-program") {
		t.Errorf("a missing program: exit status %d, stderr %q", r.Status, r.Stderr)
	}
	c.Do("containers", "rm", c.id) // ctr keeps the container when its task has failed
	c.keep("events", c.topics())
}
